/** Routes of the service: an order that goes to a queue, and a health check. */
import { type Connection, MsmqError, type Sender } from "@effect-msmq/core/promises"
import { type Context, Hono } from "hono"

/** Answers a request that failed: 400 for what the client can mend, 503 while a later request may succeed. */
const answerFailure = (error: Error, context: Context): Response => {
  if (error instanceof SyntaxError) return context.json({ error: "the body must be JSON" }, 400)
  if (!(error instanceof MsmqError)) throw error
  if (error.reason._tag === "IllegalMessage") return context.json({ error: error.message }, 400)
  if (!error.isRetryable) return context.json({ error: error.message }, 500)
  return context.json({ error: error.message }, 503, { "Retry-After": "5" })
}

/**
 * Makes the routes over a connection, and a sender whose bodies are text. Once `stopping` aborts, each answer closes its connection, which
 * would otherwise wait for a next request.
 */
export const makeApp = (msmq: Connection, sender: Sender<string>, stopping: AbortSignal): Hono => {
  const app = new Hono()

  app.use(async (context, next) => {
    await next()
    if (stopping.aborted) context.header("Connection", "close")
  })

  app.post("/orders", async (context) => {
    const order = await context.req.json<unknown>()
    // No signal of the request: once the order is accepted, nothing undoes it.
    const id = await sender.send({ body: JSON.stringify(order) }, { transaction: "singleMessage" })
    return context.json({ id }, 202)
  })

  app.get("/healthz", async (context) => {
    const { checks, healthy } = await msmq.checkHealth({ queues: [sender.queue], maximumDepth: 10_000 })
    return context.json({ healthy, checks: checks.map(({ message }) => message) }, healthy ? 200 : 503)
  })

  app.onError(answerFailure)
  return app
}
