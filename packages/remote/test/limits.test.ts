/** Limits of a client, over a real socket: what is more waits or is refused, and others are served. */
import { MessageQueue } from "@effect-msmq/core"
import { GatewayPolicy, type MqrtGateway } from "@effect-msmq/remote"
import { WebSocket } from "@effect/platform-node-shared/NodeWS"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { once } from "node:events"
import { createConnection, type Socket } from "node:net"
import { subprotocol } from "../src/internal/wire/versions.ts"
import { administration, clientAt, clientWith, token, withGateway } from "./support/gatewayOf.ts"

const orders = ".\\private$\\orders"

const limited = (limits: GatewayPolicy.Limits, options: Partial<MqrtGateway.Options> = {}): MqrtGateway.Options => ({
  policy: clientWith({ ...GatewayPolicy.everything, limits }),
  ...options
})

/** Tries another client, which must be served. */
const othersAreServed = (url: string) =>
  Effect.gen(function* () {
    yield* MessageQueue.ensure(".\\private$\\another")
    yield* Effect.scoped(
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(".\\private$\\another")
        const receiver = yield* MessageQueue.openReceiver(".\\private$\\another")
        yield* sender.send({ body: new Uint8Array([1]) })
        assert.deepStrictEqual((yield* receiver.receive).body, new Uint8Array([1]))
      })
    )
  }).pipe(Effect.provide(clientAt(url, administration), { local: true }))

describe("limits of a client", () => {
  it.live("handles: one more is refused with the limit, and can be opened when another is closed", () =>
    withGateway(limited({ handles: 2 }), (url) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const error = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* MessageQueue.openSender(orders)
            yield* MessageQueue.openReceiver(orders)
            return yield* Effect.flip(MessageQueue.openSender(orders))
          })
        )
        assert.strictEqual(error.reason._tag, "GatewayRefused")
        assert.match(error.message, /2 handles are open through this connection, which is the limit; close those/)
        yield* Effect.scoped(MessageQueue.openSender(orders))
        yield* othersAreServed(url)
      }).pipe(Effect.provide(clientAt(url), { local: true }))
    )
  )

  it.live("waits: one more is refused with the limit, and the others go on", () =>
    withGateway(limited({ waits: 2 }), (url) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        // Each tries again where the third one was before it.
        const receive = Effect.retry(receiver.receive, { times: 1000 })
        const waiting = yield* Effect.forkScoped(Effect.all([receive, receive], { concurrency: 2 }))
        const error = yield* receiver
          .receiveWithin("20 millis")
          .pipe(
            Effect.andThen(Effect.fail(undefined)),
            Effect.flip,
            Effect.repeat({ until: (error) => error !== undefined })
          )
        if (error === undefined) return assert.fail("no receive was refused")
        assert.strictEqual(error.reason._tag, "GatewayRefused")
        assert.match(error.message, /2 receives and peeks wait through this connection, which is the limit/)
        yield* sender.sendAll([{ body: new Uint8Array(1) }, { body: new Uint8Array(2) }])
        assert.lengthOf(yield* Fiber.join(waiting), 2)
        yield* othersAreServed(url)
      }).pipe(Effect.scoped, Effect.provide(clientAt(url), { local: true }))
    )
  )

  it.live("calls and bytes: more than there is room for wait at the client, and none is refused", () =>
    withGateway(limited({ calls: 2, callBytes: 65536 }), (url) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        const bodies = Array.from({ length: 100 }, (_, index) => new Uint8Array(index * 1000))
        yield* Effect.forEach(bodies, (body) => sender.send({ body }), { concurrency: "unbounded", discard: true })
        const received = yield* Effect.forEach(bodies, () => receiver.receive)
        assert.sameMembers(
          received.map(({ body }) => body.length),
          bodies.map(({ length }) => length)
        )
        yield* othersAreServed(url)
      }).pipe(Effect.scoped, Effect.provide(clientAt(url), { local: true }))
    )
  )

  it.live(
    "frames: a message that fits into none is refused before it is sent, with its index, and the connection stays",
    () =>
      withGateway(limited({}, { maxFrame: 131_072 }), (url) =>
        Effect.gen(function* () {
          yield* MessageQueue.create(orders)
          const sender = yield* MessageQueue.openSender(orders)
          const receiver = yield* MessageQueue.openReceiver(orders)
          const small = { body: new Uint8Array(10) }
          const error = yield* Effect.flip(sender.sendAll([small, { body: new Uint8Array(200_000) }, small]))
          assert.strictEqual(error.reason._tag, "GatewayRefused")
          assert.strictEqual(error.progress?.accepted, 1)
          assert.match(
            error.message,
            /the message has more than 131072 bytes, the largest frame that the gateway takes/
          )
          yield* sender.send(small)
          yield* receiver.receive
          yield* receiver.receive
        }).pipe(Effect.scoped, Effect.provide(clientAt(url), { local: true }))
      )
  )
})

/** Opens a connection below any WebSocket. */
const rawTo = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const { hostname, port } = new URL(url)
      const socket = createConnection(Number(port), hostname)
      socket.on("error", () => {})
      await once(socket, "connect")
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const whenClosed = (socket: Socket) =>
  Effect.callback<void>((resume) => {
    if (socket.closed) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    socket.resume()
  })

/** Connects with a WebSocket of its own, which sends what it likes. */
const webSocketTo = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const ws = new WebSocket(url, subprotocol, { headers: { authorization: `Bearer ${Redacted.value(token)}` } })
      ws.on("error", () => {})
      const opened = new Promise<void>((resolve) => ws.on("open", resolve))
      const closed = new Promise<number>((resolve) => ws.on("close", resolve))
      await opened
      return { ws, closed }
    }),
    ({ ws }) => Effect.sync(() => ws.terminate())
  )

describe("a connection that is no client's", () => {
  it.live("is closed when it says nothing", () =>
    withGateway(limited({}, { helloWithin: "300 millis" }), (url) =>
      Effect.gen(function* () {
        yield* whenClosed(yield* rawTo(url))
        const { closed } = yield* webSocketTo(url)
        yield* Effect.promise(() => closed)
        yield* othersAreServed(url)
      }).pipe(Effect.scoped)
    )
  )

  for (const [what, bytes] of [
    ["of garbage", Buffer.from("\u0000\u0001 this is no call \uffff".repeat(20))],
    ["without end", Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ["larger than allowed", Buffer.alloc(200_000)],
    ["of nothing", Buffer.alloc(0)]
  ] as const) {
    it.live(`is closed, or ignored, on a frame ${what}, and others are served`, () =>
      withGateway(limited({}, { helloWithin: "1 second", maxFrame: 131_072 }), (url) =>
        Effect.gen(function* () {
          const { closed, ws } = yield* webSocketTo(url)
          ws.send(bytes)
          yield* othersAreServed(url)
          yield* Effect.promise(() => closed)
          yield* othersAreServed(url)
        }).pipe(Effect.scoped)
      )
    )
  }
})
