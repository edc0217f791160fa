import type { WriteStream } from "node:tty"

/** Returns `true` for a terminal that moves the cursor back, which one without capabilities (`TERM=dumb`) does not. */
export const redraws = (stream: WriteStream): boolean => stream.isTTY && process.env["TERM"] !== "dumb"
