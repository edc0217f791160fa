/**
 * Service that handles orders until a signal stops it, with promises. Then it finishes the order that it handles, receives no further one,
 * and exits with code 0.
 *
 *   node consumer.ts [MILLISECONDS] [--native]
 *
 * MILLISECONDS: time that an order takes, 500 by default.
 */
import { connect } from "@effect-msmq/core/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { backend } from "./backend.ts"

const orders = ".\\private$\\consumer-orders"
const milliseconds = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 500)

// Windows has no SIGTERM: a console that closes sends SIGHUP, Ctrl+Break SIGBREAK, and Ctrl+C SIGINT.
const stopping = new AbortController()
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"] as const) {
  process.once(signal, () => stopping.abort(signal))
}

await using msmq = await connect(backend)
await msmq.ensureQueue(orders, { transactional: true })

await using sender = await msmq.openSender(orders)
await sender.sendAll([{ label: "order 1" }, { label: "order 2" }, { label: "order 3" }], {
  transaction: "singleMessage"
})

await using receiver = await msmq.openReceiver(orders)
const consumer = receiver.consume(
  async ({ label }) => {
    console.log(`handling ${label}`)
    await sleep(milliseconds)
    console.log(`handled ${label}`)
  },
  // Handlers that are not done after ten seconds are rolled back.
  { signal: stopping.signal, shutdownTimeout: "10 seconds" }
)
await consumer.done.catch((error: unknown) => {
  if (!stopping.signal.aborted) throw error
})
console.log(`stopped by ${stopping.signal.reason}, ${await msmq.queueManager.messageCount(orders)} left`)
