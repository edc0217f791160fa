import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import type { WireFailure } from "../wire/Failure.ts"

/** Exit of a call that changed something. */
export type CallExit = Exit.Exit<unknown, WireFailure>

/** Session of a client that can be ended. */
interface Endable {
  readonly end: Effect.Effect<void>
}

/** Most outcomes of a client that are kept. Those above are the oldest, which no client asks for any more. */
const mostOutcomes = 10_000

/** Most clients whose sessions have ended that are remembered. */
const mostRemembered = 10_000

/** Program that uses a gateway, through one session after another. */
export class RemoteClient {
  /** Name of the client in the policy. */
  readonly name: string
  /** Identity of what is remembered: a program that was forgotten gets another, as after a restart of the gateway. */
  readonly memory = randomUUID()
  readonly #outcomes = new Map<number, CallExit>()
  /** Session that is open. */
  session: Endable | undefined = undefined
  /** Sessions whose effects may not all be known yet. */
  readonly ending = new Set<Endable>()
  /** Number of sessions that it has had. */
  sessions = 0

  constructor(name: string) {
    this.name = name
  }

  /** Notes what became of a call. */
  note(key: number, exit: CallExit): void {
    this.#outcomes.set(key, exit)
    if (this.#outcomes.size <= mostOutcomes) return
    for (const oldest of this.#outcomes.keys()) {
      this.#outcomes.delete(oldest)
      break
    }
  }

  /** Returns what became of a call; `undefined`: it had no effect. */
  outcomeOf(key: number): CallExit | undefined {
    return this.#outcomes.get(key)
  }
}

/** Programs that use a gateway, and those that did until a while ago. */
export class Clients {
  readonly #clients = new Map<string, RemoteClient>()
  readonly #scope: Scope.Scope
  readonly #remembered: Duration.Duration

  /** `remembered`: time for which the outcomes of a client are kept after its session. */
  constructor(scope: Scope.Scope, remembered: Duration.Duration) {
    this.#scope = scope
    this.#remembered = remembered
  }

  /**
   * Begins a session of a program. Its older sessions are ended first, so that what it knows of its calls stays true. `id`: number of
   * the program. Returns `undefined` where the program is another client's.
   */
  begin(id: string, name: string, session: Endable): Effect.Effect<RemoteClient | undefined> {
    return Effect.suspend(() => {
      const client = this.#clients.get(id) ?? new RemoteClient(name)
      if (client.name !== name) return Effect.succeed(undefined)
      // The one that was used last stands last.
      this.#clients.delete(id)
      this.#clients.set(id, client)
      this.#forgetSome()
      if (client.session !== undefined) client.ending.add(client.session)
      client.session = session
      client.sessions++
      // The session before this one may itself have been cut off while it waited for an earlier one.
      const end = (older: Endable) =>
        Effect.andThen(
          older.end,
          Effect.sync(() => client.ending.delete(older))
        )
      return Effect.as(Effect.forEach([...client.ending], end, { concurrency: "unbounded", discard: true }), client)
    })
  }

  /** Ends a session of a program, whose outcomes are kept for a while. */
  end(id: string, session: Endable): Effect.Effect<void> {
    return Effect.suspend(() => {
      const client = this.#clients.get(id)
      if (client === undefined || client.session !== session) return Effect.void
      client.session = undefined
      const { sessions } = client
      const forget = Effect.sync(() => {
        // A later session makes the time begin again.
        if (client.sessions === sessions && this.#clients.get(id) === client) this.#clients.delete(id)
      })
      return Effect.asVoid(Effect.forkIn(Effect.delay(forget, this.#remembered), this.#scope))
    })
  }

  #forgetSome(): void {
    if (this.#clients.size <= mostRemembered) return
    for (const [id, { session }] of this.#clients) {
      if (session !== undefined) continue
      this.#clients.delete(id)
      return
    }
  }
}
