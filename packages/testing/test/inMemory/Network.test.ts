import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, create, drained, labelled, message, plain } from "./seam.ts"
import {
  acks,
  all,
  buried,
  classesIn,
  cut,
  deadLetters,
  join,
  journal,
  labels,
  labelsIn,
  onStore,
  openSender,
  orders,
  outgoing,
  queues,
  send,
  single,
  two
} from "../support/officeAndStore.ts"

const control = MsmqControl.MsmqControl

describe("between two machines", () => {
  it.effect(
    "a message to another machine's queue is received there, with its id and its sender's machine and name (C-28, D-01)",
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
    it.effect(`${name} reaches the queue, by an outgoing queue of its own, in transactions too (B-13, F-13)`, () =>
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

  it.effect("a send to a missing queue succeeds, and its dead letter is on the machine where it failed (C-28)", () =>
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

  it.effect(
    "each acknowledgment comes from the machine of its cause and arrives at the sender's queue (D-46, D-47)",
    () =>
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

  it.effect("an acknowledgment to a missing or transactional queue is lost without a trace (B-28, D-49)", () =>
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
    "the sender's journal has a copy once the message has left, or once a transactional one was received (D-57)",
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

  it.effect("a security context means nothing on another machine (A-07)", () =>
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
    "messages on a connection have the user of its first message, unless they have a context (A-26, H-16)",
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

  it.effect(
    "messages to one machine are ordered by priority over all its queues, and then by the time of the send (D-12)",
    () =>
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

  it.effect("the outgoing queue has the state of its connection, and the number of messages that wait (C-53)", () =>
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
