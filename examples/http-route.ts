/**
 * HTTP service whose route sends an order to a queue. It answers 202 when Message Queuing has accepted the order, and 503 while it is not
 * available. A signal stops it gracefully: it takes no further request, finishes those that it has, and closes the queue.
 *
 *   node http-route.ts [PORT] [--native]
 *   curl -i -d '{"item":"paper"}' localhost:3000/orders
 */
import { connect, MessageBody, MsmqError } from "@effect-msmq/core/promises"
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { once } from "node:events"
import { backend } from "./backend.ts"

const queue = ".\\private$\\orders"
const port = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 3000)

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })
await using sender = await msmq.openSender(queue, { body: MessageBody.text })

const app = new Hono()

app.post("/orders", async (context) => {
  const order = await context.req.json<unknown>()
  // An abort of the request comes too late once the order is accepted.
  const id = await sender.send({ body: JSON.stringify(order) }, { transaction: "singleMessage" })
  return context.json({ id }, 202)
})

app.get("/healthz", async (context) => {
  const { checks, healthy } = await msmq.checkHealth({ queues: [queue], maximumDepth: 10_000 })
  return context.json({ healthy, checks: checks.map(({ message }) => message) }, healthy ? 200 : 503)
})

app.onError((error, context) => {
  if (error instanceof SyntaxError) return context.json({ error: "the body must be JSON" }, 400)
  if (!(error instanceof MsmqError)) throw error
  if (error.isRetryable) context.header("Retry-After", "5")
  return context.json({ error: error.message }, error.isRetryable ? 503 : 500)
})

const server = serve({ fetch: app.fetch, port }, (info) => console.log(`listening on port ${info.port}`))

const stop = Promise.race(["SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"].map((signal) => once(process, signal)))
await stop
server.close()
await once(server, "close")
console.log(`stopped, ${await msmq.queueManager.messageCount(queue)} orders in the queue`)
