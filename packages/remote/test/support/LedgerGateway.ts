/** A gateway in another process, whose handles are in a ledger. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { bundle } from "../../../core/test/support/bundle.ts"
import { environment } from "../../../core/test/support/environment.ts"

const program = fileURLToPath(new URL("../programs/ledgerGateway.ts", import.meta.url))
const double = fileURLToPath(new URL("../../../native/test/programs/double.ts", import.meta.url))

/** Question to a gateway: what is against its ledger, or in which queues it holds messages for clients. */
export type Question = "leaks" | "holding"

/** Message of the gateway: its address, what is against its ledger and `null` for nothing, or the queues. */
export type Answer =
  | { readonly url: string }
  | { readonly leaks: string | null }
  | { readonly holding: ReadonlyArray<string> }

/** Backend of a gateway: in memory, or the files of the double of `mqrt.dll`. */
export type Backend = "in memory" | { readonly library: string; readonly identityLibrary: string }

/** Gateway in another process. */
export interface LedgerGateway {
  readonly url: string
  readonly pid: number
  /** Fails with what is still open at the gateway, and what was used wrongly since it was asked last. */
  readonly expectNoLeaks: Effect.Effect<void>
  /** Fails with the queues in whose subqueues the gateway holds messages for clients. */
  readonly expectNothingHeld: Effect.Effect<void>
}

/** Starts a gateway, which ends with the scope. `env`: variables beside those that it needs. */
export const ledgerGateway = (
  backend: Backend,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<LedgerGateway, never, Scope.Scope> =>
  Effect.gen(function* () {
    const file = yield* Effect.promise(() => bundle(program, backend === "in memory" ? undefined : double))
    const libraries =
      backend === "in memory" ? {} : { MQRT_LIBRARY: backend.library, MQRT_IDENTITY_LIBRARY: backend.identityLibrary }
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(file, { env: { ...environment, ...libraries, ...env }, execArgv: [] })),
      (child) =>
        Effect.promise(async () => {
          if (child.exitCode !== null || child.signalCode !== null) return
          const ended = once(child, "exit")
          child.disconnect()
          await ended
        })
    )
    const ended = new Promise<never>((_, reject) => {
      child.once("exit", (code, signal) => reject(new Error(`the gateway ended with ${code ?? signal}`)))
    })
    ended.catch(() => {})
    const answer = Effect.promise(() =>
      Promise.race([ended, once(child, "message").then(([message]) => message as Answer)])
    )
    const started = yield* answer
    if (!("url" in started)) return yield* Effect.die("the gateway told no address")
    const ask = (question: Question) =>
      Effect.andThen(
        Effect.sync(() => child.send(question)),
        answer
      )
    return {
      url: started.url,
      pid: child.pid ?? 0,
      expectNoLeaks: Effect.map(ask("leaks"), (told) => assert.deepStrictEqual(told, { leaks: null })),
      expectNothingHeld: Effect.map(ask("holding"), (told) => assert.deepStrictEqual(told, { holding: [] }))
    }
  })
