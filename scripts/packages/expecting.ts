import { type Ended, runProcess } from "../runProcess.ts"

/** Runs a program to its end, and fails with what it printed unless it ended well. Returns its standard output. */
export const succeeding = async (...args: Parameters<typeof runProcess>): Promise<string> => {
  const ended: Ended = await runProcess(...args)
  if (ended.code !== 0) {
    throw new Error(
      `${args[0]} ${args[1].join(" ")} ended with ${ended.code}\n${ended.stdout}${ended.stderr}`.trimEnd()
    )
  }
  return ended.stdout
}

/** Runs a program to its end, and fails unless it prints just these lines and no error. */
export const printing = async (lines: ReadonlyArray<string>, ...args: Parameters<typeof runProcess>): Promise<void> => {
  const { code, stderr, stdout } = await runProcess(...args)
  const expected = lines.map((line) => `${line}\n`).join("")
  if (code === 0 && stdout === expected && stderr === "") return
  throw new Error(`it ended with ${code} and printed\n${stdout}${stderr}where it should print\n${expected}`)
}
