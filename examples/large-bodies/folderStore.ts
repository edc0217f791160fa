/** Store of bodies in a folder, for `MessageBody.claimCheck`. */
import type { MessageBody } from "@effect-msmq/core/promises"
import { randomUUID } from "node:crypto"
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"

const isReference = (name: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)

/** Makes a store whose bodies are files of a folder, which both sides can reach. Their names are the references. */
export const folderStore = (folder: string): MessageBody.BodyStore => ({
  put: async (body, signal) => {
    const reference = randomUUID()
    const unfinished = join(folder, `${reference}.unfinished`)
    try {
      await writeFile(unfinished, body, { flag: "wx", flush: true, signal })
      // A body has its name only when all of it is on the disk.
      await rename(unfinished, join(folder, reference))
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
    return reference
  },
  get: async (reference, signal) => {
    // Whoever may send to the queue chooses the reference.
    if (!isReference(reference)) throw new Error("the reference is not the name of a body")
    return await readFile(join(folder, reference), { signal })
  }
})

/**
 * Removes the bodies that are older than `age` milliseconds, and returns their number. `age` is longer than any message waits: a body
 * may belong to a message in a journal or a dead-letter queue, too.
 */
export const removeOldBodies = async (folder: string, age: number): Promise<number> => {
  const names = (await readdir(folder)).filter((name) => isReference(name.replace(/\.unfinished$/, "")))
  const removed = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const { mtimeMs } = await stat(path)
      if (Date.now() - mtimeMs < age) return false
      await rm(path, { force: true })
      return true
    })
  )
  return removed.filter(Boolean).length
}
