/** Usual mistakes of users: the result that Message Queuing gives, and the place where the control shows the message. */
import { MessageQueue, SecurityContext } from "@effect-msmq/core"
import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { code, codeOf, create, direct, ends, message, plain, receiving, rejectedClasses, waiting } from "./seam.ts"
import { alice, certificates } from "../../../core/test/support/certificates.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const orders = ".\\private$\\orders"
const journal = "DIRECT=OS:.\\SYSTEM$;JOURNAL"
const deadLetters = "DIRECT=OS:.\\SYSTEM$;DEADLETTER"
const transactionalDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"
const single = { transaction: "singleMessage" } as const
const always = { authenticationLevel: "always" } as const

const control = <A>(use: (control: MsmqControl.MsmqControl["Service"]) => Effect.Effect<A>) =>
  MsmqControl.MsmqControl.use(use)

/** Reads the labels and the classes of the messages of a queue, which stay there. */
const seenIn = (formatName: string, of: (message: ReceivedProperties) => unknown = ({ label }) => label) =>
  Effect.map(
    control((msmq) => msmq.messagesIn(formatName)),
    (messages) => messages.map(of)
  )

const classOf = (one: ReceivedProperties) => one.class

/** Asserts that the control shows no message: none refused, none copied, none waiting. */
const goneWithoutTrace = Effect.gen(function* () {
  const msmq = yield* MsmqControl.MsmqControl
  const states = [...(yield* msmq.queues), ...(yield* msmq.journals)]
  assert.deepStrictEqual(
    states.filter(({ messages }) => messages > 0),
    []
  )
})

/** Creates a queue, and opens a sender and a receiver on it. */
const channel = Effect.fnUntraced(function* (options: MessageQueue.CreateOptions = {}) {
  yield* MessageQueue.create(orders, options)
  return { sender: yield* MessageQueue.openSender(orders), receiver: yield* MessageQueue.openReceiver(orders) }
})

describe("messages beyond a limit", () => {
  it.effect(
    "a message that is too large fails with InsufficientResources, whose first cause is the size, and is nowhere (H-01, H-02)",
    () =>
      Effect.gen(function* () {
        const { sender } = yield* channel()
        // Its names alone make it too large, which only Message Queuing can tell.
        const body = new Uint8Array(4_194_304 - 150)
        const error = yield* Effect.flip(sender.send({ body, journaling: { deadLetter: true } }))
        assert(error.reason._tag === "InsufficientResources")
        assert.strictEqual(error.queue, orders)
        assert.match(error.reason.causes[0] ?? "", /larger than 4 MB/)
        assert.match(error.reason.causes.slice(1, 3).join(), /quota.*disk/)
        yield* goneWithoutTrace
        assert.deepStrictEqual(yield* rejectedClasses, [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a full machine refuses every send until a message is received (H-03)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* channel()
      yield* control((msmq) => msmq.setMachineQuota({ messages: 2 }))
      const body = new Uint8Array(1500)
      yield* sender.send({ body, label: "fits" })
      for (let attempt = 0; attempt < 3; attempt++) {
        const error = yield* Effect.flip(sender.send({ body, label: "does not" }))
        assert.strictEqual(error.reason._tag, "InsufficientResources")
        assert.isTrue(error.isRetryable)
      }
      assert.deepStrictEqual(yield* rejectedClasses, [])
      assert.deepStrictEqual(yield* seenIn(direct), ["fits"])
      yield* receiver.receive
      yield* sender.send({ body, label: "fits now" })
      assert.deepStrictEqual(yield* seenIn(direct), ["fits now"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a journal without a reader grows with every receive, until its quota drops the copies (H-05)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* channel({ journal: true, journalQuota: 2 })
      const journals = Effect.map(
        control((msmq) => msmq.journals),
        (states) => states.map(({ messages, pathName }) => [pathName, messages])
      )
      const empty = [
        ["MACHINE\\system$;JOURNAL", 0],
        ["MACHINE\\system$;DEADLETTER", 0],
        ["MACHINE\\system$;DEADXACT", 0]
      ]
      assert.deepStrictEqual((yield* journals).slice(1), empty)
      const kept: Array<unknown> = []
      for (let count = 0; count < 4; count++) {
        yield* sender.send({ body: new Uint8Array(700) })
        yield* receiver.receive
        kept.push((yield* journals)[0]?.[1])
      }
      assert.deepStrictEqual(kept, [1, 2, 2, 2])
      assert.strictEqual((yield* seenIn(`${direct};JOURNAL`)).length, 2)
      assert.deepStrictEqual((yield* journals).slice(1), empty)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("queues and services that are not there", () => {
  it.effect("a queue that is not found fails with both likely causes, and is not created (H-06)", () =>
    Effect.gen(function* () {
      for (const open of [
        Effect.asVoid(MessageQueue.openSender(orders)),
        Effect.asVoid(MessageQueue.openReceiver(orders))
      ]) {
        const error = yield* Effect.flip(Effect.scoped(open))
        assert(error.reason._tag === "QueueNotFound")
        assert.match(error.reason.causes[0] ?? "", /does not exist/)
        assert.match(error.reason.causes[1] ?? "", /may not see it/)
      }
      assert.deepStrictEqual(yield* control((msmq) => msmq.queues), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "the existence of another machine's private queue is unknown, and messages to it wait on this machine (H-22)",
    () =>
      Effect.gen(function* () {
        const remote = "DIRECT=OS:other\\private$\\orders"
        const error = yield* Effect.flip(MessageQueue.exists(remote))
        assert.strictEqual(error.reason._tag, "UnsupportedFormatnameOperation")
        const sender = yield* MessageQueue.openSender(remote)
        yield* sender.send({ label: "for whom it may concern" })
        assert.deepStrictEqual(yield* seenIn(remote), ["for whom it may concern"])
        assert.deepStrictEqual(
          (yield* control((msmq) => msmq.queues)).map(({ formatName, messages, outgoing }) => [
            formatName,
            messages,
            outgoing
          ]),
          [[remote, 1, true]]
        )
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a program that retries with pauses and opens the queue again waits for a service that starts later (H-25)",
    () =>
      Effect.gen(function* () {
        yield* channel()
        yield* control((msmq) => msmq.stopService)
        const error = yield* Effect.flip(Effect.scoped(MessageQueue.openSender(orders)))
        assert.strictEqual(error.reason._tag, "ServiceNotAvailable")
        assert.isTrue(error.isRetryable)
        const connecting = yield* waiting(
          MessageQueue.openSender(orders).pipe(
            Effect.flatMap((sender) => sender.send({ label: "at last" })),
            Effect.scoped,
            Effect.retry({ schedule: Schedule.exponential("1 second"), while: (error) => error.isRetryable })
          )
        )
        yield* elapse("5 seconds")
        assert.isUndefined(connecting.pollUnsafe())
        yield* control((msmq) => msmq.startService)
        yield* elapse("10 seconds")
        yield* Fiber.join(connecting)
        assert.deepStrictEqual(yield* seenIn(direct), ["at last"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("messages of the other kind than their queue", () => {
  for (const [what, transactional, options, class_, dead] of [
    ["without a transaction to a transactional queue", true, {}, 0x800a, deadLetters],
    ["in a transaction to a plain queue", false, single, 0x8009, transactionalDeadLetters]
  ] as const) {
    it.effect(`${what}: the message is lost, and a dead letter tells the reason (H-09)`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional })
        // The SDK cannot detect a wrong statement about the kind of a remote queue.
        const sender = yield* MessageQueue.openSender(orders, { transactional: !transactional })
        yield* sender.send({ label: "vanishes" }, options)
        yield* goneWithoutTrace
        const id = yield* sender.send({ label: "is seen", journaling: { deadLetter: true } }, options)
        assert.deepStrictEqual(yield* rejectedClasses, [class_, class_])
        const [, rejection] = yield* control((msmq) => msmq.rejected)
        assert.deepStrictEqual(rejection, { queue: "MACHINE\\private$\\orders", messageId: id, class: class_ })
        assert.deepStrictEqual(yield* seenIn(direct), [])
        assert.deepStrictEqual(yield* seenIn(dead, (one) => [one.label, one.class]), [["is seen", class_]])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("an express message to a transactional queue is recoverable, and stays over a restart (H-24)", () =>
    Effect.gen(function* () {
      const { sender } = yield* channel({ transactional: true })
      yield* sender.send({ label: "express", delivery: "express" }, single)
      assert.deepStrictEqual(yield* seenIn(direct, (one) => one.delivery), ["recoverable"])
      yield* control((msmq) => msmq.stopService)
      yield* control((msmq) => msmq.startService)
      assert.deepStrictEqual(yield* seenIn(direct), ["express"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a dead letter is on the machine where it failed, a transactional one at its sender, each in a queue of its own (H-34)",
    () =>
      Effect.gen(function* () {
        const { sender } = yield* channel({ quota: 0 })
        const dead = { journaling: { deadLetter: true } }
        yield* sender.send({ ...dead, label: "plain" })
        yield* MessageQueue.create(".\\private$\\payments", { transactional: true, quota: 0 })
        const payments = yield* MessageQueue.openSender(".\\private$\\payments")
        yield* payments.send({ ...dead, label: "transactional" }, single)
        assert.deepStrictEqual(yield* seenIn(deadLetters), ["plain"])
        assert.deepStrictEqual(yield* seenIn(transactionalDeadLetters), ["transactional"])
        assert.deepStrictEqual(yield* seenIn(journal), [])
        assert.deepStrictEqual(yield* rejectedClasses, [0x8003, 0x8003])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the messages of a transaction have the time limit of the first (H-23)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      const journaling = { deadLetter: true, journal: false }
      yield* send([message({ label: "short", timeToBeReceived: 10 }), message({ label: "long", journaling })], {
        transaction
      })
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* seenIn(direct, (one) => one.timeToBeReceived), [10, 10])
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* seenIn(direct), [])
      assert.deepStrictEqual(yield* seenIn(transactionalDeadLetters, (one) => [one.label, one.class]), [
        ["long", 0xc002]
      ])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message that is refused for its security makes no negative acknowledgment, but the control has it (H-35)",
    () =>
      Effect.gen(function* () {
        const { sender } = yield* channel({ authenticate: true })
        yield* MessageQueue.create(".\\private$\\admin")
        const adminQueue = "DIRECT=OS:.\\private$\\admin"
        const asking = { acknowledge: { negativeArrival: true }, adminQueue }
        yield* sender.send(asking)
        assert.deepStrictEqual(yield* seenIn(adminQueue), [])
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
        yield* sender.send(asking, single).pipe(Effect.flip)
        const mismatched = yield* MessageQueue.openSender(orders, { transactional: true })
        yield* mismatched.send(asking, single)
        assert.deepStrictEqual(yield* seenIn(adminQueue, classOf), [0x8009])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("signatures", () => {
  it.effect(
    "a message that an old Windows signed with MD5 is refused by a new one, which accepts its own default (H-12)",
    () =>
      Effect.gen(function* () {
        const sign = Effect.gen(function* () {
          const { sender } = yield* channel({ authenticate: true })
          yield* sender.send({ label: "by default" }, always)
          const reason = yield* sender.send({ label: "md5" }, { ...always, hashAlgorithm: "md5" }).pipe(
            Effect.as("sent"),
            Effect.catch((error) => Effect.succeed(error.reason._tag))
          )
          return { reason, arrived: yield* seenIn(direct, (one) => [one.label, one.hashAlgorithm]) }
        })
        const old = yield* Effect.provide(sign, InMemoryMqrt.layerWith({ version: 2 }), { local: true })
        assert.strictEqual(old.reason, "sent")
        assert.deepStrictEqual(old.arrived, [
          ["by default", "md5"],
          ["md5", "md5"]
        ])
        const upgraded = yield* Effect.provide(sign, InMemoryMqrt.layerWith({ version: 6 }), { local: true })
        assert.deepStrictEqual(upgraded.arrived, [["by default", "sha512"]])
        assert.strictEqual(upgraded.reason, "CannotCreateHashEx")
      })
  )

  it.effect("a message that is signed with an internal certificate from before its renewal is refused (H-12)", () =>
    Effect.gen(function* () {
      const { mqrt } = yield* ends()
      const sender = yield* MessageQueue.openSender(orders)
      const old = yield* SecurityContext.acquire()
      yield* mqrt.registerCertificate(null, false)
      yield* sender.send({ label: "old" }, { securityContext: old })
      yield* sender.send({ label: "renewed" }, { securityContext: yield* SecurityContext.acquire() })
      assert.deepStrictEqual(yield* seenIn(direct), ["renewed"])
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a certificate that the directory does not know signs without a SID, and not with one (H-13)", () =>
    Effect.gen(function* () {
      const { sender } = yield* channel({ authenticate: true })
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      yield* sender.send({ label: "with a SID" }, { securityContext, senderIdType: "sid" })
      yield* sender.send({ label: "without" }, { securityContext, senderIdType: "none" })
      assert.deepStrictEqual(yield* seenIn(direct), ["without"])
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates })))
  )

  it.effect("for a user without keys both the security context and the send fail, and no message is sent (H-14)", () =>
    Effect.gen(function* () {
      const { sender } = yield* channel()
      const key = (privateKey: boolean) =>
        control((msmq) => msmq.addCertificate({ certificate: alice.der, privateKey }))
      yield* key(false)
      const getting = yield* Effect.flip(Effect.scoped(SecurityContext.acquire({ certificate: alice })))
      assert(getting.reason._tag === "CorruptedSecurityData")
      assert.match(getting.reason.causes[1] ?? "", /profile/)
      const sending = yield* Effect.flip(sender.send({}, { ...always, senderCertificate: alice }))
      assert.strictEqual(sending.reason._tag, "CorruptedSecurityData")
      yield* control((msmq) => msmq.setInternalCertificate("absent"))
      assert.strictEqual((yield* Effect.flip(sender.send({}, always))).reason._tag, "NoInternalUserCert")
      yield* goneWithoutTrace
      yield* key(true)
      yield* sender.send({ label: "with a profile" }, { ...always, senderCertificate: alice, senderIdType: "none" })
      assert.deepStrictEqual(yield* seenIn(direct), ["with a profile"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a context that is never freed shows in the control and in the ledger (H-15)", () =>
    Effect.gen(function* () {
      const { mqrt } = yield* ends()
      for (let count = 0; count < 3; count++) {
        const handle = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
        if (count > 0) yield* mqrt.freeSecurityContext(handle)
      }
      const { contextsAcquired, contextsFreed } = yield* control((msmq) => msmq.counters)
      assert.deepStrictEqual([contextsAcquired, contextsFreed], [3, 2])
      const counts = yield* HandleLedger.counts
      assert.strictEqual(counts["security context"].open, 1)
    }).pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer)))
  )
})

describe("repeated calls", () => {
  const counted = FaultInjection.layer(InMemoryMqrt.layer)
  const count = 20

  it.effect("a queue that is opened for each message is opened that many times (H-26)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      for (let sent = 0; sent < count; sent++) {
        yield* Effect.scoped(Effect.flatMap(MessageQueue.openSender(orders), (sender) => sender.send({})))
      }
      const each = yield* FaultInjection.calls
      assert.deepStrictEqual([each.MQOpenQueue, each.MQCloseQueue, each.MQSendMessage], [count, count, count])
      const sender = yield* MessageQueue.openSender(orders)
      for (let sent = 0; sent < count; sent++) yield* sender.send({})
      const once = yield* FaultInjection.calls
      assert.deepStrictEqual([once.MQOpenQueue, once.MQSendMessage], [count + 1, 2 * count])
      assert.strictEqual((yield* seenIn(direct)).length, 2 * count)
    }).pipe(Effect.provide(counted))
  )

  it.effect("a program that peeks at each message before it receives it reads each twice (H-27)", () =>
    Effect.gen(function* () {
      const { peek, poll, send } = yield* ends()
      yield* send(Array.from({ length: count }, () => message()))
      const calls = Effect.map(FaultInjection.calls, ({ MQReceiveMessage }) => MQReceiveMessage)
      for (let received = 0; received < count / 2; received++) yield* Effect.andThen(peek, poll)
      assert.strictEqual(yield* calls, count)
      for (let received = 0; received < count / 2; received++) yield* poll
      assert.strictEqual(yield* calls, count + count / 2)
      yield* goneWithoutTrace
    }).pipe(Effect.provide(counted))
  )

  it.effect("a second close of a handle fails, and has no other effect (H-37)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send } = yield* ends()
      yield* send([message({ label: "stays" })])
      const first = yield* waiting(mqrt.closeQueue(receiver))
      const second = yield* waiting(code(mqrt.closeQueue(receiver)))
      yield* Fiber.join(first)
      assert.strictEqual(yield* Fiber.join(second), errors.MQ_ERROR_INVALID_HANDLE)
      assert.deepStrictEqual(yield* seenIn(direct), ["stays"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("wrong assumptions of receivers", () => {
  it.effect("a message that always fails comes back without end, until it is moved (H-32)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, receiver, send } = yield* ends({ transactional: true })
      const journaling = { deadLetter: true, journal: false }
      yield* send([message({ label: "poison", journaling }), message({ label: "good" })], single)
      const attempt = Effect.gen(function* () {
        const transaction = yield* mqrt.beginTransaction
        const received = yield* receive({ transaction })
        yield* mqrt.abortTransaction(transaction)
        return received
      })
      for (let count = 0; count < 100; count++) assert.strictEqual((yield* attempt).label, "poison")
      assert.deepStrictEqual(yield* seenIn(direct, (one) => [one.label, one.abortCount]), [
        ["poison", 100],
        ["good", 0]
      ])
      assert.deepStrictEqual(yield* seenIn(transactionalDeadLetters), [])
      const { lookupId } = yield* attempt
      const away = yield* mqrt.openQueue(`${direct};poison`, "move", "denyNone")
      yield* mqrt.moveMessage(receiver, away, lookupId, "none")
      assert.strictEqual((yield* receive()).label, "good")
      assert.deepStrictEqual(yield* seenIn(`${direct};poison`), ["poison"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an abort lets the next message pass, and so does a priority (H-33)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send([message({ label: "first" }), message({ label: "second" })], single)
      const [one, another] = [yield* mqrt.beginTransaction, yield* mqrt.beginTransaction]
      assert.strictEqual((yield* receive({ transaction: one })).label, "first")
      const processed = [(yield* receive({ transaction: another })).label]
      yield* mqrt.abortTransaction(one)
      yield* mqrt.commitTransaction(another)
      assert.deepStrictEqual(yield* seenIn(direct), ["first"])
      processed.push((yield* receive()).label)
      assert.deepStrictEqual(processed, ["second", "first"])
      yield* create({ pathName: ".\\private$\\plain" })
      const sender = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\plain", "send", "denyNone")
      yield* mqrt.sendMessages(sender, [message({ label: "early" }), message({ label: "late", priority: 4 })], plain)
      assert.deepStrictEqual(yield* seenIn("DIRECT=OS:.\\private$\\plain"), ["late", "early"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the content of a queue in the control", () => {
  it.effect(
    "has subqueues and messages that a transaction has received, and no message that one is going to send",
    () =>
      Effect.gen(function* () {
        const { mqrt, receive, receiver, send } = yield* ends({ transactional: true })
        yield* send([message({ label: "moved" }), message({ label: "locked" })], single)
        const { lookupId } = yield* receive({ action: "peekCurrent" })
        const retry = yield* mqrt.openQueue(`${direct};retry`, "move", "denyNone")
        yield* mqrt.moveMessage(receiver, retry, lookupId, "none")
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        yield* send([message({ label: "to come" })], { transaction })
        assert.deepStrictEqual(yield* seenIn(direct), ["locked"])
        assert.deepStrictEqual(yield* seenIn(`${direct};retry`), ["moved"])
        yield* mqrt.commitTransaction(transaction)
        assert.deepStrictEqual(yield* seenIn(direct), ["to come"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("is a copy: reading it receives nothing, changes nothing and creates no subqueue", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      yield* send([message()])
      const [seen] = yield* control((msmq) => msmq.messagesIn(direct))
      seen?.body?.fill(0)
      assert.deepStrictEqual(yield* seenIn(`${direct};nothing`), [])
      assert.deepStrictEqual((yield* mqrt.getQueueInfo(null, direct)).subqueues, [])
      assert.deepStrictEqual((yield* poll).body, message().body)
      for (const nowhere of ["no name at all", "DIRECT=OS:.\\private$\\nowhere", "DIRECT=OS:other\\private$\\q"]) {
        assert.deepStrictEqual(yield* seenIn(nowhere), [])
      }
      const outcome = yield* send([message({ timeToBeReceived: 0 })])
      assert.strictEqual(codeOf(outcome), undefined)
      assert.deepStrictEqual(yield* seenIn(direct), [])
      const receiver = yield* mqrt.openQueue(direct, "receive", "denyReceive").pipe(Effect.flip)
      assert.strictEqual(receiver.code, errors.MQ_ERROR_SHARING_VIOLATION)
      assert.strictEqual(
        yield* code(
          mqrt.receiveMessage(yield* mqrt.openQueue(direct, "peek", "denyNone"), receiving({ action: "peekCurrent" }))
        ),
        errors.MQ_ERROR_IO_TIMEOUT
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
