import type { MessageBody } from "../../MessageBody.ts"
import type { OpenReceiverOptions, OpenSenderOptions, PurgeOptions } from "../../MessageQueue.ts"
import type { Restriction } from "../queues/locating.ts"
import type { Changes, CreateOptions } from "../queues/queueRecords.ts"
import { privacyLevels, relations, restrictedProperties, shareModes } from "../../mqrt/QueueValues.ts"
import { isFunction } from "./Rule.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { anyOf, boolean, guarded, guid, listOf, oneOf, required, text, textUpTo, wholeNumber, wordOf } from "./Rule.ts"
import type { Violation } from "./Violation.ts"
import { violationOf } from "./Rule.ts"

/** A quota in kilobytes: all bits set is Message Queuing's own word for none. */
const quota = wholeNumber(0, 0xffff_fffe)

const none = oneOf(["none"])

const multicastAddress = guarded(
  'a multicast address of 224.0.0.0 to 239.255.255.255 and a port, such as "234.1.1.1:8001"',
  (value): value is string => {
    const parts =
      typeof value === "string" ? /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3}):(\d{1,5})$/.exec(value) : null
    const [first = 0, second = 0, third = 0, fourth = 0, port = 0] = (parts ?? []).slice(1).map(Number)
    return first >= 224 && first <= 239 && Math.max(second, third, fourth) <= 255 && port >= 1 && port <= 0xffff
  }
)

const changeable = {
  label: textUpTo(124),
  authenticate: boolean,
  journal: boolean,
  privacyLevel: wordOf(privacyLevels),
  basePriority: wholeNumber(-0x8000, 0x7fff)
}

export const createOptions = tableOf<CreateOptions>()({
  ...changeable,
  transactional: boolean,
  quota,
  journalQuota: quota,
  multicastAddress,
  type: guid,
  securityDescriptor: text
})

const quotaOrUnlimited = anyOf<unknown>(`${quota.allowed}, or "unlimited"`, quota, oneOf(["unlimited"]))

export const changes = tableOf<Changes>()({
  ...changeable,
  quota: quotaOrUnlimited,
  journalQuota: quotaOrUnlimited,
  multicastAddress: anyOf(`${multicastAddress.allowed}, or "none"`, multicastAddress, none),
  type: anyOf(`${guid.allowed}, or "none"`, guid, none)
})

const codec = guarded(
  "a codec of MessageBody, with name, encode and decode",
  (value): value is MessageBody<unknown> =>
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "encode" in value &&
    isFunction(value.encode) &&
    "decode" in value &&
    isFunction(value.decode)
)

export const openSenderOptions = tableOf<OpenSenderOptions>()({ body: codec, transactional: boolean })

export const openReceiverOptions = tableOf<OpenReceiverOptions>()({
  body: codec,
  shareMode: wordOf(shareModes),
  access: oneOf(["receive", "peek"])
})

export const purgeOptions = tableOf<PurgeOptions>()({ outgoing: boolean })

const date = guarded("a valid Date", (value): value is Date => value instanceof Date && !Number.isNaN(value.getTime()))

/** Values that each property is compared with. */
const comparable = { label: text, type: text, createTime: date, modifyTime: date } satisfies {
  readonly [Property in Restriction["property"]]: unknown
}

const restriction = tableOf<Restriction>()(
  {
    property: required(oneOf(restrictedProperties)),
    relation: required(wordOf(relations)),
    // What it may be depends on the property.
    value: required(guarded("a string or a valid Date", (value): value is unknown => value !== null))
  },
  ({ property, value }): Violation | undefined => {
    const { allowed, read } = comparable[property]
    return read(value, "value") === value ? undefined : violationOf("value", allowed, value)
  }
)

export const restrictions = listOf(nested<Restriction>("a restriction", restriction))
