/** Fields of a message that its codec sets beside the body, and their conflicts with those that the program sets. */
import * as Result from "effect/Result"
import type { Message } from "../../Message.ts"
import type { MessageHeaders } from "../../MessageHeaders.ts"
import { decode } from "../../MessageHeaders.ts"
import type { EncodedBody } from "../bodies/Codec.ts"
import { plainBytes } from "../bytes.ts"
import { describeValue } from "../errors/describeValue.ts"
import { isPlain } from "../options/OptionTable.ts"
import { NotRead } from "../messages/NotRead.ts"
import type { OutgoingRecord } from "./outgoing.ts"
import { Refusal, refusalOfNotRead } from "./outgoing.ts"
import { carries } from "./outgoingHeaders.ts"

/** Headers and extension of a message, one of which is left out, unless the extension carries the headers. */
export type Carried = Pick<Message, "headers" | "extension">

/** Message, by its index, whose body a codec has encoded. */
interface Encoded {
  readonly encoded: EncodedBody
  /** Name of the codec. */
  readonly codec: string
  readonly index: number
}

const refuse = ({ index }: Encoded, field: string, rule: string, actual: string): Refusal =>
  new Refusal({ index, field, rule, actual })

/** Returns `true` for a body whose codec sets fields of the message, too. */
export const setsFields = ({ extension, headers, label }: EncodedBody): boolean =>
  headers !== undefined || extension !== undefined || label !== undefined

/** Returns the headers and the extension of a message with those that its codec set, or the refusal of a conflict. */
export const withCodecFields = (given: Carried, by: Encoded): Carried | Refusal => {
  const { encoded, index } = by
  if (encoded.headers === undefined && encoded.extension === undefined) return given
  const { extension, headers } = given
  if (NotRead.is(headers)) return refusalOfNotRead(headers, index, "headers")
  if (NotRead.is(extension)) return refusalOfNotRead(extension, index, "extension")
  // A message that has headers beside an extension that does not carry them is refused as without a codec.
  if (headers !== undefined && extension !== undefined && !carries(headers, extension)) return given
  return encoded.extension === undefined
    ? withHeaders(given, encoded.headers, by)
    : withExtension(given, encoded.extension, by)
}

const withExtension = ({ extension, headers }: Carried, own: Uint8Array, by: Encoded): Carried | Refusal => {
  if (by.encoded.headers !== undefined) {
    const rule = `the codec ${by.codec} must set either an extension or headers, which are written into the extension`
    return refuse(by, "extension", rule, "set together with headers")
  }
  const rule = `the codec ${by.codec} sets the extension: leave it out`
  if (extension === undefined) {
    return headers === undefined ? { extension: own } : refuse(by, "headers", rule, "given, for the extension")
  }
  const [ours, theirs] = [plainBytes(own), plainBytes(extension)]
  return ours === undefined || (theirs !== undefined && Buffer.compare(ours, theirs) === 0)
    ? { extension: own }
    : refuse(by, "extension", rule, "another one")
}

const withHeaders = ({ extension, headers }: Carried, own: unknown, by: Encoded): Carried | Refusal => {
  if (typeof own !== "object" || own === null || !isPlain(own)) {
    const rule = `the codec ${by.codec} must set an object of texts`
    return refuse(by, "headers", rule, describeValue(own))
  }
  const all: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  const carried = extension === undefined ? Result.succeed(headers === undefined ? {} : headers) : decode(extension)
  if (Result.isFailure(carried)) {
    const rule = `the codec ${by.codec} sets headers, which are written into it: leave it out, or let it hold headers`
    return refuse(by, "extension", rule, "given, and holds no headers")
  }
  // What is no object of texts is refused where the headers are encoded.
  if (typeof carried.success !== "object" || carried.success === null || !isPlain(carried.success)) {
    return { headers: carried.success }
  }
  Object.assign(all, carried.success)
  for (const [name, value] of Object.entries(own)) {
    if (all[name] !== undefined && all[name] !== value) {
      const rule = `the codec ${by.codec} sets the header ${JSON.stringify(name)}: leave that out`
      return refuse(by, "headers", rule, "given with another value")
    }
    all[name] = value
  }
  return { headers: all as MessageHeaders }
}

/** Writes the label that a codec set into a record. Returns the refusal of a message that has another one. */
export const setLabel = (record: OutgoingRecord, by: Encoded): Refusal | undefined => {
  const { label } = by.encoded
  if (label === undefined) return undefined
  if (record.label !== "" && record.label !== label) {
    return refuse(by, "label", `the codec ${by.codec} sets the label: leave it out`, describeValue(record.label))
  }
  record.label = label
  return undefined
}
