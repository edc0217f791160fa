import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { connect } from "@effect-msmq/core/promises"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as assert from "node:assert/strict"
import { setImmediate } from "node:timers/promises"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { failsBecause, fork, newChannel, newQueue } from "./givens.ts"
import { labelsIn } from "./labels.ts"

const labelled = (...labels: ReadonlyArray<string>) => labels.map((label) => ({ label }))

/** Creates a transactional queue with messages, and opens a sender and a receiver on it. */
const channel = (...labels: ReadonlyArray<string>) =>
  Effect.tap(newChannel({ transactional: true }), ({ sender }) =>
    Transaction.singleMessage(sender.sendAll(labelled(...labels)))
  )

/** Makes a source of messages that then waits and does not end; `asked` is done when it is asked for more. */
const withoutEnd = (asked: Deferred.Deferred<void>, ...labels: ReadonlyArray<string>) =>
  Stream.concat(
    Stream.fromArray(labelled(...labels)),
    Stream.fromEffect(Effect.andThen(Deferred.succeed(asked, undefined), Effect.never))
  )

const label = (found: Effect.Effect<Option.Option<{ readonly label: string }>, MsmqError>) =>
  Effect.map(found, (message) => Option.getOrUndefined(message)?.label)

/** Promises about programs that use the public modules of core, on this backend. */
export const programs: ReadonlyArray<ContractPromise> = [
  promise(
    "a transaction that succeeds is committed: what it received is gone, what it sent is there",
    Effect.gen(function* () {
      const orders = yield* channel("order")
      const invoices = yield* channel()
      yield* Transaction.run(
        Effect.flatMap(orders.receiver.receive, (order) =>
          invoices.sender.sendAll(labelled(`invoice for ${order.label}`, "copy"))
        )
      )
      assert.deepEqual(yield* labelsIn(orders.queue), [])
      assert.deepEqual(yield* labelsIn(invoices.queue), ["invoice for order", "copy"])
    })
  ),
  promise(
    "a transaction that fails is aborted: what it received is back, and counted, what it sent was never sent",
    Effect.gen(function* () {
      const orders = yield* channel("one", "two")
      const invoices = yield* channel()
      const handle = Effect.andThen(orders.receiver.receive, invoices.sender.send({ label: "invoice" }))
      yield* Effect.andThen(handle, Effect.fail("too late")).pipe(Transaction.run(), Effect.ignore)
      assert.deepEqual(yield* labelsIn(orders.queue), ["one", "two"])
      assert.deepEqual(yield* labelsIn(invoices.queue), [])
      assert.equal((yield* orders.receiver.peek).abortCount, 1)
    })
  ),
  promise(
    "a sender learns anew of what kind its queue is when that was deleted and made again",
    Effect.gen(function* () {
      const { queue, sender } = yield* newChannel()
      yield* MessageQueue.delete(queue)
      yield* MessageQueue.create(queue, { transactional: true })
      yield* failsBecause(sender.send({ label: "to the one that is gone" }), "QueueDeleted")
      yield* failsBecause(sender.send({ label: "it would vanish" }), "TransactionMismatch")
      yield* Transaction.run(sender.send({ label: "arrives" }))
      assert.deepEqual(yield* labelsIn(queue), ["arrives"])
    })
  ),
  promise(
    "where nobody can tell of what kind a queue is, it opens, and otherwise it does not",
    Effect.gen(function* () {
      const queue = yield* newQueue({ transactional: true })
      const backend = yield* Mqrt.Mqrt
      const openedWith = Effect.fnUntraced(function* (name: ErrorCode.ErrorCodeName) {
        const look = new Mqrt.MqrtFailure({
          function: "MQGetQueueProperties",
          code: ErrorCode.errors[name],
          properties: []
        })
        const mqrt = yield* Mqrt.make({ ...backend, getQueueProperties: () => Effect.fail(look) })
        return yield* Effect.provideService(MessageQueue.openSender(queue), Mqrt.Mqrt, mqrt)
      })
      assert.equal((yield* openedWith("MQ_ERROR_ACCESS_DENIED")).transactional, undefined)
      yield* failsBecause(openedWith("MQ_ERROR_INSUFFICIENT_RESOURCES"), "InsufficientResources")
      const elsewhere = yield* MessageQueue.openSender("DIRECT=OS:elsewhere\\private$\\orders")
      assert.equal(elsewhere.transactional, undefined)
    })
  ),
  promise(
    "a connection that is closed refuses what needs no handle, too, and does nothing of it",
    Effect.gen(function* () {
      const backend = yield* Mqrt.Mqrt
      const queue = yield* newQueue()
      const { manager, msmq, opened } = yield* Effect.promise(async () => {
        const msmq = await connect(Layer.effect(Mqrt.Mqrt, Mqrt.make(backend)))
        const opened = await msmq.openReceiver(queue)
        const manager = msmq.queueManager
        await msmq.close()
        return { msmq, manager, opened }
      })
      const calls: ReadonlyArray<() => Promise<unknown>> = [
        () => msmq.createQueue(queue),
        () => msmq.deleteQueue(queue),
        () => msmq.queueExists(queue),
        () => msmq.queueProperties(queue),
        () => msmq.setQueueProperties(queue, { label: "closed" }),
        () => msmq.purgeQueue(queue),
        () => msmq.queueSecurity(queue),
        () => msmq.setQueueSecurity(queue, "D:"),
        () => msmq.openSender(queue),
        () => msmq.openReceiver(queue),
        () => msmq.messages(queue)[Symbol.asyncIterator]().next(),
        () => msmq.locateQueues()[Symbol.asyncIterator]().next(),
        () => msmq.beginTransaction(),
        () => msmq.transaction(() => Promise.resolve()),
        () => opened.move({ lookupId: 1n }, "subqueue"),
        () => manager.info(),
        () => manager.queueInfo(queue),
        () => manager.messageCount(queue),
        () => manager.connect(),
        () => manager.machineProperties(),
        () => manager.privateComputerInformation(),
        () => manager.registerCertificate()
      ]
      for (const call of calls) {
        const reason = yield* Effect.promise(() =>
          call().then(
            () => "it was done",
            (error: MsmqError) => error.reason?._tag ?? String(error)
          )
        )
        assert.equal(reason, "Released", String(call))
      }
      assert.notEqual((yield* MessageQueue.properties(queue)).label, "closed")
    })
  ),
  promise(
    "a transaction whose connection closes while it runs fails, and nothing of it is there",
    Effect.gen(function* () {
      const { queue } = yield* channel()
      const backend = yield* Mqrt.Mqrt
      const connection = yield* Scope.make()
      const mqrt = yield* Scope.provide(Mqrt.make(backend), connection)
      const run = Effect.flatMap(MessageQueue.openSender(queue), (sender) =>
        Transaction.run(Effect.andThen(sender.send({ label: "order" }), Scope.close(connection, Exit.void)))
      )
      yield* failsBecause(Effect.scoped(Effect.provideService(run, Mqrt.Mqrt, mqrt)), "TransactionAborted")
      assert.deepEqual(yield* labelsIn(queue), [])
    })
  ),
  promise(
    "a transaction that aborts by hand and then succeeds fails; one that commits by hand succeeds",
    Effect.gen(function* () {
      const { queue, sender } = yield* channel()
      const ended = (how: "commit" | "abort") =>
        Effect.gen(function* () {
          yield* sender.send({ label: how })
          const transaction = yield* Transaction.Current
          if (typeof transaction === "object") yield* transaction[how]()
        }).pipe(Transaction.run())
      yield* failsBecause(ended("abort"), "TransactionAborted")
      yield* ended("commit")
      assert.deepEqual(yield* labelsIn(queue), ["commit"])
    })
  ),
  promise(
    "an abort by a signal that comes when its call has begun takes nothing back, and the promise is fulfilled",
    Effect.gen(function* () {
      const { queue } = yield* channel()
      const backend = yield* Mqrt.Mqrt
      const msmq = yield* Effect.acquireRelease(
        Effect.promise(() => connect(Layer.effect(Mqrt.Mqrt, Mqrt.make(backend)))),
        (msmq) => Effect.promise(() => msmq.close())
      )
      const done = <A>(call: (options: { readonly signal: AbortSignal }) => Promise<A>): Effect.Effect<A> =>
        Effect.promise(async () => {
          // A call that had to wait for the event loop's next turn would not have begun.
          await setImmediate()
          await setImmediate()
          const controller = new AbortController()
          const promise = call(controller)
          controller.abort(new Error("too late"))
          return promise
        })
      const sender = yield* Effect.promise(() => msmq.openSender(queue))
      const receiver = yield* Effect.promise(() => msmq.openReceiver(queue))
      const transaction = yield* Effect.promise(() => msmq.beginTransaction())
      yield* done((options) => sender.send({ label: "one" }, { ...options, transaction }))
      yield* done((options) => transaction.commit(options))
      assert.equal(yield* Effect.promise(() => transaction.outcome()), "committed")
      assert.equal((yield* done((options) => receiver.poll(options)))?.label, "one")
      // By a format name, each is one call.
      const formatName = yield* MessageQueue.formatName(queue)
      yield* done((options) => msmq.setQueueProperties(formatName, { label: "changed" }, options))
      assert.equal((yield* MessageQueue.properties(queue)).label, "changed")
      yield* done((options) => msmq.deleteQueue(formatName, options))
      assert.equal(yield* MessageQueue.exists(queue), false)
      yield* done((options) => msmq.createQueue(queue, options))
      assert.equal(yield* MessageQueue.exists(queue), true)
    })
  ),
  promise(
    "a transaction that is interrupted while it waits for a message takes none",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* channel()
      const fiber = yield* fork(Transaction.run(receiver.receive))
      yield* Effect.sleep("30 millis")
      yield* Fiber.interrupt(fiber)
      yield* Transaction.run(sender.send({ label: "order" }))
      assert.deepEqual(yield* labelsIn(queue), ["order"])
    })
  ),
  promise(
    "a transaction waits for a message and has it as its own",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* channel()
      const [received, end] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const fiber = yield* fork(
        receiver.receive.pipe(
          Effect.tap(Effect.andThen(Deferred.succeed(received, undefined), Deferred.await(end))),
          Effect.map(({ label }) => label),
          Transaction.run()
        )
      )
      yield* Effect.sleep("30 millis")
      yield* Transaction.run(sender.send({ label: "order" }))
      yield* Deferred.await(received)
      assert.deepEqual(yield* labelsIn(queue), [], "its message is nobody else's")
      yield* Deferred.succeed(end, undefined)
      assert.equal(yield* Fiber.join(fiber), "order")
      assert.equal(yield* label(receiver.poll), undefined)
    })
  ),
  promise(
    "a transaction begun by hand is aborted with its scope unless it was committed, and no use once it ended",
    Effect.gen(function* () {
      const { queue, sender } = yield* channel()
      yield* Effect.scoped(
        Effect.flatMap(Transaction.begin(), (transaction) => sender.send({ label: "lost" }, { transaction }))
      )
      const transaction = yield* Transaction.begin()
      yield* sender.send({ label: "kept" }, { transaction })
      yield* transaction.commit()
      yield* failsBecause(sender.send({ label: "late" }, { transaction }), "Released")
      assert.deepEqual(yield* labelsIn(queue), ["kept"])
    })
  ),
  promise(
    "a batch that waits for its source is ended by the closing of its sender, and says what is in the queue",
    Effect.gen(function* () {
      const { queue } = yield* channel()
      const scope = yield* Scope.make()
      const sender = yield* Scope.provide(MessageQueue.openSender(queue), scope)
      const asked = yield* Deferred.make<void>()
      const messages = withoutEnd(asked, "a", "b", "c")
      const fiber = yield* fork(Effect.flip(sender.sendAll(messages, { transaction: "singleMessage" })))
      yield* Deferred.await(asked)
      yield* Scope.close(scope, Exit.void)
      const { progress, reason } = yield* Fiber.join(fiber)
      assert.deepEqual([reason._tag, progress], ["Released", { accepted: 3 }])
      assert.deepEqual(yield* labelsIn(queue), ["a", "b", "c"])
    })
  ),
  promise(
    "a transaction that ends does not wait for the source of a batch in it: it has what was accepted, or nothing",
    Effect.gen(function* () {
      const { queue, sender } = yield* channel()
      for (const { end, left } of [
        { end: "abort", left: [] },
        { end: "commit", left: ["a", "b"] }
      ] as const) {
        const transaction = yield* Transaction.begin()
        const asked = yield* Deferred.make<void>()
        const fiber = yield* fork(Effect.flip(sender.sendAll(withoutEnd(asked, "a", "b"), { transaction })))
        yield* Deferred.await(asked)
        yield* transaction[end]()
        const { progress, reason } = yield* Fiber.join(fiber)
        assert.deepEqual([reason._tag, progress], ["Released", { accepted: 2 }])
        assert.deepEqual(yield* labelsIn(queue), left)
      }
    })
  ),
  promise(
    "a closing waits for what is at hand: every message of an array is in the queue",
    Effect.gen(function* () {
      const { queue } = yield* channel()
      const scope = yield* Scope.make()
      const sender = yield* Scope.provide(MessageQueue.openSender(queue), scope)
      const names = Array.from({ length: 2000 }, (_, index) => `${index}`)
      const begun = yield* Deferred.make<void>()
      const onProgress = () => Deferred.doneUnsafe(begun, Exit.void)
      const fiber = yield* fork(sender.sendAll(labelled(...names), { transaction: "singleMessage", onProgress }))
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      assert.equal((yield* Fiber.join(fiber)).accepted, names.length)
      assert.deepEqual(yield* labelsIn(queue), names)
    })
  ),
  promise(
    "a source that throws is told of with what it threw, and what came before it is in the queue",
    Effect.gen(function* () {
      const { queue, sender } = yield* channel()
      const broken = new Error("broken")
      const source = function* () {
        yield* labelled("a", "b")
        throw broken
      }
      const { progress, reason } = yield* Effect.flip(sender.sendAll(source(), { transaction: "singleMessage" }))
      assert.deepEqual(reason, { _tag: "SourceFailed", part: "messages", index: 2, cause: broken })
      assert.deepEqual(progress, { accepted: 2 })
      assert.deepEqual(yield* labelsIn(queue), ["a", "b"])
    })
  ),
  promise(
    "a cursor goes through the queue, takes from the middle, goes on, and at the end waits",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* channel("a", "b", "c")
      const cursor = yield* receiver.cursor
      assert.equal(yield* label(cursor.next), "a")
      assert.equal(yield* label(cursor.next), "b")
      assert.equal(yield* label(cursor.current), "b")
      assert.equal(yield* label(cursor.receive), "b")
      assert.equal(yield* label(cursor.next), "c")
      assert.equal(yield* label(cursor.next), undefined)
      assert.equal(yield* label(cursor.next), undefined)
      const fiber = yield* fork(label(cursor.nextWithin("20 seconds")))
      yield* Effect.sleep("30 millis")
      yield* Transaction.run(sender.send({ label: "d" }))
      assert.equal(yield* Fiber.join(fiber), "d")
      assert.deepEqual(yield* labelsIn(queue), ["a", "c", "d"])
    })
  ),
  promise(
    "a cursor whose message another has taken stands on none, and goes on",
    Effect.gen(function* () {
      const { receiver } = yield* channel("a", "b")
      const cursor = yield* receiver.cursor
      yield* cursor.next
      yield* receiver.receive
      assert.equal(yield* label(cursor.current), undefined)
      assert.equal(yield* label(cursor.receive), undefined)
      assert.equal(yield* label(cursor.next), "b")
    })
  ),
  promise(
    "messages are found, and taken, by lookup id and from beside one",
    Effect.gen(function* () {
      const { queue, receiver } = yield* channel("a", "b", "c", "d")
      const first = yield* receiver.peek
      assert.equal(yield* label(receiver.lookup("peekNext", first.lookupId)), "b")
      assert.equal(yield* label(receiver.lookup("peekPrevious", first.lookupId)), undefined)
      assert.equal(yield* label(receiver.lookup("receiveNext", first.lookupId)), "b")
      assert.equal(yield* label(receiver.lookup("receiveLast")), "d")
      assert.equal(yield* label(receiver.lookup("receiveCurrent", first.lookupId)), "a")
      assert.equal(yield* label(receiver.lookup("receiveCurrent", first.lookupId)), undefined)
      assert.deepEqual(yield* labelsIn(queue), ["c"])
    })
  ),
  promise(
    "a message moves to a subqueue with its transaction, and back to its place",
    Effect.gen(function* () {
      const { queue, receiver } = yield* channel("a", "b")
      const message = yield* receiver.peek
      const move = receiver.move(message, "retry")
      yield* Effect.andThen(move, Effect.fail("no")).pipe(Transaction.run(), Effect.ignore)
      assert.deepEqual(yield* labelsIn(queue), ["a", "b"])
      yield* Transaction.run(move)
      assert.deepEqual(yield* labelsIn(queue), ["b"])
      const retry = yield* MessageQueue.openReceiver(`${queue};retry`)
      const moved = yield* retry.peek
      assert.deepEqual([moved.label, moved.moveCount], ["a", 1])
      yield* retry.move(moved, null)
      assert.deepEqual(yield* labelsIn(queue), ["a", "b"])
    })
  ),
  promise(
    "a message that is rejected goes with its transaction, and only with one",
    Effect.gen(function* () {
      const { queue, receiver } = yield* channel("a", "b")
      yield* Transaction.run(Effect.flatMap(receiver.receive, (message) => receiver.reject(message)))
      assert.deepEqual(yield* labelsIn(queue), ["b"])
      yield* failsBecause(receiver.reject(yield* receiver.peek), "TransactionUsage")
    })
  ),
  promise(
    "what is consumed is handled once each, what cannot be is moved away, and stopping takes nothing new",
    Effect.gen(function* () {
      const orders = yield* channel("1", "bad", "2")
      const invoices = yield* channel()
      const handle = ({ label }: { readonly label: string }) =>
        Effect.andThen(
          invoices.sender.send({ label: `invoice ${label}` }),
          label === "bad" ? Effect.fail("cannot") : Effect.void
        )
      const consumer = yield* fork(
        orders.receiver.consume(handle, {
          retry: Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 1 })),
          poison: { subqueue: "poison" }
        })
      )
      assert.equal((yield* invoices.receiver.receive).label, "invoice 1")
      assert.equal((yield* invoices.receiver.receive).label, "invoice 2")
      yield* Transaction.run(orders.sender.send({ label: "3" }))
      assert.equal((yield* invoices.receiver.receive).label, "invoice 3")
      yield* Fiber.interrupt(consumer)
      yield* Transaction.run(orders.sender.send({ label: "4" }))
      assert.deepEqual(yield* labelsIn(orders.queue), ["4"])
      assert.deepEqual(yield* labelsIn(`${orders.queue};poison`), ["bad"])
      assert.equal(yield* label(invoices.receiver.poll), undefined)
    })
  ),
  promise(
    "many are consumed at once, each by one, from a queue that is not transactional too",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const poison = { queue: yield* newQueue() }
      const names = Array.from({ length: 20 }, (_, index) => `${index}`)
      yield* sender.sendAll(labelled(...names))
      const handled: Array<string> = []
      const consumer = yield* fork(
        receiver.consume(({ label }) => Effect.as(Effect.sleep("5 millis"), handled.push(label)), {
          concurrency: 4,
          poison
        })
      )
      yield* Effect.suspend(() => (handled.length < names.length ? Effect.fail("not yet") : Effect.void)).pipe(
        Effect.retry(Schedule.spaced("10 millis"))
      )
      yield* Fiber.interrupt(consumer)
      assert.deepEqual(new Set(handled), new Set(names))
      assert.equal(handled.length, names.length)
    })
  ),
  promise(
    "peeking takes nothing, waits for what comes, and is part of no transaction",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* channel()
      assert.equal(yield* label(receiver.pollPeek), undefined)
      const fiber = yield* fork(receiver.peek)
      yield* Effect.sleep("30 millis")
      yield* Transaction.run(sender.send({ label: "a" }))
      assert.equal((yield* Fiber.join(fiber)).label, "a")
      assert.equal((yield* Transaction.run(receiver.peek)).label, "a")
      assert.equal(yield* label(receiver.peekWithin("1 second")), "a")
      assert.deepEqual(yield* labelsIn(queue), ["a"])
    })
  )
]
