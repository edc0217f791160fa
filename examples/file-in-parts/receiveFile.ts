/** Receives a file that comes in parts, and goes on where an earlier call was cut. */
import type { Connection } from "@effect-msmq/core/promises"
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { checksumOf } from "./checksum.ts"

interface Options {
  /** Transactional queue that the parts come from. */
  readonly queue: string
  /** Signal that ends the wait for the next part. */
  readonly signal: AbortSignal
}

/** Reads the message behind the last part. */
const endOf = (body: Uint8Array): { readonly size: number; readonly sha256: string } =>
  JSON.parse(Buffer.from(body).toString())

/**
 * Receives a file into another one. A part has left the queue once it is on the disk. After a cut it comes again, and is written to the same
 * place. Rejects where the checksum differs; the message with it is still in the queue then.
 */
export const receiveFile = async (msmq: Connection, copy: string, { queue, signal }: Options): Promise<void> => {
  await using receiver = await msmq.openReceiver(queue, { shareMode: "denyReceive" })
  await using target = await open(copy, constants.O_RDWR | constants.O_CREAT)

  /** Receives the next part, or what is behind the last one, and returns `true` for that. */
  const receiveNext = async (): Promise<boolean> => {
    const { body, label } = await receiver.receive({ signal })
    if (label !== "end") {
      await target.write(body, 0, body.length, Number(label))
      await target.datasync()
      return false
    }
    const { sha256, size } = endOf(body)
    // An older copy may have been longer.
    await target.truncate(size)
    if ((await checksumOf(copy)) !== sha256) throw new Error(`${copy} has another checksum than the file that was sent`)
    return true
  }

  /** Receives the parts, each when the loop asks for it. */
  const receivingParts = async function* () {
    for (;;) yield msmq.transaction(receiveNext)
  }
  for await (const isEnd of receivingParts()) if (isEnd) return
}
