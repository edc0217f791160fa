import type { Connection } from "@effect-msmq/core/promises"
import { TestMsmq } from "@effect-msmq/testing/promises"
import { assert, describe, it } from "@effect/vitest"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { repeat } from "../../packages/core/test/support/promiseLoops.ts"
import { receiveFile } from "../file-in-parts/receiveFile.ts"
import { sendFile } from "../file-in-parts/sendFile.ts"

const queue = ".\\private$\\files"
const places = ".\\private$\\files-sent"
const mebibyte = 1024 * 1024

/** Runs a test with a connection and a folder. */
const inFolder = (test: (connection: Connection, folder: string) => Promise<void>) =>
  TestMsmq.run(async ({ connection }) => {
    await connection.createQueue(queue, { transactional: true })
    const folder = mkdtempSync(join(tmpdir(), "file-in-parts-"))
    await test(connection, folder).finally(() => rmSync(folder, { recursive: true }))
  })

/** Sends a file, and cuts the sending after some parts. Returns `true` if it was sent to its end before. */
const sendParts = async (connection: Connection, path: string, count: number): Promise<boolean> => {
  const cut = new AbortController()
  let left = count
  const afterPart = () => void (--left === 0 && cut.abort())
  return sendFile(connection, path, { queue, places, afterPart, signal: cut.signal }).then(
    () => true,
    (error: unknown) => {
      if (error !== cut.signal.reason) throw error
      return false
    }
  )
}

/** Receives a file, and cuts that when no part is left. Returns `true` if it arrived before. */
const receiveParts = async (connection: Connection, copy: string): Promise<boolean> => {
  const cut = new AbortController()
  const receiving = receiveFile(connection, copy, { queue, signal: cut.signal }).then(
    () => true,
    (error: unknown) => {
      if (error !== cut.signal.reason) throw error
      return false
    }
  )
  await repeat(async () => {
    await new Promise(setImmediate)
    return (await connection.queueManager.messageCount(queue)) > 0
  })
  cut.abort()
  return receiving
}

describe("a file in parts", () => {
  it.each([1, 2, 5])("arrives whole, each part once, when both sides are cut after every %i parts", (count) =>
    inFolder(async (connection, folder) => {
      const [path, copy] = [join(folder, "file"), join(folder, "copy")]
      const content = randomBytes(4 * mebibyte + 7)
      writeFileSync(path, content)
      // An older copy is longer.
      writeFileSync(copy, randomBytes(6 * mebibyte))
      const received: Array<number> = []
      await repeat(async () => {
        const isSent = await sendParts(connection, path, count)
        received.push(await connection.queueManager.messageCount(queue))
        assert.strictEqual(await receiveParts(connection, copy), isSent)
        return !isSent
      })
      // Five parts and the checksum.
      assert.strictEqual(
        received.reduce((sum, one) => sum + one, 0),
        6
      )
      assert.strictEqual(received.length, Math.floor(5 / count) + 1)
      assert.isTrue(readFileSync(copy).equals(content))
      assert.strictEqual(await connection.queueManager.messageCount(places), 0)
    })
  )

  it("that is empty arrives too", () =>
    inFolder(async (connection, folder) => {
      const [path, copy] = [join(folder, "file"), join(folder, "copy")]
      writeFileSync(path, "")
      assert.isTrue(await sendParts(connection, path, 1))
      await receiveFile(connection, copy, { queue, signal: new AbortController().signal })
      assert.strictEqual(readFileSync(copy).length, 0)
    }))

  it("that was changed on its way is refused, and the message with its checksum stays in the queue", () =>
    inFolder(async (connection, folder) => {
      const [path, copy] = [join(folder, "file"), join(folder, "copy")]
      writeFileSync(path, randomBytes(mebibyte + 1))
      assert.isFalse(await sendParts(connection, path, 1))
      writeFileSync(path, randomBytes(mebibyte + 1))
      assert.isTrue(await sendParts(connection, path, 2))
      const { signal } = new AbortController()
      const failure = await receiveFile(connection, copy, { queue, signal }).catch((error: Error) => error.message)
      assert.strictEqual(failure, `${copy} has another checksum than the file that was sent`)
      assert.strictEqual(await connection.queueManager.messageCount(queue), 1)
    }))

  it("waits for the rest of the file before it", () =>
    inFolder(async (connection, folder) => {
      const [first, second] = [join(folder, "first"), join(folder, "second")]
      for (const path of [first, second]) writeFileSync(path, randomBytes(mebibyte + 1))
      assert.isFalse(await sendParts(connection, first, 1))
      const failure = await sendParts(connection, second, 1).catch((error: Error) => error.message)
      assert.strictEqual(failure, `send the rest of ${first} first`)
      assert.isTrue(await sendParts(connection, first, 2))
    }))
})
