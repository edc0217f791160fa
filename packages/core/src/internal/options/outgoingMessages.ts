/** Rules for the messages of a send: one, or many. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Message } from "../../Message.ts"
import { messageFields } from "../../mqrt/MessagePropertyTable.ts"
import { isPlain } from "./OptionTable.ts"
import { guarded, isFunction } from "./Rule.ts"

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const fields: ReadonlyArray<keyof Message> = [...messageFields.keys(), "headers", "connector", "soap"]

/**
 * Returns `true` for an object that can be a message. A promise, bytes, an array or a map has no field of a message, and would
 * be sent as an empty one.
 */
export const isMessage = (value: unknown): value is Message<unknown> => {
  if (!isObject(value)) return false
  try {
    return isPlain(value) || (!Array.isArray(value) && fields.some((field) => field in value))
  } catch {
    return false
  }
}

export const message = guarded("a plain object with the fields of a message", isMessage)

/** Returns the fields of a message in a plain object, those of its class included. */
export const fieldsOf = <Body = Uint8Array>(message: Message<unknown>): Message<Body> => {
  const given = message as Readonly<Record<string, unknown>>
  return Object.fromEntries(fields.map((field) => [field, given[field]]).filter(([, value]) => value !== undefined))
}

const isIterable = (value: unknown): value is Iterable<Message<unknown>> =>
  isObject(value) &&
  Symbol.iterator in value &&
  isFunction(value[Symbol.iterator]) &&
  // The elements of these are no messages, and an effect is iterable for `yield*` alone.
  !(ArrayBuffer.isView(value) || value instanceof Map || Effect.isEffect(value))

export const messages = guarded(
  "an iterable of messages, such as an array or a generator, or a Stream of them; one message goes to send",
  (value): value is Iterable<Message<unknown>> | Stream.Stream<Message<unknown>, unknown, unknown> =>
    Stream.isStream(value) || isIterable(value)
)

const isAsyncIterable = (value: unknown): value is AsyncIterable<Message<unknown>> =>
  isObject(value) && Symbol.asyncIterator in value && isFunction(value[Symbol.asyncIterator])

export const messagesInPromises = guarded(
  "an iterable or an async iterable of messages, such as an array or a generator; one message goes to send",
  (value): value is Iterable<Message<unknown>> | AsyncIterable<Message<unknown>> =>
    isAsyncIterable(value) || isIterable(value)
)
