/** Connections of a gateway: each is admitted, has a server of its own and a session, and ends with both. */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { randomUUID } from "node:crypto"
import type { Client } from "../../GatewayPolicy.ts"
import type { CallName } from "../wire/calls.ts"
import { weightOf, withoutCredit } from "../wire/credit.ts"
import { refusalOf } from "../wire/Failure.ts"
import { afterBusy, missing } from "../wire/heartbeat.ts"
import type { Handlers } from "../wire/rpcs.ts"
import { rpcs } from "../wire/rpcs.ts"
import { protocol } from "../wire/serialization.ts"
import { version } from "../version.ts"
import { type Admission, isRefused, type Refused } from "./Admission.ts"
import type { Arrival, Transport } from "./Arrival.ts"
import { connectionRefused, refused, sessionEnded, sessionOpened } from "./audit.ts"
import { bounded } from "./BoundedSocket.ts"
import { Clients } from "./Clients.ts"
import { handlersOf } from "./handlers.ts"
import { limitsOf } from "./limits.ts"
import { thisComputer } from "./QueueAddress.ts"
import { QueueLines, sweep } from "./QueueLine.ts"
import { Session } from "./Session.ts"

/** Settings of all connections. */
export interface Settings {
  readonly admission: Admission
  readonly heartbeat: Duration.Duration
  readonly remembered: Duration.Duration
  readonly maxFrame: number
  /** Milliseconds in which a connection has to say who uses it. */
  readonly helloWithin: number
  /** Name of the subqueues that hold messages of plain queues for clients. */
  readonly subqueue: string
}

/** Most bytes that a connection which is refused leaves unread. */
const unreadOfRefused = 64 * 1024

/** Calls that are answered also while the other side has left much unread: their answers are small. */
const aside: ReadonlySet<string> = new Set(["hello", "heartbeat", "cancel"])

type Answer = (payload: object) => Effect.Effect<unknown, unknown>
type Answers = Readonly<Record<string, Answer>>

/** Serves the connections of a gateway until it is interrupted. */
export const serve = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  { arrival, server }: Transport,
  { admission, heartbeat, helloWithin, maxFrame, remembered, subqueue }: Settings
) {
  const scope = yield* Effect.scope
  const gateway = randomUUID()
  const clients = new Clients(scope, remembered)
  const shared = { mqrt, computer: yield* thisComputer(mqrt), lines: new QueueLines(mqrt, scope, subqueue), subqueue }
  const swept = yield* sweep(mqrt, subqueue)
  if (swept > 0) yield* Effect.logInfo(`put ${swept} messages back that an earlier gateway held`)
  const serialization = yield* RpcSerialization.RpcSerialization

  /** Answers the calls of a connection until it ends, or something else ends it. Returns the reason. */
  const serveCalls = Effect.fnUntraced(function* (
    socket: Socket.Socket,
    answers: Answers,
    ends: Effect.Effect<string>
  ) {
    const gone = yield* Deferred.make<string>()
    const one: SocketServer.SocketServer["Service"] = {
      address: server.address,
      run: (handle) =>
        Effect.andThen(
          Effect.exit(handle(socket)),
          Effect.andThen(Deferred.succeed(gone, "the connection ended"), Effect.never)
        ) as never
    }
    const rpcProtocol = Effect.provideService(RpcServer.makeProtocolSocketServer, SocketServer.SocketServer, one)
    const served = Effect.gen(function* () {
      const context = yield* rpcs.toHandlers(answers as never)
      return yield* RpcServer.make(rpcs, { disableTracing: true, disableFatalDefects: true }).pipe(
        Effect.provideContext(context as never),
        Effect.provideService(RpcServer.Protocol, yield* rpcProtocol)
      )
    }).pipe(Effect.scoped) as Effect.Effect<never, never, RpcSerialization.RpcSerialization>
    return yield* Effect.raceFirst(Effect.raceFirst(served, Deferred.await(gone)), ends)
  })

  /** Answers the first call of a connection that is refused with the reason. */
  const serveRefusal = (socket: Socket.Socket, { unread }: Arrival, { detail }: Refused) => {
    const refuse = () => Effect.fail(refusalOf("hello", detail))
    const answers = Object.fromEntries([...rpcs.requests.keys()].map((name) => [name, refuse]))
    const late = Effect.as(Effect.sleep(helloWithin), detail)
    return serveCalls(bounded(socket, unread, unreadOfRefused).socket, answers, late)
  }

  const serveSession = Effect.fnUntraced(function* (
    connection: Socket.Socket,
    client: Client,
    { address, unread }: Arrival
  ) {
    const clock = yield* Clock.Clock
    const session = new Session(client, shared)
    let heard = clock.currentTimeMillisUnsafe()
    let program: string | undefined
    const facts = { client: client.name, address }
    const { callBytes, calls, unreadBytes } = limitsOf(client)
    const { socket, whenRead } = bounded(connection, unread, unreadBytes)
    const hello: Handlers["hello"] = (said) =>
      Effect.gen(function* () {
        if (said.protocol !== protocol) {
          return yield* Effect.fail(
            refusalOf(
              "hello",
              `it speaks version ${protocol} of the protocol (@effect-msmq/remote ${version}), and the client version ` +
                `${said.protocol} (@effect-msmq/remote ${said.version}); install the same version of the package on both`
            )
          )
        }
        const remote = yield* clients.begin(said.client, client.name, session)
        if (remote === undefined) return yield* Effect.fail(refusalOf("hello", "the program is another client's"))
        program = said.client
        session.remote = remote
        yield* sessionOpened(facts)
        return {
          protocol,
          version,
          gateway,
          memory: remote.memory,
          heartbeat: Duration.toMillis(heartbeat),
          maxFrame,
          calls,
          callBytes
        }
      })
    const answers = handlersOf(session, hello, () => unread() > unreadBytes)
    let running = 0
    let bytes = 0
    const counted = (name: string, answer: Answer, payload: object): Effect.Effect<unknown, unknown> => {
      const weight = weightOf(name as CallName, payload)
      if (running >= calls) {
        return Effect.fail(refusalOf(name, `${calls} calls of this connection run, which is the limit`))
      }
      if (bytes > 0 && weight > 0 && bytes + weight > callBytes) {
        const limit = `calls of this connection with ${callBytes} bytes run, which is the limit`
        return Effect.fail(refusalOf(name, limit))
      }
      running++
      bytes += weight
      return Effect.ensuring(
        answer(payload),
        Effect.sync(() => {
          running--
          bytes -= weight
        })
      )
    }
    const handlers = Object.fromEntries(
      Object.entries(answers as unknown as Answers).map(([name, answer]): [string, Answer] => {
        const afterReading: Answer = aside.has(name)
          ? answer
          : (payload) =>
              Effect.andThen(
                whenRead,
                Effect.suspend(() => answer(payload))
              )
        const call: Answer = withoutCredit.has(name as CallName)
          ? afterReading
          : (payload) => counted(name, afterReading, payload)
        return [
          name,
          (payload) => {
            heard = clock.currentTimeMillisUnsafe()
            if (session.remote === undefined && name !== "hello") {
              return Effect.fail(refusalOf(name, "the first call of a connection is hello"))
            }
            return Effect.tapError(call(payload), (failure) => refused(facts, failure))
          }
        ]
      })
    )
    const silence = Effect.gen(function* () {
      const began = yield* Clock.currentTimeMillis
      const longest = missing * Duration.toMillis(heartbeat)
      let waiting = 0
      let isSure = false
      for (;;) {
        const now = yield* Clock.currentTimeMillis
        const before = waiting
        waiting = unread()
        const greets = session.remote !== undefined
        const left = greets ? heard + longest - now : began + helloWithin - now
        if (left <= 0 && !greets) return "it did not say who uses it"
        // One that reads what was written is alive, even though its calls wait behind the answers.
        const isSilent = left <= 0 && waiting >= before
        if (isSilent && isSure) return "nothing was heard of it"
        isSure = isSilent
        if (isSilent) {
          // What came while this process was busy is still to be read.
          yield* Effect.sleep(afterBusy)
          continue
        }
        yield* Effect.sleep(left <= 0 ? longest : Math.min(left, longest))
      }
    })
    // The program connects again where its older connection arrived after the later one.
    const replaced = Effect.as(session.ended, "a later connection of the program took its place")
    const reason = yield* serveCalls(socket, handlers, Effect.raceFirst(silence, replaced)).pipe(
      Effect.ensuring(session.end),
      Effect.ensuring(Effect.suspend(() => (program === undefined ? Effect.void : clients.end(program, session))))
    )
    yield* sessionEnded({ ...facts, reason })
  })

  return yield* server.run(
    (socket) =>
      Effect.gen(function* () {
        const arrived = yield* arrival
        const admitted = admission.clientOf(arrived)
        if (isRefused(admitted)) {
          yield* connectionRefused(arrived, admitted)
          // Nothing more can be said to one of another version.
          if (arrived.foreign !== undefined) return
          yield* serveRefusal(socket, arrived, admitted)
          return
        }
        const leave = admission.enter(admitted)
        yield* Effect.ensuring(serveSession(socket, admitted, arrived), Effect.sync(leave))
      }).pipe(Effect.provideService(RpcSerialization.RpcSerialization, serialization)) as Effect.Effect<void>
  )
})
