import type { MessageBody } from "../bodies/Codec.ts"
import type { ReadOptions } from "../../Message.ts"
import { privacyLevels, shareModes } from "../../mqrt/QueueValues.ts"
import type { Message } from "../../Message.ts"
import type { SenderDefaults } from "../sending/senderDefaults.ts"
import { receiveAccesses } from "../queues/receiveAccesses.ts"
import { codec } from "./codecs.ts"
import { duration } from "./durations.ts"
import { messageParts } from "./messageParts.ts"
import { nested, tableOf } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { anyOf, boolean, guarded, guid, oneOf, text, textUpTo, wholeNumber, wordOf } from "./Rule.ts"
import { sendOptions } from "./sendOptions.ts"
import { Violation } from "./Violation.ts"

/** Length of the longest label of a queue, in UTF-16 units. */
export const maximumLabelLength = 124

/** Rule for a quota in kilobytes. All bits set would mean no quota to Message Queuing. */
const quota = wholeNumber(0, 0xffff_fffe)

const none = oneOf(["none"])

export const multicastAddress = guarded(
  'a multicast address of 224.0.0.0 to 239.255.255.255 and a port, such as "234.1.1.1:8001"',
  (value): value is string => {
    const parts =
      typeof value === "string" ? /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3}):(\d{1,5})$/.exec(value) : null
    const [first = 0, second = 0, third = 0, fourth = 0, port = 0] = (parts ?? []).slice(1).map(Number)
    return first >= 224 && first <= 239 && Math.max(second, third, fourth) <= 255 && port >= 1 && port <= 0xffff
  }
)

const changeable = {
  label: textUpTo(maximumLabelLength),
  authenticate: boolean,
  journal: boolean,
  privacyLevel: wordOf(privacyLevels),
  basePriority: wholeNumber(-0x8000, 0x7fff)
}

export const createOptions = tableOf({
  ...changeable,
  transactional: boolean,
  quota,
  journalQuota: quota,
  multicastAddress,
  type: guid,
  securityDescriptor: text
})

const quotaOrUnlimited = anyOf<unknown>(`${quota.allowed}, or "unlimited"`, quota, oneOf(["unlimited"]))

export const changes = tableOf({
  ...changeable,
  quota: quotaOrUnlimited,
  journalQuota: quotaOrUnlimited,
  multicastAddress: anyOf(`${multicastAddress.allowed}, or "none"`, multicastAddress, none),
  type: anyOf(`${guid.allowed}, or "none"`, guid, none)
})

/** Rule for the default of a field, which the sender checks as that of a message. */
const field = guarded("a value for this field of a message", (value): value is unknown => value !== null)

const messageDefaults = {
  body: field,
  bodyType: field,
  label: field,
  priority: field,
  delivery: field,
  correlationId: field,
  appSpecific: field,
  extension: field,
  headers: field,
  responseQueue: field,
  adminQueue: field,
  deadLetterQueue: field,
  timeToReachQueue: field,
  timeToBeReceived: field,
  trace: field,
  ...messageParts
} satisfies Record<keyof Message, Rule>

/** Makes the table of a sender's options, with rules for its defaults that take the place of those here. */
export const openSenderOptionsWith = (rules: { readonly securityContext: Rule }) =>
  tableOf({
    body: codec,
    transactional: boolean,
    defaults: nested<SenderDefaults>(
      "defaults",
      tableOf({ ...messageDefaults, ...sendOptions.rules, ...rules, transaction: oneOf(["none", "singleMessage"]) })
    )
  })

export const openSenderOptions = openSenderOptionsWith(sendOptions.rules)

export const cachedSenderOptions = tableOf({ body: codec, transactional: boolean })

/** Options of a send over the cache: those of the sender, and those of the send. */
export const oneOffSendOptions = tableOf({ ...cachedSenderOptions.rules, ...sendOptions.rules })

export const senderCacheOptions = tableOf({ idleTimeToLive: duration, capacity: wholeNumber(0, Infinity) })

const read = nested<ReadOptions>(
  "groups of properties to read",
  tableOf({ body: boolean, extension: boolean, queues: boolean, security: boolean, rare: boolean })
)

/** Groups of properties that a receiver reads unless it says otherwise. */
const readByDefault: Required<ReadOptions> = { body: true, extension: true, queues: true, security: true, rare: false }

/** A codec decodes the body, so the body has to be read, and whatever else the codec names. */
const readsForCodec = ({
  body: codec,
  read
}: {
  readonly body?: MessageBody<never, unknown>
  readonly read?: ReadOptions
}): Violation | undefined => {
  if (codec === undefined) return undefined
  if (read?.body === false) {
    return new Violation(
      "body",
      "a codec decodes the bodies, and read: { body: false } leaves them out; give one of the two",
      "a codec and read: { body: false }"
    )
  }
  const missing = codec.reads?.find((group) => (read?.[group] ?? readByDefault[group]) !== true)
  return missing === undefined
    ? undefined
    : new Violation(
        "read",
        `the codec ${codec.name} needs the group ${missing}: give read: { ${missing}: true }`,
        read?.[missing] === undefined ? "given without it" : `{ ${missing}: false }`
      )
}

export const openReceiverOptions = tableOf(
  { body: codec, shareMode: wordOf(shareModes), access: wordOf(receiveAccesses), read },
  readsForCodec
)

export const purgeOptions = tableOf({ outgoing: boolean })
