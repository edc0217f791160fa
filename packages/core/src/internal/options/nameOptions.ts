/** Fields that format names and path names are made from. The grammar checks their texts. */
import type { Element, FormatName, Protocol } from "../names/formatNameKinds.ts"
import { print } from "../names/formatNameGrammar.ts"
import { protocols } from "../names/nameAddresses.ts"
import { systemQueues } from "../../mqrt/QueueValues.ts"
import { type OptionTable, tableOf } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { boolean, guarded, listOf, oneOf, orNull, required, text } from "./Rule.ts"

/** Makes the table of the fields of a kind of name, which may also have the tag of that kind. */
const fieldsOf = <Name extends string>(tag: string, rules: { readonly [N in Name]: Rule }): OptionTable<Name> => {
  const tagged = { ...rules, _tag: oneOf([tag]) }
  return tableOf<Name>(tagged)
}

const textOrNull = orNull(text)

const number = guarded("a number", (value): value is number => typeof value === "number" && !Number.isNaN(value))

const protocol = oneOf(Object.keys(protocols) as ReadonlyArray<Protocol>)

const systemQueue = required(oneOf(systemQueues))

export const direct = fieldsOf("Direct", {
  protocol,
  address: required(text),
  isPrivate: boolean,
  queue: required(text),
  journal: boolean,
  subqueue: textOrNull
})

export const directSystem = fieldsOf("DirectSystem", {
  protocol,
  address: required(text),
  systemQueue
})

export const publicQueue = fieldsOf("Public", {
  queueGuid: required(text),
  journal: boolean
})

export const privateQueue = fieldsOf("Private", {
  computerGuid: required(text),
  queueNumber: required(number),
  journal: boolean
})

export const distributionList = fieldsOf("DistributionList", {
  listGuid: required(text),
  domain: textOrNull
})

export const machine = fieldsOf("Machine", { computerGuid: required(text), systemQueue })

export const connector = fieldsOf("Connector", {
  connectorGuid: required(text),
  xactOnly: boolean
})

export const multicast = fieldsOf("Multicast", {
  address: required(text),
  port: required(number)
})

export const queuePath = fieldsOf("QueuePath", {
  computer: text,
  isPrivate: boolean,
  queue: required(text),
  subqueue: textOrNull
})

export const systemQueuePath = fieldsOf("SystemQueuePath", { computer: text, systemQueue })

/** Rule for one element of a name, which must have a text. The grammar then reads that. */
const element = guarded("a format name, as FormatName makes it", (value): value is Element => {
  if (typeof value !== "object" || value === null || !("_tag" in value) || typeof value._tag !== "string") return false
  try {
    return typeof print(value as FormatName) === "string"
  } catch {
    return false
  }
})

export const elements = listOf(element)
