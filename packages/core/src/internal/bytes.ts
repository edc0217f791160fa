/**
 * Checks of bytes that a caller gives, before they go to a backend. A subclass, an own property or a proxy can report any
 * `length`, and native code would read that many bytes. So the length is taken from the array itself, and an array that reports
 * another one is replaced by a plain view of the same memory.
 */
import { isAnyArrayBuffer, isUint8Array } from "node:util/types"
import { describeValue } from "./errors/describeValue.ts"

const getterOf = (name: "byteLength" | "byteOffset" | "buffer"): (() => unknown) => {
  const prototype: object = Object.getPrototypeOf(Uint8Array.prototype)
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!
}

const byteLength = getterOf("byteLength")
const byteOffset = getterOf("byteOffset")
const buffer = getterOf("buffer")

const bufferOf = (bytes: Uint8Array): ArrayBufferLike => buffer.call(bytes) as ArrayBufferLike

/** Returns `true` for an array of one of Node's own classes, whose other getters are right. */
const isOfNode = (bytes: Uint8Array): boolean => {
  const prototype: unknown = Object.getPrototypeOf(bytes)
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype
}

/** Returns `true` for an array whose buffer was detached, or became too short for it. */
const isGone = (bytes: Uint8Array): boolean => {
  try {
    Uint8Array.prototype.indexOf.call(bytes, 0)
    return false
  } catch {
    return true
  }
}

/**
 * Returns the bytes of a value in an array that reports its real length and shares the memory of the value. Returns `undefined`
 * for a value without bytes; {@link bytesViolation} then returns the reason.
 */
export const plainBytes = (value: unknown): Uint8Array | undefined => {
  if (!isUint8Array(value)) return undefined
  // A getter of the value itself is called first, since it could detach the buffer.
  const said = value.length
  const length = byteLength.call(value) as number
  if (length === 0) return isGone(value) ? undefined : noBytes
  return said === length && isOfNode(value)
    ? value
    : new Uint8Array(bufferOf(value), byteOffset.call(value) as number, length)
}

/** Returns a copy of bytes. The `slice` of a `Buffer` shares its memory. */
export const copyOfBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

/** Array that takes the place of every empty one. */
export const noBytes = new Uint8Array(0)

/** Returns `true` for an array that {@link plainBytes} returned and that has lost its bytes since. */
export const areLost = (bytes: Uint8Array): boolean => bytes.length === 0 && bytes !== noBytes

/** Violation by a value without bytes. */
export interface BytesViolation {
  /** Rule that the value breaks. */
  readonly rule: string
  /** Value, in words. */
  readonly actual: string
}

const notBytes = (value: unknown): BytesViolation => ({
  rule:
    isAnyArrayBuffer(value) || ArrayBuffer.isView(value)
      ? "it must be a Uint8Array: make one of the same memory with new Uint8Array(buffer, byteOffset, byteLength)"
      : typeof value === "string"
        ? "it must be a Uint8Array: encode a text with new TextEncoder().encode(text)"
        : "it must be a Uint8Array",
  actual: describeValue(value)
})

/** Returns the violation by a value for which {@link plainBytes} returns `undefined`. */
export const bytesViolation = (value: unknown): BytesViolation => {
  if (!isUint8Array(value)) return notBytes(value)
  return (bufferOf(value) as ArrayBuffer).detached
    ? {
        rule:
          "its memory must stay with it: the buffer was transferred, as postMessage, structuredClone " +
          "and transfer() do. Give a copy, made with slice() before the transfer",
        actual: "a Uint8Array whose buffer is detached"
      }
    : {
        rule: "its memory must stay with it: the buffer was made smaller with resize(). Give a copy, made with slice() before",
        actual: "a Uint8Array that lies outside of its resized buffer"
      }
}
