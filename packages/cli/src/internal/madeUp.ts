/** Made-up queues in memory, in which every command finds something. */
import { MessageBody, MessageQueue, type MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Layer, Schema } from "effect"

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"
const full = ".\\private$\\archive"

const order = (id: number) => ({ label: `order ${id}`, body: { id, item: "paper", amount: id * 10 } })

const fill: Effect.Effect<void, MsmqError.MsmqError, Mqrt> = Effect.scoped(
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, { label: "Orders", transactional: true })
    yield* MessageQueue.create(invoices, { label: "Invoices", journal: true })
    yield* MessageQueue.create(full, { label: "Archive", transactional: true, quota: 0 })
    const body = MessageBody.json(Schema.Unknown)
    const toOrders = yield* MessageQueue.openSender(orders, { body })
    yield* toOrders.sendAll([1, 2, 3, 4, 5].map(order), { transaction: "singleMessage" })
    // Two orders that failed lie in the subqueue for poison.
    const receiver = yield* MessageQueue.openReceiver(orders)
    for (const action of ["peekFirst", "peekFirst"] as const) {
      const message = yield* receiver.lookup(action)
      if (message._tag === "Some") yield* receiver.move(message.value, "poison")
    }
    const toInvoices = yield* MessageQueue.openSender(invoices, { body: MessageBody.text })
    yield* toInvoices.sendAll([
      { label: "invoice 1", body: "Invoice 1: 10.00" },
      { label: "invoice 2", body: "Invoice 2: 20.00", priority: 6 }
    ])
    const paid = yield* MessageQueue.openReceiver(invoices)
    yield* paid.receive
    // Refused by a full queue, and a dead letter since.
    const toArchive = yield* MessageQueue.openSender(full)
    yield* toArchive.send({ label: "order 0", journaling: { deadLetter: true } }, { transaction: "singleMessage" })
  })
)

/** Layer of the backend in memory with the made-up queues. */
export const madeUp: Layer.Layer<Mqrt, MsmqError.MsmqError> = Layer.provideMerge(
  Layer.effectDiscard(fill),
  InMemoryMqrt.layer
)
