import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"

/** Bytes of a part, and of a file that are in memory at a time. */
export const partSize = 1024 * 1024

/** Returns the SHA-256 of a file. */
export const checksumOf = async (path: string): Promise<string> => {
  const hash = createHash("sha256")
  for await (const bytes of createReadStream(path, { highWaterMark: partSize })) hash.update(bytes)
  return hash.digest("hex")
}
