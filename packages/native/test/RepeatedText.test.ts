import { assert, describe, it } from "@effect/vitest"
import { BytesPool } from "../src/internal/BytesPool.ts"
import { MemoryBlock } from "../src/internal/MemoryBlock.ts"
import { RepeatedText, writeText } from "../src/internal/utf16.ts"

/** Returns numbers that are the same in each run. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const withBlock = (size: number, use: (block: MemoryBlock) => void): void => {
  const block = new MemoryBlock(size)
  try {
    use(block)
  } finally {
    block.free()
  }
}

describe("a text that is read at the place of another one", () => {
  const at = 64

  it("is the one that stands there, whatever stood there before: any length, any units, with or without room for its NUL", () =>
    withBlock(4096, (block) => {
      const random = numbers(7)
      const repeated = new RepeatedText()
      let before = ""
      for (let run = 0; run < 5000; run++) {
        const length = random(3) === 0 ? random(300) : random(20)
        const kept = random(2) === 0 ? before.slice(0, random(before.length + 1)) : ""
        let text = kept
        while (text.length < length) text += String.fromCharCode(1 + random(random(2) === 0 ? 0xff : 0xfffe))
        if (random(4) === 0) text = before
        // What is behind the NUL is no part of the text.
        block.units.fill(1 + random(0xfffe), at >>> 1)
        writeText(block.units, at >>> 1, text)
        const limit = random(3) === 0 ? random(text.length + 1) : text.length + 1 + random(3)
        assert.strictEqual(repeated.read(block, at, limit), text.slice(0, limit))
        before = text
      }
    }))

  it("ends at the first NUL", () =>
    withBlock(4096, (block) => {
      const repeated = new RepeatedText()
      for (const text of ["order 1\0behind", "order 1", "order 12", "order 1", "", "\0", "o"]) {
        writeText(block.units, at >>> 1, text)
        assert.strictEqual(repeated.read(block, at, text.length + 1), text.split("\0")[0])
      }
    }))
})

describe("bytes that are copied", () => {
  it("are those that stood there, and stay so when others are copied or a program changes its own", () =>
    withBlock(8192, (block) => {
      const random = numbers(11)
      const pool = new BytesPool()
      const copies: Array<{ readonly copied: Uint8Array; readonly expected: Uint8Array }> = []
      for (let run = 0; run < 600; run++) {
        const at = 8 * random(512)
        const length = random(2) === 0 ? random(130) : random(3000)
        for (let index = 0; index < length + 8; index++) block.bytes[at + index] = random(256)
        const copied = pool.copy(block, at, length)
        copies.push({ copied, expected: block.bytes.slice(at, at + length) })
        const { copied: other, expected } = copies[random(copies.length)]!
        other.fill(9)
        expected.fill(9)
      }
      for (const { copied, expected } of copies) assert.deepStrictEqual(copied, expected)
    }))
})
