import { assert, describe, it } from "@effect/vitest"
import { poolThreads } from "../src/internal/threadPool.ts"

const env = (size: string | undefined, others: Readonly<Record<string, string>> = {}) => ({
  ...others,
  UV_THREADPOOL_SIZE: size
})

describe("the threads for asynchronous calls", () => {
  it.each([
    [undefined, 4],
    ["", 1],
    ["0", 1],
    ["none", 1],
    ["3", 3],
    ["5000", 1024]
  ])("in Node, with UV_THREADPOOL_SIZE %o, are %i", (size, threads) => {
    assert.strictEqual(poolThreads({ env: env(size), versions: { node: "24" }, processors: 16 }), threads)
  })

  it.each([
    [undefined, undefined, 1, 2],
    [undefined, undefined, 16, 16],
    [undefined, undefined, 5000, 1024],
    ["3", undefined, 16, 3],
    ["3", "8", 16, 3],
    ["1", "8", 16, 8],
    ["1", "1", 16, 16],
    ["5x", undefined, 16, 16],
    ["5000", undefined, 16, 1024]
  ])("in Bun, with UV_THREADPOOL_SIZE %o, GOMAXPROCS %o and %i processors, are %i", (size, go, processors, threads) => {
    const given = env(size, go === undefined ? {} : { GOMAXPROCS: go })
    assert.strictEqual(poolThreads({ env: given, versions: { node: "24", bun: "1" }, processors }), threads)
  })

  it.each([undefined, "1", "64"])("in Deno, with UV_THREADPOOL_SIZE %o, are 32", (size) => {
    assert.strictEqual(poolThreads({ env: env(size), versions: { node: "24", deno: "2" }, processors: 2 }), 32)
  })
})
