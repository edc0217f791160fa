import { errors } from "@effect-msmq/core/ErrorCode"
import type { OutgoingProperties, ReceivedProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { code, create, drained, labelled, message, plain, receiving, settled, text, waiting } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const two = InMemoryMqrt.layerWith({ machines: [{ machineName: "OFFICE" }, { machineName: "STORE" }] })

const control = MsmqControl.MsmqControl
const onStore = MsmqControl.on("STORE")
const cut = (way?: MsmqControl.LinkWay) => control.use((here) => here.cutLink("STORE", way))
const join = (way?: MsmqControl.LinkWay) => control.use((here) => here.joinLink("STORE", way))

const orders = "DIRECT=OS:STORE\\private$\\orders"
const acks = "DIRECT=OS:OFFICE\\private$\\acks"
const deadLetters = "DIRECT=OS:.\\SYSTEM$;DEADLETTER"
const transactionalDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"
const journal = "DIRECT=OS:.\\SYSTEM$;JOURNAL"

const all = { positiveArrival: true, positiveReceive: true, negativeArrival: true, negativeReceive: true }
const buried = { deadLetter: true, journal: false }
const single = { transaction: "singleMessage" } as const

const openSender = (formatName = orders) => Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(formatName, "send", "denyNone"))

const send = (messages: ReadonlyArray<OutgoingProperties>, options: Partial<SendParameters> = {}, to = orders) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const handle = yield* openSender(to)
    const outcome = yield* mqrt.sendMessages(handle, messages, { ...plain, ...options })
    yield* mqrt.closeQueue(handle)
    return outcome
  })

const labels = (received: ReadonlyArray<ReceivedProperties>) => received.map(({ label }) => label)
const classes = (received: ReadonlyArray<ReceivedProperties>) => received.map((one) => one.class)

/** Receives all messages of a queue of the machine that it runs on. */
const labelsIn = (formatName: string) => Effect.map(drained(formatName), labels)
const classesIn = (formatName: string) => Effect.map(drained(formatName), classes)

const outgoing = Mqrt.Mqrt.use((mqrt) => mqrt.getQueueInfo(null, orders))

/** Creates a queue for orders in the store, and one for acknowledgments in the office. */
const queues = (fields: Parameters<typeof create>[0] = {}) =>
  Effect.andThen(onStore(create(fields)), create({ pathName: ".\\private$\\acks" }))

describe("between two machines", () => {
  it.effect(
    "C-28, D-01 what is sent to another machine's queue is received there, with its id, its sender's machine and name",
    () =>
      Effect.gen(function* () {
        yield* queues()
        const outcome = yield* send(labelled("a", "b"), { messageIds: true })
        const received = yield* onStore(drained(orders))
        assert.deepStrictEqual(labels(received), ["a", "b"])
        assert.deepStrictEqual(
          received.map(({ messageId }) => messageId),
          outcome.messageIds
        )
        assert.strictEqual(received[0]?.destinationQueue, orders)
        assert.strictEqual(received[0]?.sourceMachineId, "6d736d71-0000-4000-8000-000000000001")
        assert.strictEqual((yield* outgoing.pipe(Effect.flip)).code, errors.MQ_ERROR)
      }).pipe(Effect.provide(two))
  )

  for (const name of ["DIRECT=TCP:10.0.0.2\\private$\\orders", "DIRECT=HTTP://store/MSMQ/private$/orders"]) {
    it.effect(`B-13, F-13 ${name} leads there too, in a queue of its own, transactions as well`, () =>
      Effect.gen(function* () {
        yield* onStore(create({ transactional: true }))
        yield* cut()
        yield* send(labelled("a"), single, name)
        const states = yield* control.use((here) => here.queues)
        assert.deepStrictEqual(
          states.filter((one) => one.outgoing).map(({ formatName, messages }) => [formatName, messages]),
          [[name, 1]]
        )
        yield* join()
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
      }).pipe(Effect.provide(two))
    )
  }

  it.effect(
    "C-28 a queue that is not there is learnt of by the dead letters of the machine where it failed, not by the send",
    () =>
      Effect.gen(function* () {
        const outcome = yield* send([message({ label: "lost", journaling: buried })])
        assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
        assert.deepStrictEqual(yield* drained(deadLetters), [])
        assert.deepStrictEqual(yield* onStore(classesIn(deadLetters)), [0x8000])
        const rejected = yield* onStore(control.use((there) => there.rejected))
        assert.deepStrictEqual(
          rejected.map((one) => [one.queue, one.class]),
          [[orders, 0x8000]]
        )
      }).pipe(Effect.provide(two))
  )

  it.effect("D-46, D-47 each acknowledgment is made where it happens and finds its way back", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* send([message({ acknowledge: all, adminQueue: acks })])
      const [arrival] = yield* drained(acks)
      assert.strictEqual(arrival?.class, 0x0002)
      assert.strictEqual(arrival?.sourceMachineId, "6d736d71-0000-4000-8000-000000000002")
      yield* onStore(drained(orders))
      assert.deepStrictEqual(yield* classesIn(acks), [0x4000])
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "B-28, D-49 an acknowledgment to a queue that is not there, or takes transactions only, is lost silently",
    () =>
      Effect.gen(function* () {
        yield* onStore(create())
        yield* create({ pathName: ".\\private$\\transactional", transactional: true })
        for (const name of ["nowhere", "transactional"]) {
          yield* send([message({ acknowledge: all, adminQueue: `DIRECT=OS:OFFICE\\private$\\${name}` })])
        }
        assert.deepStrictEqual(yield* onStore(classesIn(orders)), [0, 0])
        assert.deepStrictEqual(yield* drained("DIRECT=OS:OFFICE\\private$\\transactional"), [])
        assert.deepStrictEqual(yield* drained(deadLetters), [])
      }).pipe(Effect.provide(two))
  )

  it.effect(
    "D-57 the sender's journal has its copy when the message has left, of a transactional one when it was received",
    () =>
      Effect.gen(function* () {
        yield* onStore(create())
        yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
        const copied = { deadLetter: false, journal: true }
        const exact = "DIRECT=OS:STORE\\private$\\exact"
        yield* send([message({ label: "plain", journaling: copied })])
        yield* send([message({ label: "exact", journaling: copied })], single, exact)
        assert.deepStrictEqual(yield* labelsIn(journal), ["plain"])
        yield* onStore(drained(exact))
        assert.deepStrictEqual(yield* labelsIn(journal), ["exact"])
        assert.deepStrictEqual(yield* onStore(drained(journal)), [])
      }).pipe(Effect.provide(two))
  )

  it.effect("A-07 a security context means nothing on another machine", () =>
    Effect.gen(function* () {
      yield* queues()
      const context = yield* Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null))
      const there = yield* onStore(send(labelled("a"), { securityContext: context }))
      assert.strictEqual(there.failure?.code, errors.MQ_ERROR_BAD_SECURITY_CONTEXT)
      yield* send(labelled("b"), { securityContext: context, authenticationLevel: "always" })
      const [received] = yield* onStore(drained(orders))
      assert.strictEqual(received?.authenticated, 5)
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "A-26, H-16 who sends first on a connection is the user whom the others' messages name, but for those with a context",
    () =>
      Effect.gen(function* () {
        yield* queues()
        yield* create({ pathName: ".\\private$\\here" })
        yield* control.use((machine) => machine.allow({ queue: ".\\private$\\here", rights: ["receiveMessage"] }))
        const here = "DIRECT=OS:.\\private$\\here"
        const senders = (formatName: string) =>
          Effect.map(drained(formatName), (received) => received.map(({ senderId }) => senderId?.at(-4)))
        const user = (id: number) => control.use((machine) => machine.setUser({ sid: `S-1-5-21-1-2-3-${id}` }))
        yield* user(1)
        yield* send(labelled("first"))
        yield* user(2)
        yield* send(labelled("second"))
        yield* send(labelled("local"), {}, here)
        const context = yield* Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null))
        yield* send(labelled("with a context"), { securityContext: context })
        assert.deepStrictEqual(yield* onStore(senders(orders)), [1, 1, 2])
        assert.deepStrictEqual(yield* senders(here), [2])
      }).pipe(Effect.provide(two))
  )

  it.effect("D-12 what waits for one machine goes by priority over all its queues, then in the order sent", () =>
    Effect.gen(function* () {
      yield* onStore(create({ pathName: ".\\private$\\a" }))
      yield* onStore(create({ pathName: ".\\private$\\b" }))
      yield* create({ pathName: ".\\private$\\acks" })
      yield* cut()
      const arrival = { acknowledge: { ...all, positiveReceive: false }, adminQueue: acks }
      const to = (queue: string, priority: number) =>
        send([message({ priority, ...arrival })], {}, `DIRECT=OS:STORE\\private$\\${queue}`)
      yield* to("a", 3)
      yield* to("a", 5)
      yield* to("b", 7)
      yield* to("b", 3)
      yield* join()
      const arrived = yield* drained(acks)
      assert.deepStrictEqual(
        arrived.map(({ correlationId, responseQueue }) => [responseQueue?.at(-1), correlationId?.[16]]),
        [
          ["b", 3],
          ["a", 2],
          ["a", 1],
          ["b", 4]
        ]
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("C-53 the outgoing queue tells in which state its connection is, and how much waits", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* onStore(create({ transactional: true }))
      const handle = yield* openSender()
      const state = Effect.map(outgoing, (info) => info.state)
      assert.strictEqual(yield* state, "CONNECTED")
      yield* cut()
      assert.strictEqual(yield* state, "WAITING")
      yield* mqrt.queueAction(null, orders, "PAUSE")
      yield* mqrt.sendMessages(handle, labelled("a"), { ...plain, ...single })
      yield* join()
      assert.deepStrictEqual(
        [(yield* outgoing).state, (yield* outgoing).messageCount, (yield* outgoing).endOfData.unacknowledgedCount],
        ["ONHOLD", 1, 1]
      )
      yield* mqrt.queueAction(null, orders, "RESUME")
      assert.deepStrictEqual([(yield* outgoing).messageCount, (yield* outgoing).nextHops], [0, ["10.0.0.2"]])
      yield* mqrt.machineAction(null, "DISCONNECT")
      yield* mqrt.sendMessages(handle, labelled("b"), { ...plain, ...single })
      assert.deepStrictEqual([(yield* outgoing).state, (yield* outgoing).messageCount], ["DISCONNECTED", 1])
      yield* mqrt.machineAction(null, "CONNECT")
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a", "b"])
    }).pipe(Effect.provide(two))
  )

  it.effect("another machine's management can be asked while it can be reached", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      yield* send(labelled("a"))
      assert.strictEqual((yield* mqrt.getQueueInfo("store", orders)).messageCount, 1)
      assert.deepStrictEqual((yield* mqrt.getQueueManagerInfo("STORE")).privateQueues, ["STORE\\private$\\orders"])
      yield* mqrt.getPrivateComputerInformation("STORE")
      yield* cut()
      const unreachable = errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE
      assert.strictEqual(yield* code(mqrt.getQueueInfo("STORE", orders)), unreachable)
      assert.strictEqual(yield* code(mqrt.getQueueManagerInfo("STORE")), unreachable)
      assert.strictEqual(yield* code(mqrt.machineAction("STORE", "TIDY")), unreachable)
    }).pipe(Effect.provide(two))
  )

  it.effect("the control of links knows the machines of its network only", () =>
    Effect.gen(function* () {
      const here = yield* control
      for (const effect of [here.cutLink("NOWHERE"), here.cutLink("OFFICE"), here.machine("NOWHERE")]) {
        const exit = yield* Effect.exit(effect)
        assert.isTrue(exit._tag === "Failure" && String(exit.cause).includes("RangeError"))
      }
      const twins = InMemoryMqrt.layerWith({ machines: [{ machineName: "TWIN" }, { machineName: "twin" }] })
      const exit = yield* Effect.exit(Effect.provide(Effect.void, twins))
      assert.isTrue(exit._tag === "Failure" && String(exit.cause).includes("two machines are called twin"))
    }).pipe(Effect.provide(two))
  )
})

describe("a link that is cut", () => {
  it.effect("D-70 what is sent waits until the link is joined, in order", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      yield* send(labelled("a", "b"))
      yield* send(labelled("c"))
      assert.strictEqual((yield* outgoing).messageCount, 3)
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a", "b", "c"])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-36, D-60 what cannot reach its queue in time is a dead letter where it waited", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      const fields = { journaling: buried, acknowledge: all, adminQueue: acks }
      yield* send([
        message({ ...fields, label: "late", timeToReachQueue: 10 }),
        message({ ...fields, label: "older", timeToReachQueue: 99, timeToBeReceived: 5 })
      ])
      yield* elapse("1 minute")
      yield* join()
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
      assert.deepStrictEqual(yield* classesIn(deadLetters), [0xc003, 0x8002])
      assert.deepStrictEqual(yield* classesIn(acks), [0xc003, 0x8002])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-40 no time to reach the queue is enough over a joined link, and too little for a cut one", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* send([message({ label: "there", timeToReachQueue: 0 })])
      yield* cut()
      yield* send([message({ label: "over", timeToReachQueue: 0 })])
      yield* elapse("1 second")
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["there"])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-37, H-34 what is not received in time is a dead letter there, a transactional one here", () =>
    Effect.gen(function* () {
      yield* onStore(create())
      yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
      const short = message({ journaling: buried, timeToBeReceived: 10 })
      yield* send([short])
      yield* send([short], single, "DIRECT=OS:STORE\\private$\\exact")
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* onStore(classesIn(deadLetters)), [0xc002])
      assert.deepStrictEqual(yield* classesIn(transactionalDeadLetters), [0xc002])
      assert.deepStrictEqual(yield* drained(deadLetters), [])
      assert.deepStrictEqual(yield* onStore(drained(transactionalDeadLetters)), [])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-22, D-70 while it is cut a restart of the sender's service loses what is express and nothing else", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      yield* send([message({ label: "express" }), message({ label: "recoverable", delivery: "recoverable" })])
      const here = yield* control
      yield* here.stopService
      yield* here.startService
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["recoverable"])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-70 a machine whose service is stopped is waited for like one whose link is cut", () =>
    Effect.gen(function* () {
      yield* queues()
      const there = yield* Effect.map(onStore(control), (service) => service)
      yield* there.stopService
      yield* send(labelled("a"))
      assert.strictEqual((yield* outgoing).messageCount, 1)
      yield* there.startService
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-54 a machine whose quota is full takes nothing, tells nobody, and is tried again after 30 seconds", () =>
    Effect.gen(function* () {
      yield* queues()
      const there = yield* onStore(control)
      yield* there.setMachineQuota({ messages: 0 })
      yield* send([message({ label: "a", acknowledge: all, adminQueue: acks })])
      assert.strictEqual((yield* outgoing).messageCount, 1)
      yield* there.setMachineQuota({})
      yield* elapse("29 seconds")
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
      assert.deepStrictEqual(yield* classesIn(acks), [0x0002, 0x4000])
    }).pipe(Effect.provide(two))
  )
})

describe("a link that is cut one way", () => {
  const resend = Effect.map(outgoing, ({ endOfData }) => [endOfData.resendCount, endOfData.resendInterval])

  it.effect("D-11, D-69 what arrived without its sender knowing is sent again, and taken once", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut("onlyBack")
      yield* send(labelled("a"))
      assert.strictEqual((yield* outgoing).messageCount, 1)
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
      yield* elapse("1 minute")
      yield* join()
      assert.strictEqual(yield* code(outgoing), errors.MQ_ERROR)
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-11, D-69 after half an hour it is no longer known as the same, unless it is transactional", () =>
    Effect.gen(function* () {
      yield* onStore(create())
      yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
      const exact = "DIRECT=OS:STORE\\private$\\exact"
      yield* cut("onlyBack")
      yield* send(labelled("a"))
      yield* elapse("31 minutes")
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a", "a"])
      yield* cut("onlyBack")
      yield* send(labelled("b"), single, exact)
      yield* elapse("31 minutes")
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(exact)), ["b"])
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "D-70 it is tried again after 30 seconds three times, then 5 minutes, half an hour, and every 6 hours",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* onStore(create({ transactional: true }))
        yield* cut("onlyBack")
        yield* send(labelled("a"), single)
        for (const [count, interval] of [
          [1, 30],
          [2, 30],
          [3, 30],
          [4, 300],
          [5, 300],
          [6, 300],
          [7, 1800],
          [8, 1800],
          [9, 1800],
          [10, 21_600],
          [11, 21_600]
        ] as const) {
          assert.deepStrictEqual(yield* resend, [count, interval])
          yield* elapse(`${interval} seconds`)
        }
        yield* mqrt.queueAction(null, orders, "EOD_RESEND")
        assert.deepStrictEqual(yield* resend, [1, 30])
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
      }).pipe(Effect.provide(two))
  )
})

describe("a transactional message to another machine", () => {
  const letter = message({ journaling: buried, body: new Uint8Array(1000) })

  it.effect("D-67, H-04 stays with its sender until it was received, when it may become a dead letter", () =>
    Effect.gen(function* () {
      yield* onStore(create({ transactional: true }))
      yield* send([letter, message()], single)
      const info = yield* outgoing
      assert.deepStrictEqual(
        [info.messageCount, info.endOfData.unreadCount, info.endOfData.unacknowledgedCount],
        [1, 1, 0]
      )
      assert.isAbove(info.bytesInQueue, 1000)
      const here = yield* control
      yield* here.setMachineQuota({ messages: 2 })
      assert.strictEqual((yield* send([letter], single)).failure?.code, errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      assert.strictEqual((yield* onStore(drained(orders))).length, 2)
      assert.strictEqual((yield* send([letter], single)).failure, null)
      assert.deepStrictEqual(yield* drained(transactionalDeadLetters), [])
    }).pipe(Effect.provide(two))
  )

  it.effect("D-61, A-71 every failure there makes it a dead letter here, under the class that says why", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* onStore(create())
      yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
      yield* onStore(create({ pathName: ".\\private$\\signed", transactional: true, authenticate: true }))
      const to = (queue: string) => `DIRECT=OS:STORE\\private$\\${queue}`
      yield* send([letter], single, to("orders"))
      yield* send([letter], single, to("nowhere"))
      yield* send([letter], single, to("signed"))
      yield* send([letter], single, to("exact"))
      yield* onStore(
        Effect.gen(function* () {
          const there = yield* Mqrt.Mqrt
          const handle = yield* there.openQueue(to("exact"), "receive", "denyNone")
          yield* there.purgeQueue(handle)
        })
      )
      assert.deepStrictEqual(yield* classesIn(transactionalDeadLetters), [0x8009, 0x8000, 0x8006, 0xc001])
      assert.strictEqual((yield* mqrt.getQueueManagerInfo(null)).activeQueues.length, 0)
    }).pipe(Effect.provide(two))
  )

  it.effect("D-57, D-61 its end is told when the link is joined again", () =>
    Effect.gen(function* () {
      yield* onStore(create({ transactional: true }))
      yield* send([message({ journaling: { deadLetter: true, journal: true } })], single)
      yield* cut()
      yield* onStore(drained(orders))
      assert.deepStrictEqual(yield* drained(journal), [])
      assert.strictEqual((yield* outgoing).messageCount, 1)
      yield* join()
      assert.strictEqual((yield* drained(journal)).length, 1)
      assert.strictEqual(yield* code(outgoing), errors.MQ_ERROR)
    }).pipe(Effect.provide(two))
  )

  it.effect("D-57 its end may be told before its arrival was: it is not sent again", () =>
    Effect.gen(function* () {
      yield* onStore(create({ transactional: true }))
      yield* cut("onlyBack")
      yield* send([message({ journaling: { deadLetter: true, journal: true } })], single)
      assert.strictEqual((yield* onStore(drained(orders))).length, 1)
      yield* join()
      assert.strictEqual((yield* drained(journal)).length, 1)
      assert.strictEqual(yield* code(outgoing), errors.MQ_ERROR)
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
    }).pipe(Effect.provide(two))
  )

  it.effect("F-24 transactions go to another machine in the order in which they commit", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* onStore(create({ transactional: true }))
      yield* cut()
      const [first, second] = [yield* mqrt.beginTransaction, yield* mqrt.beginTransaction]
      yield* send(labelled("first 1", "first 2"), { transaction: first })
      yield* send(labelled("second"), { transaction: second })
      yield* mqrt.commitTransaction(second)
      yield* mqrt.commitTransaction(first)
      yield* join()
      const received = yield* onStore(drained(orders))
      assert.deepStrictEqual(
        received.map((one) => [one.label, one.firstInTransaction, one.lastInTransaction]),
        [
          ["second", true, true],
          ["first 1", true, false],
          ["first 2", false, true]
        ]
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("D-71, H-17 two machines with one GUID are taken for one, and messages of the second vanish", () =>
    Effect.gen(function* () {
      yield* MsmqControl.on(create({ transactional: true }), "STORE")
      yield* send(labelled("original 1", "original 2"), single)
      yield* MsmqControl.on(send(labelled("clone 1", "clone 2", "clone 3"), single), "CLONE")
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["original 1", "original 2", "clone 3"])
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({
          machines: [
            { machineName: "ORIGINAL", machineId: "6d736d71-0000-4000-8000-00000000000a" },
            { machineName: "CLONE", machineId: "6d736d71-0000-4000-8000-00000000000A" },
            { machineName: "STORE" }
          ]
        })
      )
    )
  )

  const Step = Schema.Union([
    Schema.Struct({ do: Schema.Literal("send"), count: Schema.Literals([1, 2, 3]), transactional: Schema.Boolean }),
    Schema.Struct({ do: Schema.Literals(["cut", "cut back", "join", "restart sender", "restart receiver", "wait"]) })
  ])

  it.effect.prop(
    "D-11 whatever becomes of the link and the machines, it arrives once and in order; a recoverable one arrives",
    { steps: Schema.Array(Step) },
    ({ steps }) =>
      Effect.gen(function* () {
        yield* onStore(create({ transactional: true }))
        yield* onStore(create({ pathName: ".\\private$\\plain" }))
        const [here, there] = [yield* control, yield* onStore(control)]
        const sent: { exact: Array<string>; plain: Array<string> } = { exact: [], plain: [] }
        for (const step of steps) {
          switch (step.do) {
            case "send": {
              const kind = step.transactional ? "exact" : "plain"
              const names = Array.from({ length: step.count }, (_, index) => `${sent[kind].length + index}`)
              const messages = names.map((label) => message({ label, delivery: "recoverable" }))
              yield* step.transactional
                ? send(messages, single)
                : send(messages, {}, "DIRECT=OS:STORE\\private$\\plain")
              sent[kind].push(...names)
              break
            }
            case "cut":
              yield* here.cutLink("STORE")
              break
            case "cut back":
              yield* here.cutLink("STORE", "onlyBack")
              break
            case "join":
              yield* here.joinLink("STORE")
              break
            case "restart sender":
              yield* Effect.andThen(here.stopService, here.startService)
              break
            case "restart receiver":
              yield* Effect.andThen(there.stopService, there.startService)
              break
            case "wait":
              yield* elapse("45 seconds")
          }
        }
        yield* here.joinLink("STORE")
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), sent.exact)
        const arrived = yield* onStore(labelsIn("DIRECT=OS:STORE\\private$\\plain"))
        assert.deepStrictEqual([...new Set(arrived)], sent.plain)
      }).pipe(Effect.provide(two))
  )
})

describe("reading another machine's queue", () => {
  const openReceiver = Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(orders, "receive", "denyNone"))

  it.effect("E-02, E-23 works as reading one's own does: receive, peek, cursors, lookup ids, purge", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      yield* send(labelled("a", "b", "c", "d"))
      const handle = yield* openReceiver
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent" }))).label, "a")
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving())).label, "a")
      const cursor = yield* mqrt.createCursor(handle)
      yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent", cursor }))
      const next = yield* mqrt.receiveMessage(handle, receiving({ action: "peekNext", cursor }))
      assert.strictEqual(next.label, "c")
      const options = { transaction: "none", rare: false } as const
      const found = yield* mqrt.receiveMessageByLookupId(handle, next.lookupId, "receiveCurrent", options)
      assert.strictEqual(found.label, "c")
      yield* mqrt.purgeQueue(handle)
      assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving())), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(two))
  )

  it.effect("E-09, C-24 waits for what comes there, and shares the queue with those there", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* mqrt.openQueue(orders, "receive", "denyReceive")
      assert.strictEqual(yield* code(onStore(openReceiver)), errors.MQ_ERROR_SHARING_VIOLATION)
      const fiber = yield* waiting(mqrt.receiveMessage(handle, receiving({ timeout: null })))
      yield* onStore(send(labelled("a")))
      assert.strictEqual((yield* Fiber.join(fiber)).label, "a")
    }).pipe(Effect.provide(two))
  )

  it.effect("E-45, E-75, H-21, X-08 takes part in no transaction", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* onStore(create({ transactional: true }))
      yield* send(labelled("a"), single)
      const handle = yield* openReceiver
      const transaction = yield* mqrt.beginTransaction
      const usage = errors.MQ_ERROR_TRANSACTION_USAGE
      for (const argument of ["singleMessage", transaction] as const) {
        assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving({ transaction: argument }))), usage)
        const options = { transaction: argument, rare: false }
        assert.strictEqual(yield* code(mqrt.receiveMessageByLookupId(handle, 0n, "receiveFirst", options)), usage)
      }
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving())).label, "a")
    }).pipe(Effect.provide(two))
  )

  it.effect("C-29 cannot begin while the machine cannot be reached, nor where there is no such queue", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      assert.strictEqual(yield* code(openReceiver), errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE)
      yield* join()
      yield* openReceiver
      const nowhere = "DIRECT=OS:STORE\\private$\\nowhere"
      const open = Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(nowhere, "peek", "denyNone"))
      assert.strictEqual(yield* code(open), errors.MQ_ERROR_QUEUE_NOT_FOUND)
    }).pipe(Effect.provide(two))
  )

  it.effect("E-76 ends for those who wait when the machine goes away; what comes meanwhile stays there", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* openReceiver
      const fiber = yield* waiting(Effect.flip(mqrt.receiveMessage(handle, receiving({ timeout: null }))))
      yield* cut()
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_QUEUE_NOT_AVAILABLE)
      yield* onStore(send(labelled("a")))
      assert.strictEqual(
        yield* code(mqrt.receiveMessage(handle, receiving())),
        errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE
      )
      yield* join()
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving())).label, "a")
    }).pipe(Effect.provide(two))
  )

  it.effect("E-76, C-37 after a restart of that machine the handle is stale", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* openReceiver
      const fiber = yield* waiting(Effect.flip(mqrt.receiveMessage(handle, receiving({ timeout: null }))))
      const there = yield* onStore(control)
      yield* there.stopService
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_QUEUE_NOT_AVAILABLE)
      yield* there.startService
      assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving())), errors.MQ_ERROR_STALE_HANDLE)
      yield* mqrt.closeQueue(handle)
      yield* openReceiver
    }).pipe(Effect.provide(two))
  )

  it.effect("E-74, X-25 a message that the reader was not yet given when the link was cut is the queue's again", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* openReceiver
      const fiber = yield* waiting(Effect.flip(mqrt.receiveMessage(handle, receiving({ timeout: null }))))
      const there = yield* onStore(Mqrt.Mqrt)
      const sender = yield* onStore(openSender())
      // All in one step, before the reader runs.
      yield* Effect.andThen(there.sendMessages(sender, labelled("a"), plain), cut())
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_QUEUE_NOT_AVAILABLE)
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
    }).pipe(Effect.provide(two))
  )
})

describe("a list of queues", () => {
  const here = "DIRECT=OS:OFFICE\\private$\\here"
  const list = `${here},${orders}`

  it.effect("D-04, B-18 gets a copy for each, under one message id and each queue's own name", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* create({ pathName: ".\\private$\\here" })
      const outcome = yield* send([message({ label: "a", body: text("shared") })], { messageIds: true }, list)
      const [mine] = yield* drained(here)
      mine?.body.fill(0)
      const [theirs] = yield* onStore(drained(orders))
      assert.deepStrictEqual([mine?.destinationQueue, theirs?.destinationQueue], [here, orders])
      assert.deepStrictEqual([mine?.messageId, theirs?.messageId], [outcome.messageIds?.[0], outcome.messageIds?.[0]])
      assert.deepStrictEqual(theirs?.body, text("shared"))
    }).pipe(Effect.provide(two))
  )

  it.effect("B-16, B-17, B-18 opens to send only, to nobody's exclusion, and whole or not at all", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      assert.strictEqual(yield* code(openSender(list)), errors.MQ_ERROR_QUEUE_NOT_FOUND)
      assert.strictEqual((yield* mqrt.getQueueManagerInfo(null)).activeQueues.length, 0)
      yield* create({ pathName: ".\\private$\\here" })
      yield* openSender(list)
      assert.strictEqual(
        yield* code(mqrt.openQueue(list, "send", "denyReceive")),
        errors.MQ_ERROR_UNSUPPORTED_ACCESS_MODE
      )
      assert.strictEqual(
        yield* code(mqrt.openQueue(list, "receive", "denyNone")),
        errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("D-04 stops at the first queue that fails: what went to those before it stays sent", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create({ pathName: ".\\private$\\a" })
      const name = yield* create({ pathName: ".\\private$\\b" })
      const [a, b] = ["DIRECT=OS:OFFICE\\private$\\a", "DIRECT=OS:OFFICE\\private$\\b"]
      const handle = yield* openSender(`${a},${b}`)
      yield* mqrt.deleteQueue(name)
      const outcome = yield* mqrt.sendMessages(handle, labelled("1", "2"), plain)
      assert.deepStrictEqual([outcome.accepted, outcome.failure?.code], [0, errors.MQ_ERROR_QUEUE_DELETED])
      assert.deepStrictEqual(yield* labelsIn(a), ["1"])
    }).pipe(Effect.provide(two))
  )

  it.effect("A-46 is signed by version 3.0, whatever was asked for", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* create({ pathName: ".\\private$\\here" })
      yield* send(labelled("a"), { authenticationLevel: "msmq10" }, list)
      yield* send(labelled("b"), { authenticationLevel: "msmq10" }, here)
      assert.deepStrictEqual(
        (yield* drained(here)).map(({ authenticated }) => authenticated),
        [5, 1]
      )
    }).pipe(Effect.provide(two))
  )

  it.effect("F-29 is sent to in a transaction as a whole", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues({ transactional: true })
      yield* create({ pathName: ".\\private$\\here", transactional: true })
      for (const [end, expected] of [
        ["abortTransaction", []],
        ["commitTransaction", ["a"]]
      ] as const) {
        const transaction = yield* mqrt.beginTransaction
        yield* send(labelled("a"), { transaction }, list)
        yield* mqrt[end](transaction)
        assert.deepStrictEqual(yield* labelsIn(here), [...expected])
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), [...expected])
      }
    }).pipe(Effect.provide(two))
  )
})

describe("a multicast address", () => {
  const address = "234.1.1.1:8001"
  const multicast = `MULTICAST=${address}`

  it.effect("C-17 reaches every queue that listens on it, on each machine that can be reached, and keeps nothing", () =>
    Effect.gen(function* () {
      const listening = { multicastAddress: address }
      yield* create({ pathName: ".\\private$\\here", ...listening })
      yield* create({ pathName: ".\\private$\\other", multicastAddress: "234.1.1.1:8002" })
      yield* onStore(create(listening))
      yield* send(labelled("a"), {}, multicast)
      yield* cut()
      yield* send(labelled("b"), {}, multicast)
      yield* join()
      yield* settled
      assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\here"), ["a", "b"])
      assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\other"), [])
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
    }).pipe(Effect.provide(two))
  )

  it.effect("B-22, C-17 is not read from, and takes part in no transaction", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* code(mqrt.openQueue(multicast, "receive", "denyNone")), unsupported)
      assert.strictEqual((yield* send(labelled("a"), single, multicast)).failure?.code, unsupported)
    }).pipe(Effect.provide(two))
  )
})
