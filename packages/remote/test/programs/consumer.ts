/**
 * A consumer of a queue behind a gateway: `node consumer.ts URL QUEUE POISON`. Tells when it is ready, and the label of its first message,
 * whose handling waits until the parent answers. Ends with the labels of all that it has handled when it gets the message "end".
 */
import { connect } from "@effect-msmq/core/promises"
import { RemoteMqrt } from "@effect-msmq/remote"
import { once } from "node:events"
import type { Told } from "../sharedQueue.test.ts"

const [url = "", queue = "", poison = ""] = process.argv.slice(2)
const tell = (told: Told): void => void process.send?.(told)

await using msmq = await connect(RemoteMqrt.layer({ url }))
await using receiver = await msmq.openReceiver(queue)
const handled: Array<string> = []
const enough = new AbortController()

const consumer = receiver.consume(
  async ({ label }) => {
    if (label === "end") return enough.abort()
    handled.push(label)
    if (handled.length > 1) return
    tell({ first: label })
    await once(process, "message")
  },
  { poison: { queue: poison }, signal: enough.signal }
)
tell({ ready: true })
await consumer.done.catch((error: unknown) => {
  if (!enough.signal.aborted) throw error
})
tell({ handled })
process.disconnect()
