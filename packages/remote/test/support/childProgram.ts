/** Programs in processes of their own, which tests kill and stop. */
import { Effect, type Scope } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { bundle } from "../../../core/test/support/bundle.ts"
import { environment } from "../../../core/test/support/environment.ts"

/** Starts a program of `programs`, and waits for its first message. It ends with the scope. */
export const childProgram = (
  name: string,
  env: Readonly<Record<string, string>>
): Effect.Effect<{ readonly child: ChildProcess; readonly said: unknown }, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const file = await bundle(fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url)))
      const child = fork(file, { env: { ...environment, ...env }, execArgv: [] })
      const ended = once(child, "exit").then(([code]) => {
        throw new Error(`${name} ended with ${code}`)
      })
      ended.catch(() => {})
      const [said] = (await Promise.race([once(child, "message"), ended])) as [unknown]
      return { child, said }
    }),
    ({ child }) => kill(child)
  )

/** Kills a program as the system does when it must, also one that is stopped. */
export const kill = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  })
