/** Rules for the messages of a send: one, or many. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Message } from "../../Message.ts"
import { messageFields } from "../../mqrt/MessagePropertyTable.ts"
import { describeValue } from "../errors/describeValue.ts"
import { nearest } from "./nearest.ts"
import { isPlain } from "./OptionTable.ts"
import { guarded, isFunction } from "./Rule.ts"

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const fields: ReadonlyArray<keyof Message> = [...messageFields.keys(), "headers", "connector", "soap"]

const hasField = (value: object): boolean => fields.some((field) => field in value)

/** Returns the first field of a plain object none of whose fields is one of a message, or `undefined` for any other object. */
const onlyUnknown = (value: object): string | undefined =>
  isPlain(value) && !hasField(value) ? Object.keys(value)[0] : undefined

/**
 * Returns `true` for an object that a message can be read from. A promise, bytes, an array or a map has no field of a message, and
 * would be sent as an empty one.
 */
export const isReadable = (value: unknown): value is Message<unknown> => {
  if (!isObject(value)) return false
  try {
    // Nearly every message has a body: to look for that takes less time than to ask for the prototype.
    return ("body" in value && !Array.isArray(value)) || isPlain(value) || (!Array.isArray(value) && hasField(value))
  } catch {
    return false
  }
}

/** Returns `true` for a message: an object that one can be read from, with no field or with one of a message. */
export const isMessage = (value: unknown): value is Message<unknown> => isReadable(value) && !hasOnlyUnknown(value)

/** Returns `true` for a plain object none of whose fields is one of a message, which would be sent as an empty one. */
export const hasOnlyUnknown = (value: object): boolean => {
  try {
    return onlyUnknown(value) !== undefined
  } catch {
    return false
  }
}

/** Returns the field that is at fault in a value that is no message, the rule that it breaks, and what it is in words. */
export const faultOf = (value: unknown): { readonly field: string; readonly rule: string; readonly actual: string } => {
  const actual = describeValue(value)
  if (!isObject(value)) return { field: "body", rule: "a message must be an object", actual }
  try {
    const field = onlyUnknown(value)
    if (field !== undefined) return { field, rule: unknownField(field), actual: "given" }
  } catch {
    // The value is described below.
  }
  const rule = "a message must be a plain object with the fields of Message, or have one of them"
  return { field: "body", rule, actual }
}

const unknownField = (name: string): string => {
  const meant = nearest(name, fields)
  const hint = meant === null ? "." : `; did you mean "${meant}"?`
  return `a message has no field of that name${hint} Fields are: ${fields.join(", ")}`
}

export const message = guarded("a plain object with the fields of a message, such as body and label", isMessage)

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
