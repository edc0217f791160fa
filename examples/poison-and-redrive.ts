/**
 * Consumer whose handler fails for one order: after three attempts the order goes to the subqueue for poison, and the others go on.
 * Once the cause is mended, the order is moved back and handled. Each order is handled in the transaction that receives it.
 *
 *   node poison-and-redrive.ts [--native]
 */
import { connect, MessageBody } from "@effect-msmq/core/promises"
import { backend } from "./backend.ts"

const queue = ".\\private$\\failing-orders"
const prices = new Map([["paper", 3]])

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })
const body = MessageBody.text
await using sender = await msmq.openSender(queue, { body })
await sender.sendAll(
  [
    { label: "order 1", body: "paper" },
    { label: "order 2", body: "ink" },
    { label: "order 3", body: "paper" }
  ],
  { transaction: "singleMessage" }
)

await using receiver = await msmq.openReceiver(queue, { body })

/** Handles orders until so many are done, handled or poison. */
const handleOrders = async (count: number): Promise<void> => {
  let done = 0
  const finished = Promise.withResolvers<void>()
  const finish = () => void (++done === count && finished.resolve())
  const consumer = receiver.consume(
    async ({ body: item, label }) => {
      const price = prices.get(item)
      if (price === undefined) throw new Error(`no price for ${item}`)
      console.log(`${label}, ${item}: ${price} euros`)
      finish()
    },
    {
      retry: { times: 2, delay: "10 millis" },
      poison: { subqueue: "poison" },
      onEvent: (event) => {
        if (event._tag !== "Poisoned") return
        console.log(`${event.message.label} is poison after ${event.attempts} attempts`)
        finish()
      }
    }
  )
  await finished.promise
  await consumer.stop()
}

await handleOrders(3)
prices.set("ink", 12)
const { redriven } = await msmq.redriveMessages(`${queue};poison`, queue)
console.log(`${redriven} order moved back`)
await handleOrders(1)
