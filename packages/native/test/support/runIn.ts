import type { Ended } from "../../../core/test/support/program.ts"
import { runCommand } from "../../../core/test/support/program.ts"
import type { Runtime } from "./runtimes.ts"

/** Runs a program in a process of its own, in one of the runtimes, with some variables added. It can collect garbage. */
export const runIn = (
  { command: [file, ...before], exposeGc }: Runtime,
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Ended> => runCommand(file, [...before, exposeGc, program, ...args], { NO_COLOR: "1", ...env })
