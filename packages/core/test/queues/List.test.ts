import { MessageQueue, Mqrt, QueueManager } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import * as CallLog from "../support/CallLog.ts"
import { start } from "../support/settled.ts"

const backend = HandleLedger.layer(CallLog.layer(InMemoryMqrt.layer))
const network = HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] }))

const list = (options: QueueManager.ListOptions) => Stream.runCollect(QueueManager.queues(options))

const names = (options: QueueManager.ListOptions) => Effect.map(list(options), (all) => all.map(({ name }) => name))

const send = (queue: string, count: number) =>
  Effect.scoped(
    Effect.flatMap(MessageQueue.openSender(queue), (sender) =>
      sender.sendAll(
        Array.from({ length: count }, (_, index) => ({ label: `${index}` })),
        { transaction: sender.transactional === true ? "singleMessage" : "none" }
      )
    )
  )

describe("queues", () => {
  it.effect("private queues have what queueInfo says of them, also those that are not active (C-50, C-53)", () =>
    Effect.gen(function* () {
      const idle = yield* MessageQueue.create(".\\private$\\idle", { transactional: true })
      yield* MessageQueue.create(".\\private$\\orders", { journal: true })
      yield* send(".\\private$\\orders", 3)
      yield* Effect.scoped(Effect.flatMap(MessageQueue.openReceiver(".\\private$\\orders"), ({ receive }) => receive))
      const [first, second, ...others] = yield* list({ kind: "private" })
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(second, {
        ...(yield* QueueManager.queueInfo(".\\private$\\orders")),
        name: "MACHINE\\private$\\orders",
        isActive: true
      })
      assert.deepStrictEqual([second?.messageCount, second?.journalMessageCount], [2, 1])
      assert.deepStrictEqual(first, {
        name: "MACHINE\\private$\\idle",
        isActive: false,
        pathName: "MACHINE\\private$\\idle",
        formatName: "DIRECT=OS:MACHINE\\private$\\idle",
        type: "PRIVATE",
        isLocal: true,
        transactional: true,
        foreign: undefined,
        messageCount: 0,
        bytesInQueue: 0,
        journalMessageCount: 0,
        bytesInJournal: 0,
        state: "INACTIVE",
        nextHops: [],
        subqueues: [],
        sources: [],
        endOfData: undefined
      })
      const receiver = yield* MessageQueue.openReceiver(first?.formatName ?? "")
      assert.isTrue(receiver.transactional)
      assert.notStrictEqual(idle, "")
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("public queues are those of the machine, of this one by default (C-49)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders")
      const here = yield* MessageQueue.create("MACHINE\\orders", { transactional: true })
      yield* MessageQueue.create("MACHINE\\invoices")
      yield* MessageQueue.create("WAREHOUSE\\parts")
      yield* send(here, 2)
      const queues = yield* list({ kind: "public" })
      assert.deepStrictEqual(
        queues.map(({ isActive, messageCount, name, transactional, type }) => [
          name,
          isActive,
          messageCount,
          transactional,
          type
        ]),
        [
          ["MACHINE\\orders", true, 2, true, "PUBLIC"],
          ["MACHINE\\invoices", false, 0, false, "PUBLIC"]
        ]
      )
      assert.deepStrictEqual(yield* names({ kind: "public", computer: "MACHINE" }), [
        "MACHINE\\orders",
        "MACHINE\\invoices"
      ])
      assert.deepStrictEqual(yield* names({ kind: "public", computer: "warehouse" }), ["WAREHOUSE\\parts"])
    }).pipe(Effect.provide(network))
  )

  it.effect("outgoing queues have their state and next hops, and local queues are not among them", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders")
      yield* send(".\\private$\\orders", 1)
      const msmq = yield* MsmqControl.MsmqControl
      const parts = "DIRECT=OS:WAREHOUSE\\private$\\parts"
      yield* msmq.cutLink("WAREHOUSE", "both")
      yield* send(parts, 3)
      const [outgoing, ...others] = yield* list({ kind: "outgoing" })
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(outgoing, {
        ...(yield* QueueManager.queueInfo(parts)),
        name: parts,
        isActive: true
      })
      assert.deepStrictEqual([outgoing?.messageCount, outgoing?.state, outgoing?.isLocal], [3, "WAITING", false])
      assert.strictEqual(outgoing?.nextHops.length, 1)
      yield* msmq.joinLink("WAREHOUSE", "both")
    }).pipe(Effect.provide(network))
  )

  it.effect("another machine is asked for its own queues", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders")
      yield* MsmqControl.on(
        Effect.andThen(
          Effect.forEach(["a", "b"], (name) => MessageQueue.create(`.\\private$\\${name}`)),
          Effect.orDie(send(".\\private$\\b", 4))
        ),
        "WAREHOUSE"
      )
      const queues = yield* list({ kind: "private", computer: "WAREHOUSE" })
      assert.deepStrictEqual(
        queues.map(({ isActive, messageCount, name, transactional }) => [name, isActive, messageCount, transactional]),
        [
          ["WAREHOUSE\\private$\\a", false, 0, undefined],
          ["WAREHOUSE\\private$\\b", true, 4, false]
        ]
      )
      const error = yield* Effect.flip(list({ kind: "private", computer: "NOWHERE" }))
      assert.deepStrictEqual([error.operation, error.computer], ["QueueManager.queues", "NOWHERE"])
      assert.strictEqual(error.reason._tag, "RemoteMachineNotAvailable")
    }).pipe(Effect.provide(network))
  )

  it.effect("a queue that is deleted while the list is read is left out, private or public, here or there", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["1", "2", "3"], (name) => MessageQueue.create(`.\\private$\\${name}`))
      yield* Effect.forEach(["1", "2", "3"], (name) => MessageQueue.create(`MACHINE\\${name}`))
      const there = <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt>) => MsmqControl.on(effect, "WAREHOUSE")
      yield* there(Effect.forEach(["1", "2", "3"], (name) => MessageQueue.create(`.\\private$\\${name}`)))
      const read = (
        options: QueueManager.ListOptions,
        deleteSecond: Effect.Effect<void, unknown, Mqrt.Mqrt | MsmqControl.MsmqControl>
      ) =>
        QueueManager.queues(options).pipe(
          Stream.tap(({ name }) => (name.endsWith("\\1") ? Effect.orDie(deleteSecond) : Effect.void)),
          Stream.map(({ name }) => name.at(-1)),
          Stream.runCollect
        )
      assert.deepStrictEqual(yield* read({ kind: "private" }, MessageQueue.delete(".\\private$\\2")), ["1", "3"])
      assert.deepStrictEqual(yield* read({ kind: "public" }, MessageQueue.delete("MACHINE\\2")), ["1", "3"])
      const remote = { kind: "private", computer: "WAREHOUSE" } as const
      assert.deepStrictEqual(yield* read(remote, there(MessageQueue.delete(".\\private$\\2"))), ["1", "3"])
    }).pipe(Effect.provide(network))
  )

  it.effect("an outgoing queue that closes while the list is read is left out", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const open = (name: string) => MessageQueue.openSender(`DIRECT=OS:WAREHOUSE\\private$\\${name}`)
      yield* open("1")
      yield* Scope.provide(open("2"), scope)
      yield* open("3")
      const found = yield* QueueManager.queues({ kind: "outgoing" }).pipe(
        Stream.tap(() => Scope.close(scope, Exit.void)),
        Stream.map(({ name }) => name.at(-1)),
        Stream.runCollect
      )
      assert.deepStrictEqual(found, ["1", "3"])
    }).pipe(Effect.scoped, Effect.provide(network))
  )

  it.effect("a queue whose properties are hidden is listed, without its kind (C-52)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
      const msmq = yield* MsmqControl.MsmqControl
      yield* msmq.deny({ queue: ".\\private$\\orders", rights: ["getQueueProperties"] })
      const [queue] = yield* list({ kind: "private" })
      assert.deepStrictEqual([queue?.isActive, queue?.transactional], [false, undefined])
    }).pipe(Effect.provide(backend))
  )

  it.effect("each queue is asked for when it is needed, and leaving early asks no more", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(Array.from({ length: 50 }), (_, index) => MessageQueue.create(`.\\private$\\q${index}`))
      const found = yield* Stream.runCollect(Stream.take(QueueManager.queues({ kind: "private" }), 2))
      assert.strictEqual(found.length, 2)
      assert.isAtMost((yield* CallLog.calls).filter((call) => call === "getQueueInfo").length, 3)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a wrong kind or option is refused, and a workgroup has no public queues", () =>
    Effect.gen(function* () {
      const untyped = QueueManager.queues as (
        ...given: ReadonlyArray<unknown>
      ) => ReturnType<typeof QueueManager.queues>
      for (const given of [
        undefined,
        {},
        { kind: "system" },
        { kind: "private", machine: "X" },
        { kind: "private", computer: "a b" }
      ]) {
        const error = yield* Effect.flip(Stream.runCollect(untyped(given)))
        assert.strictEqual(error.reason._tag, "IllegalOption")
      }
      const error = yield* Effect.flip(list({ kind: "public" }))
      assert.strictEqual(error.reason._tag, "NoDs")
      assert.strictEqual(error.operation, "QueueManager.queues")
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ workgroup: true })))
  )

  it.effect("an interruption ends the search of the directory, and closing the layer ends the list", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(backend, scope)
      yield* Effect.gen(function* () {
        yield* MessageQueue.create("MACHINE\\1")
        const waiting = yield* start(Stream.runForEach(QueueManager.queues({ kind: "public" }), () => Effect.never))
        assert.strictEqual((yield* HandleLedger.counts).locate.open, 1)
        yield* Fiber.interrupt(waiting)
        yield* HandleLedger.expectNoLeaks
        yield* MessageQueue.create(".\\private$\\1")
        yield* MessageQueue.create(".\\private$\\2")
        const error = yield* QueueManager.queues({ kind: "private" }).pipe(
          Stream.tap(() => Scope.close(scope, Exit.void)),
          Stream.runDrain,
          Effect.flip
        )
        assert.strictEqual(error.reason._tag, "Released")
      }).pipe(Effect.provide(context))
    })
  )

  it("in promises it is an iterable, which a closed connection refuses", async () => {
    const msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(".\\private$\\1")
    await msmq.createQueue(".\\private$\\2")
    const found: Array<string> = []
    for await (const { messageCount, name } of msmq.queueManager.queues({ kind: "private" })) {
      found.push(`${name}: ${messageCount}`)
    }
    assert.deepStrictEqual(found, ["MACHINE\\private$\\1: 0", "MACHINE\\private$\\2: 0"])
    const iterator = msmq.queueManager.queues({ kind: "private" })[Symbol.asyncIterator]()
    await iterator.next()
    await msmq.close()
    const errors = await Promise.all(
      [iterator, msmq.queueManager.queues({ kind: "private" })[Symbol.asyncIterator]()].map((one) =>
        one.next().then(
          () => "none",
          ({ reason }: { readonly reason: { readonly _tag: string } }) => reason._tag
        )
      )
    )
    assert.deepStrictEqual(errors, ["Released", "Released"])
  })
})
