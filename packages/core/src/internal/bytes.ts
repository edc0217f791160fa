/**
 * Bytes as callers give them, before they go to a backend. A subclass, an own property or a proxy can say any `length`, and
 * native code would read so many bytes; so the length is asked of the array itself, and an array that says another is given on as
 * a plain view of the same bytes.
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

/** Tells whether an array is of no class but Node's own, whose other getters say what is so. */
const isOfNode = (bytes: Uint8Array): boolean => {
  const prototype: unknown = Object.getPrototypeOf(bytes)
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype
}

/** Tells whether an array has lost its buffer, or the part of it that it stood for. */
const isGone = (bytes: Uint8Array): boolean => {
  try {
    Uint8Array.prototype.indexOf.call(bytes, 0)
    return false
  } catch {
    return true
  }
}

/**
 * Returns the bytes of a value in an array that says its own length, and shares the value's memory; `undefined` where the value has
 * none: {@link bytesViolation} says why.
 */
export const plainBytes = (value: unknown): Uint8Array | undefined => {
  if (!isUint8Array(value)) return undefined
  // A getter of the value's own comes first: it could detach the buffer.
  const said = value.length
  const length = byteLength.call(value) as number
  if (length === 0) return isGone(value) ? undefined : none
  return said === length && isOfNode(value)
    ? value
    : new Uint8Array(bufferOf(value), byteOffset.call(value) as number, length)
}

const none = new Uint8Array(0)

/** The rule that a value without bytes breaks, and the value as an error shows it. */
export interface BytesViolation {
  readonly rule: string
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

/** Returns the rule that is broken by a value of which {@link plainBytes} has no bytes. */
export const bytesViolation = (value: unknown): BytesViolation => {
  if (!isUint8Array(value)) return notBytes(value)
  return (bufferOf(value) as ArrayBuffer).detached
    ? {
        rule:
          "its memory must stay with it: the buffer was transferred to somebody else, as postMessage, structuredClone " +
          "and transfer() do. Give a copy, made with slice() before the transfer",
        actual: "a Uint8Array whose buffer is detached"
      }
    : {
        rule: "its memory must stay with it: the buffer was made smaller with resize(). Give a copy, made with slice() before",
        actual: "a Uint8Array that lies outside of its resized buffer"
      }
}
