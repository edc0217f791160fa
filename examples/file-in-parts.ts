/**
 * Sends a file of any size through a queue, whose messages have 4 MiB at most, and receives it into another file. The file is read and
 * written in parts of 1 MiB, so that memory does not grow with it. The last message has its checksum.
 *
 *   node file-in-parts.ts FILE COPY [--native]
 */
import { connect } from "@effect-msmq/core/promises"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { backend } from "./backend.ts"

const queue = ".\\private$\\files"
const partSize = 1024 * 1024

const [file, copy] = process.argv.slice(2)
if (file === undefined || copy === undefined) {
  console.error("Usage: node file-in-parts.ts FILE COPY")
  process.exit(2)
}

/** Reads the parts of the file, each when it is to be sent, and then the checksum. */
async function* parts(path: string) {
  const hash = createHash("sha256")
  for await (const body of createReadStream(path, { highWaterMark: partSize })) {
    hash.update(body)
    yield { label: "part", body }
  }
  yield { label: "end", body: hash.digest() }
}

await using msmq = await connect(backend)
// Messages of a transactional queue arrive once and in order, and survive a restart.
await msmq.ensureQueue(queue, { transactional: true })
await using sender = await msmq.openSender(queue)
const sending = sender.sendAll(parts(file), { transaction: "singleMessage" })

await using receiver = await msmq.openReceiver(queue)
await using target = await open(copy, "w")
const hash = createHash("sha256")
let received = 0
for await (const { body, label } of receiver) {
  if (label === "end") {
    if (!hash.digest().equals(body)) throw new Error("the checksum differs")
    break
  }
  hash.update(body)
  await target.write(body)
  received += body.length
}
const { accepted } = await sending
console.log(`${received} bytes in ${accepted - 1} parts, the checksum is right`)
