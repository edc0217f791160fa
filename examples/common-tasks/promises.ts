/** The ten tasks of `docs/members.md`, in promises. */
import type { Connection } from "@effect-msmq/core/promises"
import { MessageBody } from "@effect-msmq/core/promises"

export interface Order {
  readonly Id: number
  readonly Total: number
}

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"
const requests = ".\\private$\\requests"
const body = MessageBody.xml({ Id: "int", Total: "double" }, { root: "Order" })
const text = { body: MessageBody.text }

// 1. Ensure that a queue is there
export const ensure = (msmq: Connection, path: string) => msmq.ensureQueue(path, { transactional: true })

// 2. Send an object
export const sendOrder = (msmq: Connection, order: Order) =>
  msmq.send(orders, { body: order, label: `order ${order.Id}` }, { body, transaction: "singleMessage" })

// 3. Receive within a time
export const receiveOrder = async (msmq: Connection) => {
  await using receiver = await msmq.openReceiver(orders, { body })
  return (await receiver.receiveWithin("5 seconds"))?.body
}

// 4. Handle each message
export const handleOrders = async (msmq: Connection, handle: (order: Order) => Promise<void>, signal: AbortSignal) => {
  await using receiver = await msmq.openReceiver(orders, { body })
  await receiver.consume((message) => handle(message.body), { signal }).done
}

// 5. Receive and send in one transaction
export const invoiceOrder = async (msmq: Connection) => {
  await using receiver = await msmq.openReceiver(orders, { body })
  await using sender = await msmq.openSender(invoices, { body })
  await msmq.transaction(async () => {
    const order = (await receiver.receive()).body
    await sender.send({ body: order, label: `invoice ${order.Id}` })
  })
}

// 6. List the queues
export const listQueues = (msmq: Connection) => msmq.queueManager.privateQueues()

// 7. Ask for a response, and respond
export const ask = async (msmq: Connection, question: string) => {
  await using requester = await msmq.openRequester(requests, { ...text, responseBody: MessageBody.text })
  return (await requester.request({ body: question }, { within: "5 seconds" })).body
}
export const respond = async (msmq: Connection, answer: (question: string) => string) => {
  await using receiver = await msmq.openReceiver(requests, text)
  const request = await receiver.receive()
  return await msmq.reply(request, { body: answer(request.body) }, text)
}

// 8. Take a message by its id
export const takeOrder = async (msmq: Connection, id: string) => {
  await using receiver = await msmq.openReceiver(orders, { body })
  return (await receiver.byId(id).poll())?.body
}

// 9. Grant a right
export const letSend = (msmq: Connection, account: string) => msmq.grantQueueRights(orders, account, "send")

// 10. Count the messages of each queue
export const countMessages = (msmq: Connection) => Array.fromAsync(msmq.queueManager.queues({ kind: "private" }))
