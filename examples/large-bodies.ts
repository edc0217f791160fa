/**
 * Sends files of any size through a queue whose messages have 4 MiB at most: large bodies are in a folder, and their messages carry
 * references to them. Receives them, and prints a line for each.
 *
 *   node large-bodies.ts FOLDER FILE... [--native]
 */
import { connect, MessageBody } from "@effect-msmq/core/promises"
import { createHash } from "node:crypto"
import { mkdir, readFile } from "node:fs/promises"
import { basename } from "node:path"
import { Readable } from "node:stream"
import { backend } from "./backend.ts"
import { folderStore, removeOldBodies } from "./large-bodies/folderStore.ts"

const queue = ".\\private$\\scans"
const week = 7 * 24 * 60 * 60 * 1000

const [folder, ...files] = process.argv.slice(2).filter((argument) => argument !== "--native")
if (folder === undefined || files.length === 0) {
  console.error("Usage: node large-bodies.ts FOLDER FILE... [--native]")
  process.exit(2)
}

await mkdir(folder, { recursive: true })
await removeOldBodies(folder, 2 * week)

const body = MessageBody.claimCheck(MessageBody.bytes, folderStore(folder))

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })
await using sender = await msmq.openSender(queue, { body })
await using receiver = await msmq.openReceiver(queue, { body })

/** Reads each file when it is to be sent. */
const messages = Readable.from(files).map(async (file: string) => ({
  body: await readFile(file),
  label: basename(file),
  // A message waits a week at most, and bodies are kept for two.
  timeToBeReceived: week
}))

await sender.sendAll(messages, { transaction: "singleMessage" })

let left = files.length
for await (const { body, bodySize, label } of receiver) {
  const sha256 = createHash("sha256").update(body).digest("hex")
  console.log(`${label}: ${body.length} bytes, in a message with ${bodySize}, SHA-256 ${sha256}`)
  if (--left === 0) break
}
