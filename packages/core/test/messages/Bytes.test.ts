import { assert, describe, it } from "@effect/vitest"
import { createContext, runInContext } from "node:vm"
import { bytesViolation, plainBytes } from "../../src/internal/bytes.ts"

const bytes = () => Uint8Array.of(1, 2, 3)

const isPlain = (value: Uint8Array | undefined) =>
  assert.isTrue(
    value !== undefined &&
      (Object.getPrototypeOf(value) === Uint8Array.prototype || Buffer.isBuffer(value)) &&
      !Object.hasOwn(value, "length")
  )

class Lying extends Uint8Array {
  override get length(): number {
    return 1_000_000
  }
  override get byteLength(): number {
    return 1_000_000
  }
  override get byteOffset(): number {
    return 500
  }
  override get buffer(): ArrayBuffer {
    return new ArrayBuffer(1_000_000)
  }
}

const withOwn = (name: string, value: unknown) => Object.defineProperty(bytes(), name, { value })

/** Says first what is so. */
const changing = () => {
  let asked = 0
  class Changing extends Uint8Array {
    override get length(): number {
      return asked++ === 0 ? 3 : 5000
    }
  }
  return Changing.of(1, 2, 3)
}

describe("bytes that a caller gives", () => {
  it.each([
    ["a Uint8Array", bytes()],
    ["a Buffer", Buffer.from([1, 2, 3])],
    ["a subclass whose length, byteLength, byteOffset and buffer lie", Lying.of(1, 2, 3)],
    ["an array with a length of its own", withOwn("length", 5000)],
    ["an array whose length changes when it is asked", changing()],
    ["an array with a byteLength of its own", withOwn("byteLength", 5000)],
    ["an array with a buffer of its own", withOwn("buffer", new ArrayBuffer(0))],
    ["an array without a prototype", Object.setPrototypeOf(bytes(), null)],
    ["an array that calls itself something else", withOwn("constructor", Array)],
    ["an array of another realm", runInContext("Uint8Array.of(1, 2, 3)", createContext()) as unknown],
    ["an array in shared memory", new Uint8Array(new SharedArrayBuffer(5), 1, 3).fill(0)],
    ["an array in the midst of a buffer", new Uint8Array(Uint8Array.of(9, 1, 2, 3, 9).buffer, 1, 3)],
    ["an array in a resizable buffer", new Uint8Array(new ArrayBuffer(3, { maxByteLength: 10 }))]
  ])("are, of %s, its own three", (_, value) => {
    const plain = plainBytes(value)
    isPlain(plain)
    assert.strictEqual(plain?.length, 3)
  })

  it("are read in the memory that they are in", () => {
    assert.deepStrictEqual(plainBytes(Lying.of(1, 2, 3)), bytes())
    const own = bytes()
    assert.strictEqual(plainBytes(own), own)
    assert.deepStrictEqual(plainBytes(Lying.of()), new Uint8Array(0))
  })

  const transferred = () => {
    const value = bytes()
    structuredClone(value.buffer, { transfer: [value.buffer] })
    return value
  }
  const cutOff = () => {
    const buffer = new ArrayBuffer(10, { maxByteLength: 10 })
    const value = new Uint8Array(buffer, 5, 5)
    buffer.resize(7)
    return value
  }

  it("are refused with a rule if their buffer was transferred or made too small", () => {
    for (const [value, actual, rule] of [
      [transferred(), "detached", "the buffer was transferred"],
      [Object.setPrototypeOf(transferred(), Lying.prototype), "detached", "the buffer was transferred"],
      [cutOff(), "outside of its resized buffer", "resize()"]
    ] as const) {
      assert.isUndefined(plainBytes(value))
      const violation = bytesViolation(value)
      assert.include(violation.actual, actual)
      assert.include(violation.rule, rule)
    }
  })

  it.each([
    ["an ArrayBuffer", new ArrayBuffer(3), "new Uint8Array(buffer, byteOffset, byteLength)"],
    ["an array of words", new Uint16Array(3), "new Uint8Array(buffer, byteOffset, byteLength)"],
    ["a view", new DataView(new ArrayBuffer(3)), "new Uint8Array(buffer, byteOffset, byteLength)"],
    ["a text", "abc", "new TextEncoder().encode(text)"],
    ["an array of numbers", [1, 2, 3], "it must be a Uint8Array"],
    ["a proxy", new Proxy(bytes(), {}), "it must be a Uint8Array"],
    ["a clamped array", new Uint8ClampedArray(3), "it must be a Uint8Array"],
    ["what only calls itself so", { [Symbol.toStringTag]: "Uint8Array", length: 3 }, "it must be a Uint8Array"],
    ["what inherits from one", Object.create(bytes()), "it must be a Uint8Array"],
    ["nothing", null, "it must be a Uint8Array"]
  ])("are not in %s", (_, value, rule) => {
    assert.isUndefined(plainBytes(value))
    assert.include(bytesViolation(value).rule, rule)
  })
})
