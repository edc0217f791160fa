import type { Message } from "../../Message.ts"
import { maximumLabelLength, maximumPacketSize, packetSize } from "../../Message.ts"
import type {
  Acknowledge,
  ConnectorProperties,
  Journaling,
  OutgoingProperties,
  SoapProperties
} from "../../MessageProperties.ts"
import type { IllegalMessage } from "../../MsmqError.ts"
import type { MessagePart } from "../options/messageParts.ts"
import { messageParts } from "../options/messageParts.ts"
import { readRule } from "../options/illegalOption.ts"
import type { Rule as PartRule } from "../options/Rule.ts"
import { Violation } from "../options/Violation.ts"
import { isTime, secondsOf, timeRule } from "./timeLimits.ts"

const none = new Uint8Array(0)

const isUnsigned = (value: unknown, maximum: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximum

const isText = (value: unknown): boolean => typeof value === "string" && !value.includes("\0")

interface Rule {
  readonly field: keyof Message
  readonly rule: string
  readonly holds: (message: OutgoingProperties) => boolean
  readonly actual: (message: OutgoingProperties) => string
}

/** Shows any value: what was given may be of no type that is allowed. */
export const shown = (value: unknown): string => {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === "string")
    return value.length <= 100 ? JSON.stringify(value) : `a string of ${value.length} units`
  if (value === null || value === undefined || typeof value === "number") return String(value)
  return typeOf(value)
}

/** What a value is, without showing it. */
export const typeOf = (value: unknown): string => (typeof value === "object" ? "an object" : `a ${typeof value}`)

const rules: ReadonlyArray<Rule> = [
  {
    field: "body",
    rule: "it must be a Uint8Array",
    holds: (message) => message.body instanceof Uint8Array,
    actual: (message) => shown(message.body)
  },
  {
    field: "extension",
    rule: "it must be a Uint8Array",
    holds: (message) => message.extension === null || message.extension instanceof Uint8Array,
    actual: (message) => shown(message.extension)
  },
  {
    field: "label",
    rule: `it must be a string of at most ${maximumLabelLength} UTF-16 units`,
    holds: (message) => typeof message.label === "string" && message.label.length <= maximumLabelLength,
    actual: (message) =>
      typeof message.label === "string" ? `${message.label.length} units long` : shown(message.label)
  },
  {
    field: "label",
    rule: "it may not contain NUL, which ends it",
    holds: (message) => !message.label.includes("\0"),
    actual: (message) => `a text with NUL at position ${message.label.indexOf("\0")}`
  },
  {
    field: "priority",
    rule: "it must be a whole number from 0 to 7",
    holds: (message) => isUnsigned(message.priority, 7),
    actual: (message) => shown(message.priority)
  },
  {
    field: "bodyType",
    rule: "it must be a VT_ number from 0 to 65535",
    holds: (message) => isUnsigned(message.bodyType, 0xffff),
    actual: (message) => shown(message.bodyType)
  },
  {
    field: "appSpecific",
    rule: "it must be a whole number from 0 to 4294967295",
    holds: (message) => isUnsigned(message.appSpecific, 0xffffffff),
    actual: (message) => shown(message.appSpecific)
  },
  {
    field: "delivery",
    rule: 'it must be "express" or "recoverable"',
    holds: (message) => message.delivery === "express" || message.delivery === "recoverable",
    actual: (message) => shown(message.delivery)
  },
  {
    field: "correlationId",
    rule: "it must have exactly 20 bytes",
    holds: (message) =>
      message.correlationId === null ||
      (message.correlationId instanceof Uint8Array && message.correlationId.length === 20),
    actual: (message) => shown(message.correlationId)
  },
  ...(["responseQueue", "adminQueue", "deadLetterQueue"] as const).map((field) => ({
    field,
    rule: "it must be a name without NUL",
    holds: (message: OutgoingProperties) => message[field] === null || isText(message[field]),
    actual: (message: OutgoingProperties) => shown(message[field])
  })),
  ...(["timeToReachQueue", "timeToBeReceived"] as const).map((field) => ({
    field,
    rule: timeRule,
    holds: (message: OutgoingProperties) => isTime(message[field]),
    actual: (message: OutgoingProperties) => shown(message[field])
  })),
  {
    field: "trace",
    rule: "it must be true or false",
    holds: (message) => typeof message.trace === "boolean",
    actual: (message) => shown(message.trace)
  }
]

const noAcknowledge: Acknowledge = {
  positiveArrival: false,
  positiveReceive: false,
  negativeArrival: false,
  negativeReceive: false
}
const noJournaling: Journaling = { deadLetter: false, journal: false }

/** What the backend gets for a message: whole, defaults filled in (behaviour D-20). */
export const propertiesOf = (message: Message<unknown>): OutgoingProperties => ({
  // Whether it is bytes the rules see to.
  body: (message.body ?? none) as Uint8Array,
  bodyType: message.bodyType ?? 0,
  label: message.label ?? "",
  priority: message.priority ?? 3,
  delivery: message.delivery ?? "express",
  correlationId: message.correlationId ?? null,
  appSpecific: message.appSpecific ?? 0,
  extension: message.extension ?? null,
  responseQueue: message.responseQueue ?? null,
  acknowledge: filled("acknowledge", messageParts.acknowledge, noAcknowledge, message.acknowledge),
  adminQueue: message.adminQueue ?? null,
  journaling: filled("journaling", messageParts.journaling, noJournaling, message.journaling),
  deadLetterQueue: message.deadLetterQueue ?? null,
  timeToReachQueue: message.timeToReachQueue === undefined ? null : secondsOf(message.timeToReachQueue),
  timeToBeReceived: message.timeToBeReceived === undefined ? null : secondsOf(message.timeToBeReceived),
  trace: message.trace ?? false,
  connector: filled<ConnectorProperties>("connector", messageParts.connector, undefined, message.connector),
  soap: filled<SoapProperties>("soap", messageParts.soap, undefined, message.soap)
})

/** Whether it is plain and has known flags alone, as nearly always: to ask the rule costs more than to send. */
const areFlags = (given: object, known: object): boolean => {
  if (Object.getPrototypeOf(given) !== Object.prototype) return false
  for (const name in given) {
    if (typeof (given as Readonly<Record<string, unknown>>)[name] !== "boolean" || !Object.hasOwn(known, name))
      return false
  }
  return true
}

/** A part of a message with its defaults. What is wrong with it takes its place, for {@link illegality} to tell of. */
const filled = <O extends object>(
  field: MessagePart,
  rule: PartRule<Partial<O>>,
  defaults: O | undefined,
  given: Partial<O> | undefined
): O | null => {
  if (given === undefined || given === null) return null
  if (defaults !== undefined && areFlags(given, defaults)) return { ...defaults, ...given }
  const read: object = readRule(rule, field, given)
  return (read instanceof Violation ? read : { ...defaults, ...read }) as O
}

/** What is wrong with an object in a message, as something that is wrong with the message. */
const toldOf = ({ actual, nearest, option, rule }: Violation, field: string) => {
  if (option === field) return { actual, rule }
  const name = option.slice(field.length + 1)
  if (nearest === undefined) return { actual: `an object whose ${name} is ${actual}`, rule: `there ${rule}` }
  const meant = nearest === null ? "." : `; did you mean "${nearest}"?`
  return { actual: `an object with ${name}`, rule: `that does not exist${meant} ${rule}` }
}

const parts = Object.keys(messageParts) as ReadonlyArray<MessagePart>

/**
 * Whether a message is so plain that no rule needs to be asked: body, label, priority, delivery and the two numbers, well
 * under the limits. Most are, and asking every rule would cost as much as sending.
 */
const isPlain = (message: OutgoingProperties): boolean =>
  message.body instanceof Uint8Array &&
  message.body.length <= plainBody &&
  typeof message.label === "string" &&
  message.label.length <= maximumLabelLength &&
  !message.label.includes("\0") &&
  isUnsigned(message.priority, 7) &&
  isUnsigned(message.bodyType, 0xffff) &&
  isUnsigned(message.appSpecific, 0xffffffff) &&
  (message.delivery === "express" || message.delivery === "recoverable") &&
  message.correlationId === null &&
  message.extension === null &&
  message.responseQueue === null &&
  message.adminQueue === null &&
  message.deadLetterQueue === null &&
  !(message.acknowledge instanceof Violation) &&
  !(message.journaling instanceof Violation) &&
  typeof message.trace === "boolean" &&
  message.timeToReachQueue === null &&
  message.timeToBeReceived === null &&
  message.connector === null &&
  message.soap === null

const plainBody = maximumPacketSize - 4096

/** What is wrong with a message, or `undefined`: refused here, it is lost nowhere. */
export const illegality = (message: OutgoingProperties, index: number): IllegalMessage | undefined => {
  if (isPlain(message)) return undefined
  for (const field of parts) {
    const part: unknown = message[field]
    if (!(part instanceof Violation)) continue
    return { _tag: "IllegalMessage", index, field, ...toldOf(part, field) }
  }
  for (const { field, rule, holds, actual } of rules) {
    if (!holds(message)) return { _tag: "IllegalMessage", index, field, rule, actual: actual(message) }
  }
  const size = packetSize({ label: message.label, body: message.body, extension: message.extension ?? none })
  if (size <= maximumPacketSize) return undefined
  return {
    _tag: "IllegalMessage",
    index,
    field: "body",
    rule: `body, extension, label and headers may have at most ${maximumPacketSize} bytes together; send a reference to a larger body`,
    actual: `${message.body.length} bytes, which makes a message of ${size} bytes`
  }
}
