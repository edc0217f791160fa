/** Connections of a gateway: each is authenticated, has a server of its own and a session, and ends with both. */
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { TLSSocket } from "node:tls"
import type { Client, GatewayPolicy } from "../../GatewayPolicy.ts"
import { clientOf } from "../../GatewayPolicy.ts"
import { refusalOf } from "../wire/Failure.ts"
import type { Handlers } from "../wire/rpcs.ts"
import { rpcs } from "../wire/rpcs.ts"
import { protocol } from "../wire/serialization.ts"
import { version } from "../version.ts"
import { bounded } from "./BoundedSocket.ts"
import { Clients } from "./Clients.ts"
import { handlersOf } from "./handlers.ts"
import { thisComputer } from "./QueueAddress.ts"
import { QueueLines, sweep } from "./QueueLine.ts"
import { limitsOf, Session } from "./Session.ts"

/** Settings of all connections. */
export interface Settings {
  readonly policy: GatewayPolicy
  readonly heartbeat: Duration.Duration
  readonly remembered: Duration.Duration
  readonly maxFrame: number
  /** Name of the subqueues that hold messages of plain queues for clients. */
  readonly subqueue: string
}

/** Number of heartbeats that may be missing before a connection is taken for dead. */
const missing = 3

/** Time in which a connection has to say who uses it. */
const firstCall = Duration.seconds(10)

/** Returns the proof that a request for a connection carries. */
const proofOf = (request: IncomingMessage) => {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1]
  const socket = request.socket as Partial<TLSSocket>
  const certificate = socket.authorized === true ? socket.getPeerCertificate?.().fingerprint256 : undefined
  return { token, certificate }
}

/** Returns the client of a request for a connection; `undefined` where it is nobody's. */
export const clientOfRequest = (policy: GatewayPolicy, request: IncomingMessage): Client | undefined =>
  clientOf(policy, proofOf(request))

const audit = (event: string, facts: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logInfo(event), facts)

/** Serves the connections of a gateway until it is interrupted. */
export const serve = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  server: SocketServer.SocketServer["Service"],
  { heartbeat, maxFrame, policy, remembered, subqueue }: Settings
) {
  const scope = yield* Effect.scope
  const gateway = randomUUID()
  const clients = new Clients(scope, remembered)
  const shared = { mqrt, computer: yield* thisComputer(mqrt), lines: new QueueLines(mqrt, scope, subqueue) }
  const swept = yield* sweep(mqrt, subqueue)
  if (swept > 0) yield* audit("messages put back that an earlier gateway held", { count: swept })
  const connections = new Map<Client, number>()
  const serialization = yield* RpcSerialization.RpcSerialization

  const serveSession = Effect.fnUntraced(function* (socket: Socket.Socket, client: Client, address: string) {
    const ws = (yield* Socket.WebSocket) as unknown as { readonly bufferedAmount: number }
    const clock = yield* Clock.Clock
    const session = new Session(client, shared)
    let heard = clock.currentTimeMillisUnsafe()
    let program: string | undefined
    const facts = { client: client.name, address }
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
        yield* audit("session opened", facts)
        return {
          protocol,
          version,
          gateway,
          heartbeat: Duration.toMillis(heartbeat),
          maxFrame
        }
      })
    const answers = handlersOf(session, hello)
    const calls = limitsOf(client).calls
    let running = 0
    const waits: ReadonlySet<string> = new Set(["holdMessage", "peekMessage", "heartbeat", "cancel"])
    const handlers = Object.fromEntries(
      Object.entries(
        answers as unknown as Readonly<Record<string, (payload: unknown) => Effect.Effect<unknown, unknown>>>
      ).map(([name, answer]) => [
        name,
        (payload: unknown) => {
          heard = clock.currentTimeMillisUnsafe()
          if (session.remote === undefined && name !== "hello") {
            return Effect.fail(refusalOf(name, "the first call of a connection is hello"))
          }
          if (waits.has(name)) return answer(payload)
          if (running >= calls) {
            return Effect.fail(refusalOf(name, `${calls} calls of this connection run, which is the limit`))
          }
          running++
          return Effect.ensuring(
            Effect.suspend(() => answer(payload)),
            Effect.sync(() => running--)
          )
        }
      ])
    )
    const gone = yield* Deferred.make<string>()
    const one: SocketServer.SocketServer["Service"] = {
      address: server.address,
      run: (handle) =>
        Effect.flatMap(bounded(socket, ws, limitsOf(client).unreadBytes), (socket) =>
          Effect.andThen(
            Effect.exit(handle(socket)),
            Effect.andThen(Deferred.succeed(gone, "the connection ended"), Effect.never)
          )
        ) as never
    }
    const silence = Effect.gen(function* () {
      yield* Effect.sleep(firstCall)
      if (session.remote === undefined) return "it did not say who uses it"
      const longest = missing * Duration.toMillis(heartbeat)
      for (;;) {
        const quiet = (yield* Clock.currentTimeMillis) - heard
        if (quiet >= longest) return "nothing was heard of it"
        yield* Effect.sleep(longest - quiet)
      }
    })
    const rpcProtocol = Effect.provideService(RpcServer.makeProtocolSocketServer, SocketServer.SocketServer, one)
    const served = Effect.gen(function* () {
      const context = yield* rpcs.toHandlers(handlers as never)
      return yield* RpcServer.make(rpcs, { disableTracing: true, disableFatalDefects: true }).pipe(
        Effect.provideContext(context as never),
        Effect.provideService(RpcServer.Protocol, yield* rpcProtocol)
      )
    }).pipe(Effect.scoped) as Effect.Effect<never, never, RpcSerialization.RpcSerialization>
    const reason = yield* Effect.raceFirst(Effect.raceFirst(served, Deferred.await(gone)), silence).pipe(
      Effect.ensuring(session.end),
      Effect.ensuring(Effect.suspend(() => (program === undefined ? Effect.void : clients.end(program, session))))
    )
    yield* audit("session ended", { ...facts, reason })
  })

  return yield* server.run(
    (socket) =>
      Effect.gen(function* () {
        const request = yield* NodeSocketServer.IncomingMessage
        const address = request.socket.remoteAddress ?? "unknown"
        const client = clientOfRequest(policy, request)
        if (client === undefined) return
        const open = connections.get(client) ?? 0
        if (open >= limitsOf(client).connections) {
          yield* audit("connection refused", { client: client.name, address, reason: `${open} connections are open` })
          return
        }
        connections.set(client, open + 1)
        yield* Effect.ensuring(
          serveSession(socket, client, address),
          Effect.sync(() => connections.set(client, (connections.get(client) ?? 1) - 1))
        )
      }).pipe(Effect.provideService(RpcSerialization.RpcSerialization, serialization)) as Effect.Effect<void>
  )
})
