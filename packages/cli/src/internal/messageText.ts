/** Messages as text and as JSON. */
import { BodyType, Message, MessageBody, MessageClass } from "@effect-msmq/core"
import { Result } from "effect"
import { bytes, time } from "./amounts.ts"
import { visible } from "./visible.ts"

type Received = Message.ReceivedMessage

/** Returns the body as text, where its bytes and its type are those of one that can be shown. */
const textOf = ({ body, bodyType }: Pick<Received, "body" | "bodyType">): string | undefined => {
  const text = Result.getOrUndefined(MessageBody.text.decode({ body, bodyType }))
  return text === undefined || /[^\P{Cc}\t\r\n]/u.test(text) ? undefined : text
}

const hex = (body: Uint8Array): string =>
  Buffer.from(body)
    .toString("hex")
    .replaceAll(/..(?!$)/g, "$& ")

/** Most bytes of a body that are shown where it is no text. */
const mostBytes = 256

/** Returns a body for people: its text, or its first bytes. */
const bodyText = (message: Received): string => {
  const text = textOf(message)
  if (text !== undefined) return text.split("\n").map(visible).join("\n")
  const { body } = message
  return body.length > mostBytes ? `${hex(body.subarray(0, mostBytes))} …` : hex(body)
}

/** Returns the first line of a body. */
export const bodyLine = (message: Received): string => {
  const text = textOf(message)
  return text === undefined ? `<${BodyType.format(message.bodyType)}, ${bytes(message.bodySize)}>` : visible(text)
}

type Lines = ReadonlyArray<readonly [name: string, value: string | undefined]>

const linesOf = (message: Received): Lines => [
  ["label", message.label],
  ["id", message.messageId],
  ["lookup id", String(message.lookupId)],
  ["class", message.class === 0 ? undefined : MessageClass.format(message.class)],
  ["sent", time(message.sentTime)],
  ["arrived", time(message.arrivedTime)],
  ["to", message.destinationQueue],
  ["response queue", message.responseQueue],
  ["correlation id", message.correlationId === undefined ? undefined : hex(message.correlationId)],
  ["priority", String(message.priority)],
  ["delivery", message.delivery],
  ["authenticated", message.authenticated ? "yes" : undefined],
  ["aborts", message.abortCount === 0 ? undefined : String(message.abortCount)],
  ["moves", message.moveCount === 0 ? undefined : String(message.moveCount)],
  ["body", `${bytes(message.bodySize)}, type ${BodyType.format(message.bodyType)}`]
]

/** Returns a message as lines, a property in each, and its body below. */
export const messageText = (message: Received): string => {
  const head = linesOf(message).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${`${name}:`.padEnd(16)}${visible(value)}`]
  )
  return [...head, "", bodyText(message), ""].join("\n")
}

/** Returns a message for JSON: its fields, bytes in base64, and its body as `text` too where it is one. */
export const messageJson = (message: Received): object => {
  const text = textOf(message)
  return { ...(message as unknown as { toJSON(): object }).toJSON(), ...(text === undefined ? {} : { text }) }
}
