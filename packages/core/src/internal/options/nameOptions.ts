/** The fields that format names and path names are built from. What their texts may be, the grammar says. */
import type * as FormatName from "../../FormatName.ts"
import type * as PathName from "../../PathName.ts"
import { print } from "../names/formatNameGrammar.ts"
import { protocols } from "../names/nameAddresses.ts"
import { systemQueues } from "../../mqrt/QueueValues.ts"
import { type NameOf, tableOf } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { boolean, guarded, listOf, oneOf, orNull, required, text } from "./Rule.ts"

/** The fields of a kind of name, which may come with the tag of just that kind. */
const of = <const R extends Readonly<Record<string, Rule>>>(tag: string, rules: R): R & { readonly _tag: Rule } => ({
  ...rules,
  _tag: oneOf([tag])
})

type FieldsOf<F extends (fields: never) => unknown> = Parameters<F>[0]

const textOrNull = orNull(text)

const number = guarded("a number", (value): value is number => typeof value === "number" && !Number.isNaN(value))

const protocol = oneOf(Object.keys(protocols) as ReadonlyArray<FormatName.Protocol>)

const systemQueue = required(oneOf(systemQueues))

export const direct = tableOf<FieldsOf<typeof FormatName.direct>>()(
  of("Direct", {
    protocol,
    address: required(text),
    isPrivate: boolean,
    queue: required(text),
    journal: boolean,
    subqueue: textOrNull
  } satisfies { readonly [Name in NameOf<FieldsOf<typeof FormatName.direct>>]: Rule })
)

export const directSystem = tableOf<FieldsOf<typeof FormatName.directSystem>>()(
  of("DirectSystem", {
    protocol,
    address: required(text),
    systemQueue
  })
)

export const publicQueue = tableOf<FieldsOf<typeof FormatName.public>>()(
  of("Public", {
    queueGuid: required(text),
    journal: boolean
  })
)

export const privateQueue = tableOf<FieldsOf<typeof FormatName.private>>()(
  of("Private", {
    computerGuid: required(text),
    queueNumber: required(number),
    journal: boolean
  })
)

export const distributionList = tableOf<FieldsOf<typeof FormatName.distributionList>>()(
  of("DistributionList", {
    listGuid: required(text),
    domain: textOrNull
  })
)

export const machine = tableOf<FieldsOf<typeof FormatName.machine>>()(
  of("Machine", { computerGuid: required(text), systemQueue })
)

export const connector = tableOf<FieldsOf<typeof FormatName.connector>>()(
  of("Connector", {
    connectorGuid: required(text),
    xactOnly: boolean
  })
)

export const multicast = tableOf<FieldsOf<typeof FormatName.multicast>>()(
  of("Multicast", {
    address: required(text),
    port: required(number)
  })
)

export const queuePath = tableOf<FieldsOf<typeof PathName.queuePath>>()(
  of("QueuePath", {
    computer: text,
    isPrivate: boolean,
    queue: required(text),
    subqueue: textOrNull
  })
)

export const systemQueuePath = tableOf<FieldsOf<typeof PathName.systemQueuePath>>()(
  of("SystemQueuePath", { computer: text, systemQueue })
)

/** Rule for one element of a name: it has a text, which the grammar then reads. */
const element = guarded("a format name, as FormatName makes it", (value): value is FormatName.Element => {
  if (typeof value !== "object" || value === null || !("_tag" in value) || typeof value._tag !== "string") return false
  try {
    return typeof print(value as FormatName.FormatName) === "string"
  } catch {
    return false
  }
})

export const elements = listOf(element)
