/** Gateway in a process of its own, for figures of its clients. */
import { Effect, type Scope } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("gatewayProcess.ts", import.meta.url))

/** Gateway that runs. */
export interface Gateway {
  readonly url: string
  /** Reads the bytes that the gateway uses after a garbage collection. */
  readonly used: Effect.Effect<number>
}

/** Starts a gateway, which ends with the scope. */
export const open: Effect.Effect<Gateway, never, Scope.Scope> = Effect.gen(function* () {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => fork(program, { execArgv: ["--expose-gc"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const answer = Effect.promise(async () => {
    const ended = once(child, "exit").then(() => Promise.reject(new Error("the gateway ended")))
    const [value] = (await Promise.race([once(child, "message"), ended])) as [unknown]
    return value
  })
  const url = String(yield* answer)
  return {
    url,
    used: Effect.map(
      Effect.andThen(
        Effect.sync(() => child.send("used")),
        answer
      ),
      Number
    )
  }
})
