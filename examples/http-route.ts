/**
 * HTTP service whose route sends an order to a queue. It answers 202 when Message Queuing has accepted the order, and 503 while it is not
 * available. A signal stops it gracefully: it takes no further request, finishes those that it has, and closes the queue.
 *
 *   node http-route.ts [PORT] [--native]
 *   curl -i -d '{"item":"paper"}' localhost:3000/orders
 */
import { connect, MessageBody } from "@effect-msmq/core/promises"
import { serve } from "@hono/node-server"
import { once } from "node:events"
import { backend } from "./backend.ts"
import { makeApp } from "./http-route/app.ts"

const queue = ".\\private$\\web-orders"
const port = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 3000)

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })
await using sender = await msmq.openSender(queue, { body: MessageBody.text })

const stopping = new AbortController()
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"] as const) {
  process.once(signal, () => stopping.abort(signal))
}

const { fetch } = makeApp(msmq, sender, stopping.signal)
const server = serve({ fetch, port }, (info) => console.log(`listening on port ${info.port}`))
stopping.signal.addEventListener("abort", () => {
  server.close()
  // Requests in flight have ten seconds.
  setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), 10_000).unref()
})
// An error of the server, such as a port that is in use, ends the program.
await once(server, "close")
console.log(`stopped, ${await msmq.queueManager.messageCount(queue)} in the queue`)
