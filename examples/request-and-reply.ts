/**
 * Service that answers questions, and a client that asks several at once. Each answer finds its question by the correlation id, as
 * programs with System.Messaging do it, so that either side could be in .NET.
 *
 *   node request-and-reply.ts [--native]
 */
import { connect, MessageBody } from "@effect-msmq/core/promises"
import { backend } from "./backend.ts"

const queue = ".\\private$\\prices"
const prices = new Map([
  ["lamp", 40],
  ["chair", 25]
])

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })

// The service: it answers in the transaction in which it received the question, so that each question has one answer.
await using service = await msmq.openReceiver(queue, { body: MessageBody.text })
const answering = service.consume(async (question) => {
  const price = prices.get(question.body)
  await msmq.reply(question, { body: Buffer.from(price === undefined ? "unknown" : `${price} euros`) })
})

// The client: any number of requests may be under way, each with a time limit of its own.
await using client = await msmq.openRequester(queue, {
  body: MessageBody.text,
  responseBody: MessageBody.text,
  within: "10 seconds"
})
const items = ["lamp", "chair", "table"]
const answers = await Promise.all(items.map((item) => client.request({ body: item })))
answers.forEach(({ body }, index) => console.log(`${items[index]}: ${body}`))

await answering.stop()
