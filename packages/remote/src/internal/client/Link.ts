import { provide as inBackground } from "@effect-msmq/core/mqrt/BackgroundClock"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import { MsmqError, reasonOf } from "@effect-msmq/core/MsmqError"
import type { GatewayProblem } from "@effect-msmq/core/mqrt/MqrtFailure"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as Schedule from "effect/Schedule"
import * as Socket from "effect/socket/Socket"
import { randomUUID } from "node:crypto"
import type { CallName, Calls } from "../wire/calls.ts"
import { fromWire, type WireFailure } from "../wire/Failure.ts"
import { afterBusy, missing } from "../wire/heartbeat.ts"
import { type Caller, rpcs } from "../wire/rpcs.ts"
import { protocol } from "../wire/serialization.ts"
import { version } from "../version.ts"
import type { ConnectionProblem } from "./connectionProblem.ts"
import { Credit } from "./Credit.ts"
import { Loss, Lost } from "./Loss.ts"
import { type Address, openSocket } from "./openSocket.ts"

/** Session at the gateway. Handles belong to the one in which they were opened. */
export interface Session {
  readonly call: Caller
  /** Identity of the gateway's process. */
  readonly gateway: string
  /** Identity of what the gateway remembers of this program: another one remembers none of the calls before. */
  readonly memory: string
  /** Room for its calls. */
  readonly credit: Credit
  /** Largest frame that the gateway takes, in bytes. */
  readonly maxFrame: number
  /** Loss of the connection, which ends the session. */
  readonly loss: Loss
  /** Keeps the process alive until what it returns is called. */
  readonly hold: () => () => void
}

/** Settings of a link. */
export interface Settings extends Address {
  /** Time for which a call waits for a connection. */
  readonly connectWithin: Duration.Duration
  /** Time for which the outcome of a call is asked for after a cut. */
  readonly outcomeWithin: Duration.Duration
}

/** Pauses between two attempts to connect. */
const pauses = Schedule.min([Schedule.exponential("50 millis", 2), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered
)

/** Connection to a gateway, which is made again after it was cut. */
export class Link {
  readonly #settings: Settings
  /** Number of the program, by which the gateway knows its calls after a cut. */
  readonly #program = randomUUID()
  #session: Session | undefined
  #connected = Deferred.makeUnsafe<Session, WireFailure>()
  #problem: ConnectionProblem = { kind: "GatewayUnavailable", detail: "there is no connection yet" }
  #key = 1

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Session that is open; `undefined` while there is none. */
  get session(): Session | undefined {
    return this.#session
  }

  /** Address of the gateway, without secrets. */
  get url(): string {
    return this.#settings.url
  }

  /** Returns a key for a call. */
  nextKey(): number {
    return this.#key++
  }

  /** Connects, and again after each cut, until the scope closes. Ends when the first connection is made, and fails where it cannot be. */
  get open(): Effect.Effect<void, MsmqError, Scope.Scope | RpcSerialization.RpcSerialization> {
    return Effect.gen({ self: this }, function* () {
      const first = yield* Deferred.make<void, MqrtFailure>()
      const once = Effect.scoped(
        Effect.flatMap(this.#connectInTime, (session) =>
          Effect.andThen(
            Deferred.succeed(first, undefined),
            Effect.catchTag(session.loss.awaited, "Lost", ({ detail }) =>
              Effect.sync(() => this.#disconnected(session, detail))
            )
          )
        )
      )
      const again = Effect.matchEffect(once, {
        // A connection that was made is made again at once.
        onSuccess: () => Effect.void,
        onFailure: (failure) => {
          this.#problem = failure.gateway ?? { kind: "GatewayRefused", detail: "the gateway refused" }
          return Effect.andThen(Deferred.fail(first, failure), Effect.fail(failure))
        }
      })
      const forever = Effect.forever(Effect.retry(again, pauses))
      yield* Effect.forkScoped(inBackground(forever))
      yield* Effect.mapError(
        Effect.timeoutOrElse(Deferred.await(first), {
          duration: this.#settings.connectWithin,
          orElse: () => Effect.fail(this.problem("hello", "GatewayUnavailable", "it did not answer in time"))
        }),
        (failure) => new MsmqError({ operation: "RemoteMqrt.layer", reason: reasonOf(failure) })
      )
    })
  }

  /** Makes the failure of a call that never reached a function. */
  problem(functionName: string, kind: GatewayProblem["kind"], detail: string): MqrtFailure {
    return new MqrtFailure({
      function: functionName,
      code: 0,
      properties: [],
      gateway: { kind, url: this.url, detail }
    })
  }

  /** Returns the session, and waits a while for one where there is none. */
  connected(functionName: string): Effect.Effect<Session, MqrtFailure> {
    return Effect.suspend(() =>
      this.#session !== undefined
        ? Effect.succeed(this.#session)
        : Effect.timeoutOrElse(
            Effect.mapError(Deferred.await(this.#connected), (failure) => fromWire(failure, this.url)),
            {
              duration: this.#settings.connectWithin,
              orElse: () => Effect.fail(this.problem(functionName, this.#problem.kind, this.#problem.detail))
            }
          )
    )
  }

  /** Makes a call in a session. */
  callIn<Name extends CallName>(
    session: Session,
    name: Name,
    payload: Calls[Name]["given"]
  ): Effect.Effect<Calls[Name]["returns"], MqrtFailure | Lost> {
    return Effect.suspend(() => {
      const letGo = session.hold()
      const call = session.credit.within(name, payload, session.call(name, payload))
      return session.loss.ends(call).pipe(
        Effect.catchCause((cause) => this.#explained(session, cause)),
        Effect.ensuring(Effect.sync(letGo))
      )
    })
  }

  /** Makes a call of no session in particular, which has no effect that outlives it. */
  call<Name extends CallName>(
    functionName: string,
    name: Name,
    payload: Calls[Name]["given"]
  ): Effect.Effect<Calls[Name]["returns"], MqrtFailure> {
    return Effect.flatMap(this.connected(functionName), (session) =>
      Effect.catchTag(this.callIn(session, name, payload), "Lost", ({ detail }) =>
        Effect.fail(this.problem(functionName, "GatewayUnavailable", detail))
      )
    )
  }

  /**
   * Asks what became of a call whose session was lost. Fails with `GatewayOutcomeUnknown` where nobody can tell; succeeds with
   * `"never"` where the call had no effect and never will have.
   */
  outcome(functionName: string, lost: Session, key: number): Effect.Effect<Calls["outcomeOf"]["returns"], MqrtFailure> {
    const unknown = (detail: string) => Effect.fail(this.problem(functionName, "GatewayOutcomeUnknown", detail))
    const ask: Effect.Effect<Calls["outcomeOf"]["returns"], MqrtFailure> = Effect.flatMap(
      this.connected(functionName),
      (session) => {
        if (session.gateway !== lost.gateway) return unknown("the gateway ended before it answered")
        if (session.memory !== lost.memory) return unknown("the gateway has forgotten the calls of this program by now")
        return Effect.catchTag(this.callIn(session, "outcomeOf", { key }), "Lost", () => Effect.suspend(() => ask))
      }
    )
    // A refusal of the question refuses nothing of the call, which may have had its effect.
    const untilKnown = Effect.retry(ask, {
      while: ({ gateway }) => gateway?.kind !== "GatewayOutcomeUnknown",
      schedule: pauses
    })
    return Effect.timeoutOrElse(untilKnown, {
      duration: this.#settings.outcomeWithin,
      orElse: () =>
        unknown(
          `the gateway could not be asked within ${Duration.format(this.#settings.outcomeWithin)}: ${this.#problem.detail}`
        )
    })
  }

  /** Returns the failure that a call ended with, in words of core. */
  #explained(session: Session, cause: Cause.Cause<unknown>): Effect.Effect<never, MqrtFailure | Lost> {
    const problem = Cause.squash(cause)
    if (problem instanceof Lost) return Effect.fail(problem)
    if (typeof problem === "object" && problem !== null) {
      if ("refusal" in problem) return Effect.fail(fromWire(problem as WireFailure, this.url))
      if ("_tag" in problem && problem._tag === "RpcClientError") {
        const detail = (problem as { readonly message?: string }).message ?? "the connection was cut"
        // After a frame that it cannot read the parser finds no other: the connection must be made again.
        session.loss.note(detail)
        return Effect.fail(new Lost({ detail }))
      }
    }
    // The gateway interrupts what runs when it stops.
    if (Cause.hasInterruptsOnly(cause)) {
      return Effect.fail(new Lost({ detail: "the gateway stopped" }))
    }
    return Effect.failCause(cause as Cause.Cause<never>)
  }

  #disconnected(session: Session, detail: string): void {
    if (this.#session !== session) return
    this.#session = undefined
    this.#problem = { kind: "GatewayUnavailable", detail }
    this.#connected = Deferred.makeUnsafe()
  }

  /** Connects as {@link open} does. An attempt that gets no answer, such as one through a firewall, does not hold up the next. */
  get #connectInTime(): Effect.Effect<Session, MqrtFailure, Scope.Scope | RpcSerialization.RpcSerialization> {
    return Effect.timeoutOrElse(this.#connect, {
      duration: this.#settings.connectWithin,
      orElse: () => Effect.fail(this.problem("hello", "GatewayUnavailable", "it did not answer in time"))
    })
  }

  /** Makes a connection and says hello. It ends with the scope. */
  get #connect(): Effect.Effect<Session, MqrtFailure, Scope.Scope | RpcSerialization.RpcSerialization> {
    return Effect.gen({ self: this }, function* () {
      const { hold, problem, socket } = yield* openSocket(this.#settings)
      const loss = new Loss()
      const lose = (detail: string) => Effect.sync(() => loss.note(detail))
      const wire = yield* RpcClient.makeProtocolSocket({
        retryPolicy: Schedule.recurs(0),
        pingInterval: "1 hour"
      }).pipe(
        Effect.provideService(Socket.Socket, socket),
        Effect.provideService(RpcClient.ConnectionHooks, {
          onConnect: Effect.void,
          onDisconnect: Effect.suspend(() => lose(problem()?.detail ?? "the connection was cut"))
        })
      )
      const client = yield* RpcClient.make(rpcs, { flatten: true, disableTracing: true }).pipe(
        Effect.provideService(RpcClient.Protocol, wire)
      )
      const call = client as unknown as Caller
      yield* Effect.addFinalizer(() => lose("the layer is closed"))
      // Who waits for the connection keeps the process alive.
      const provisional = {
        call,
        loss,
        hold: () => () => {},
        gateway: "",
        memory: "",
        maxFrame: 0,
        credit: new Credit(1, 1)
      }
      const hello = this.callIn(provisional, "hello", { protocol, version, client: this.#program })
      const said = yield* Effect.catchTag(hello, "Lost", (lost) => {
        const { detail, kind } = problem() ?? { kind: "GatewayUnavailable", detail: lost.detail }
        return Effect.fail(this.problem("hello", kind, detail))
      })
      const credit = new Credit(said.calls, said.callBytes)
      const { gateway, maxFrame, memory } = said
      const session: Session = { call, loss, hold, credit, gateway, memory, maxFrame }
      yield* Effect.forkScoped(this.#beat(session, said.heartbeat, lose))
      this.#session = session
      const waiting = this.#connected
      Deferred.doneUnsafe(waiting, Exit.succeed(session))
      return session
    })
  }

  /** Gives signs of life, and takes the gateway for dead where it answers none. */
  #beat(session: Session, interval: number, lose: (detail: string) => Effect.Effect<void>): Effect.Effect<void> {
    // An answer that came while this process was busy is still to be read.
    const dead = Effect.sleep(missing * interval).pipe(
      Effect.andThen(Effect.sleep(afterBusy)),
      Effect.andThen(lose("the gateway gave no sign of life"))
    )
    const beat = Effect.raceFirst(Effect.exit(session.call("heartbeat", {})), dead)
    return Effect.forever(Effect.andThen(Effect.sleep(interval), beat))
  }
}
