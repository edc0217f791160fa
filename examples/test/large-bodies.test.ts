import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { environment } from "../../packages/core/test/support/environment.ts"
import { folderStore, removeOldBodies } from "../large-bodies/folderStore.ts"

const example = fileURLToPath(new URL("../large-bodies.ts", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "large-bodies-"))
const { signal } = new AbortController()

const file = (name: string, content: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const run = (...given: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [example, ...given], { encoding: "utf8", env: environment })

describe("the example with large bodies", () => {
  it("sends files of any size, and receives the same bytes", () => {
    const bodies = join(folder, "bodies")
    const contents = { large: randomBytes(6_000_000), small: randomBytes(10), empty: new Uint8Array(0) }
    const files = Object.entries(contents).map(([name, content]) => file(name, content))
    const { status, stderr, stdout } = run(bodies, ...files)
    assert.deepStrictEqual([status, stderr], [0, ""])
    const lines = stdout.trimEnd().split("\n")
    for (const [index, [name, content]] of Object.entries(contents).entries()) {
      const sha256 = createHash("sha256").update(content).digest("hex")
      assert.match(
        lines[index] ?? "",
        new RegExp(`^${name}: ${content.length} bytes, in a message with \\d+, SHA-256 ${sha256}$`)
      )
    }
    assert.strictEqual(lines.length, 3)
    const [stored, ...others] = readdirSync(bodies)
    assert.deepStrictEqual(others, [])
    assert.isTrue(contents.large.equals(readFileSync(join(bodies, stored ?? ""))))
  })

  it("says how it is called", () => {
    const { status, stderr } = run()
    assert.deepStrictEqual([status, stderr], [2, "Usage: node large-bodies.ts FOLDER FILE... [--native]\n"])
  })
})

describe("a store in a folder", () => {
  it("reads no file by a reference that is not the name of a body", async () => {
    file("secret", Buffer.from("secret"))
    const store = folderStore(join(folder, "elsewhere"))
    const references = ["../secret", join(folder, "secret"), "secret", ""]
    for (const got of await Promise.allSettled(references.map((reference) => store.get(reference, signal)))) {
      assert.include(String(got.status === "rejected" ? got.reason : "read"), "is not the name of a body")
    }
  })

  it("leaves no part of a body where it is aborted, and removes bodies when they are old", async () => {
    const bodies = join(folder, "old")
    mkdirSync(bodies)
    const store = folderStore(bodies)
    const aborted = await Promise.allSettled([store.put(Buffer.from("body"), AbortSignal.abort())])
    assert.strictEqual(aborted[0].status, "rejected")
    assert.deepStrictEqual(readdirSync(bodies), [])
    const reference = String(await store.put(Buffer.from("body"), signal))
    writeFileSync(join(bodies, "notes.txt"), "mine")
    assert.strictEqual(await removeOldBodies(bodies, 60_000), 0)
    for (const name of readdirSync(bodies)) utimesSync(join(bodies, name), 0, 0)
    assert.strictEqual(await removeOldBodies(bodies, 60_000), 1)
    assert.deepStrictEqual([reference.length, readdirSync(bodies)], [36, ["notes.txt"]])
  })
})
