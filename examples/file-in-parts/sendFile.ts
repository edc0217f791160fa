/** Sends a file as messages with parts of it, and goes on where an earlier call was cut. */
import { type Connection, MessageBody } from "@effect-msmq/core/promises"
import { open } from "node:fs/promises"
import { resolve } from "node:path"
import { checksumOf, partSize } from "./checksum.ts"

interface Options {
  /** Transactional queue that the parts go to. */
  readonly queue: string
  /** Transactional queue of this computer that keeps the place of the next part. It is created where it does not exist. */
  readonly places: string
  /** Function that is called after each part with the bytes that are sent so far. The next part waits for it. */
  readonly afterPart?: (sent: number, size: number) => unknown
  /** Signal that ends the sending between two parts. */
  readonly signal: AbortSignal
}

/**
 * Sends a file. A part is sent and the place of the next one is kept in one transaction: wherever the program ends, the next call goes on
 * with the first part that was not sent, and sends none twice. A file is sent to its end before the next one.
 */
export const sendFile = async (msmq: Connection, file: string, options: Options): Promise<void> => {
  const { afterPart, places, queue, signal } = options
  const path = resolve(file)
  await msmq.ensureQueue(places, { transactional: true })
  const body = MessageBody.text
  await using parts = await msmq.openSender(queue)
  await using toPlaces = await msmq.openSender(places, { body })
  await using fromPlaces = await msmq.openReceiver(places, { body })
  await using source = await open(path)
  const { size } = await source.stat()
  const part = Buffer.alloc(partSize)

  /** Sends the next part, and returns the bytes that are sent then; or the checksum behind the last part, and returns nothing. */
  const sendNext = async (): Promise<number | undefined> => {
    const place = await fromPlaces.poll()
    if (place !== undefined && place.body !== path) throw new Error(`send the rest of ${place.body} first`)
    const offset = Number(place?.label ?? 0)
    const { bytesRead } = await source.read(part, 0, partSize, offset)
    if (bytesRead === 0) {
      const end = { size: offset, sha256: await checksumOf(path) }
      await parts.send({ label: "end", body: Buffer.from(JSON.stringify(end)) })
      return undefined
    }
    const next = offset + bytesRead
    await parts.send({ label: String(offset), body: part.subarray(0, bytesRead) })
    await toPlaces.send({ label: String(next), body: path })
    return next
  }

  /** Sends the parts, each when the loop asks for it. */
  const sendingParts = async function* () {
    for (;;) yield msmq.transaction(sendNext)
  }
  signal.throwIfAborted()
  for await (const sent of sendingParts()) {
    if (sent === undefined) return
    await afterPart?.(sent, size)
    signal.throwIfAborted()
  }
}
