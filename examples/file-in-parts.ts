/**
 * Sends a file of any size through a queue, whose messages have 4 MiB at most, and receives it into another file. A part of 1 MiB is in memory
 * at a time.
 *
 *   node file-in-parts.ts FILE COPY [--cut] [--native]
 *
 * A signal ends it between two parts. With `--native` the same command goes on from there, since the queues have kept the parts and the
 * place. `--cut` shows that in one run: it ends the sending after the first part, and begins again.
 */
import { connect } from "@effect-msmq/core/promises"
import { stat } from "node:fs/promises"
import { setInterval } from "node:timers/promises"
import { backend } from "./backend.ts"
import { receiveFile } from "./file-in-parts/receiveFile.ts"
import { sendFile } from "./file-in-parts/sendFile.ts"

const queue = ".\\private$\\files"
const places = ".\\private$\\files-sent"

const [file, copy] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
if (file === undefined || copy === undefined) {
  console.error("Usage: node file-in-parts.ts FILE COPY [--cut] [--native]")
  process.exit(2)
}

const stopping = new AbortController()
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"] as const) {
  process.once(signal, () => stopping.abort(signal))
}

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })

if (process.argv.includes("--cut")) {
  const cut = new AbortController()
  const afterPart = (sent: number) => cut.abort(`cut after ${sent} bytes`)
  await sendFile(msmq, file, { queue, places, afterPart, signal: cut.signal }).catch((error: unknown) => {
    if (!cut.signal.aborted) throw error
    console.log(cut.signal.reason)
  })
}

/** Ends both sides with an error. One without the other would wait for ever. */
const endBoth = (error: unknown): never => {
  stopping.abort(error instanceof Error ? error.message : error)
  throw error
}

const { signal } = stopping
const { isTTY } = process.stderr

/** Shows the progress, and waits while many parts are in the queue, so that a large file does not fill it. */
const afterPart = async (sent: number, size: number): Promise<void> => {
  if (isTTY) process.stderr.write(`\r${Math.floor((100 * sent) / size)} %`)
  if ((await msmq.queueManager.messageCount(queue)) < 16) return
  for await (const _ of setInterval(10, undefined, { signal })) {
    if ((await msmq.queueManager.messageCount(queue)) < 16) return
  }
}

const sending = sendFile(msmq, file, { queue, places, afterPart, signal }).catch(endBoth)
const receiving = receiveFile(msmq, copy, { queue, signal }).catch(endBoth)
const [sent, received] = await Promise.allSettled([sending, receiving])
if (isTTY) process.stderr.write("\n")
if (sent.status === "fulfilled" && received.status === "fulfilled") {
  console.log(`${(await stat(copy)).size} bytes arrived, the checksum is right`)
} else {
  console.error(`file-in-parts: not all of the file has arrived: ${signal.reason}`)
  process.exitCode = 1
}
