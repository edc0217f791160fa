/** The ten tasks of `docs/members.md`, with Effect. */
import { MessageBody, MessageQueue, QueueManager, QueueSecurity, Requester, Transaction } from "@effect-msmq/core"
import { Effect, Option, Schema, Stream } from "effect"

export class Order extends Schema.Class<Order>("Order")({ Id: Schema.Int, Total: Schema.Finite }) {}

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"
const requests = ".\\private$\\requests"
const body = MessageBody.xml(Order)
const text = { body: MessageBody.text }

// 1. Ensure that a queue is there
export const ensure = (path: string) => MessageQueue.ensure(path, { transactional: true })

// 2. Send an object
export const sendOrder = (order: Order) =>
  MessageQueue.send(orders, { body: order, label: `order ${order.Id}` }, { body, transaction: "singleMessage" })

// 3. Receive within a time
export const receiveOrder = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(orders, { body })
  return Option.map(yield* receiver.receiveWithin("5 seconds"), (message) => message.body)
}).pipe(Effect.scoped)

// 4. Handle each message
export const handleOrders = Effect.fn(function* (handle: (order: Order) => Effect.Effect<void>) {
  const receiver = yield* MessageQueue.openReceiver(orders, { body })
  return yield* receiver.consume((message) => handle(message.body))
}, Effect.scoped)

// 5. Receive and send in one transaction
export const invoiceOrder = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(orders, { body })
  const sender = yield* MessageQueue.openSender(invoices, { body })
  const order = (yield* receiver.receive).body
  yield* sender.send({ body: order, label: `invoice ${order.Id}` })
}).pipe(Transaction.run, Effect.scoped)

// 6. List the queues
export const listQueues = QueueManager.privateQueues()

// 7. Ask for a response, and respond
export const ask = Effect.fn(function* (question: string) {
  const requester = yield* Requester.open(requests, { ...text, responseBody: MessageBody.text })
  return (yield* requester.request({ body: question }, { within: "5 seconds" })).body
}, Effect.scoped)
export const respond = Effect.fn(function* (answer: (question: string) => string) {
  const receiver = yield* MessageQueue.openReceiver(requests, text)
  const request = yield* receiver.receive
  return yield* MessageQueue.reply(request, { body: answer(request.body) }, text)
}, Effect.scoped)

// 8. Take a message by its id
export const takeOrder = Effect.fn(function* (id: string) {
  const receiver = yield* MessageQueue.openReceiver(orders, { body })
  return Option.map(yield* receiver.byId(id).poll, (message) => message.body)
}, Effect.scoped)

// 9. Grant a right
export const letSend = (account: string) => QueueSecurity.grant(orders, account, "send")

// 10. Count the messages of each queue
export const countMessages = Stream.runCollect(QueueManager.queues({ kind: "private" }))
