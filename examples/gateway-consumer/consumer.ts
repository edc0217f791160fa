/**
 * Consumer on any system, which handles the orders of a Windows machine through a gateway until a signal stops it. With promises.
 *
 *   EFFECT_MSMQ_URL=wss://server:8443 EFFECT_MSMQ_TOKEN=... node consumer.ts
 */
import { MessageBody } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { RemoteMqrt } from "@effect-msmq/remote"
import { Config, Schema } from "effect"

const Order = Schema.Struct({ id: Schema.Finite, item: Schema.String, amount: Schema.Finite })

const stopping = new AbortController()
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort(signal))

await using msmq = await connect(
  RemoteMqrt.layerConfig({ url: Config.String("EFFECT_MSMQ_URL"), token: Config.Redacted("EFFECT_MSMQ_TOKEN") })
)
await using receiver = await msmq.openReceiver(".\\private$\\orders", { body: MessageBody.json(Order) })
const consumer = receiver.consume(
  async ({ body: { amount, id, item } }) => {
    console.log(`order ${id}: ${amount} of ${item}`)
  },
  // A connection that is cut is made again, and an order whose transaction it ended comes again.
  { signal: stopping.signal, shutdownTimeout: "10 seconds" }
)
await consumer.done.catch((error: unknown) => {
  if (!stopping.signal.aborted) throw error
})
console.log(`stopped by ${stopping.signal.reason}`)
