import { MessageClass, MessageQueue, ProviderType } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const of = (name: MessageClass.MessageClassName) => MessageClass.numbers[name]

describe("the class of a message", () => {
  it("has the numbers of mq.h, each with one name (D-46)", () => {
    const numbers = Object.values(MessageClass.numbers)
    assert.strictEqual(new Set(numbers).size, 23)
    for (const name of Object.keys(MessageClass.numbers) as ReadonlyArray<MessageClass.MessageClassName>) {
      assert.strictEqual(MessageClass.nameOf(of(name)), name)
    }
    for (const other of [3, 0xff, 0x100, 0x800e, 0xc005, 0xffff, -1, 0.5, Number.NaN]) {
      assert.isUndefined(MessageClass.nameOf(other))
    }
  })

  it("is an ordinary message, a report, or a positive or negative acknowledgment", () => {
    for (const name of Object.keys(MessageClass.numbers) as ReadonlyArray<MessageClass.MessageClassName>) {
      const kinds = {
        isReport: MessageClass.isReport(of(name)),
        isPositive: MessageClass.isPositive(of(name)),
        isNegative: MessageClass.isNegative(of(name)),
        isAcknowledgment: MessageClass.isAcknowledgment(of(name))
      }
      const [isPositive, isNegative] = [name.startsWith("MQMSG_CLASS_ACK_"), name.startsWith("MQMSG_CLASS_NACK_")]
      const isReport = name === "MQMSG_CLASS_REPORT"
      assert.deepStrictEqual(
        kinds,
        { isReport, isPositive, isNegative, isAcknowledgment: isPositive || isNegative },
        name
      )
    }
  })

  it.effect("names the acknowledgments of a message, and its refusal", () =>
    Effect.gen(function* () {
      const [orders, acks] = [".\\private$\\orders", ".\\private$\\acks"]
      yield* MessageQueue.create(orders)
      yield* MessageQueue.create(acks)
      const sender = yield* MessageQueue.openSender(orders)
      const adminQueue = `DIRECT=OS:${acks}`
      const acknowledge = { positiveArrival: true, positiveReceive: true, negativeReceive: true }
      yield* sender.sendAll([
        { adminQueue, acknowledge },
        { adminQueue, acknowledge }
      ])
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* receiver.receive
      yield* MessageQueue.purge(orders)
      const admin = yield* MessageQueue.openReceiver(acks)
      const names: Array<string | undefined> = []
      for (let index = 0; index < 4; index++) names.push(MessageClass.nameOf((yield* admin.receive).class))
      assert.deepStrictEqual(names, [
        "MQMSG_CLASS_ACK_REACH_QUEUE",
        "MQMSG_CLASS_ACK_REACH_QUEUE",
        "MQMSG_CLASS_ACK_RECEIVE",
        "MQMSG_CLASS_NACK_Q_PURGED"
      ])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the type of a cryptographic provider", () => {
  it("has the numbers of wincrypt.h, each with one name", () => {
    for (const name of Object.keys(ProviderType.numbers) as ReadonlyArray<ProviderType.ProviderTypeName>) {
      assert.strictEqual(ProviderType.nameOf(ProviderType.numbers[name]), name)
    }
    assert.isUndefined(ProviderType.nameOf(0))
    assert.strictEqual(ProviderType.format(99), "99")
  })

  it.effect("is a number in the options of a send, and a name is told so", () =>
    Effect.gen(function* () {
      const orders = ".\\private$\\orders"
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const provider = { name: "a provider", type: "PROV_RSA_AES" as never }
      const error = yield* Effect.flip(sender.send({}, { provider }))
      assert(error.reason._tag === "IllegalOption")
      assert.include(error.reason.rule, "ProviderType.numbers.PROV_RSA_AES")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )
})
