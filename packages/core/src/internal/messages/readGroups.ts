/** Groups of properties that a receiver reads, and the fields of a message without the others. */
import type { RareFields, ReadOptions } from "../../Message.ts"
import type { RareProperties, ReadGroup, ReadProperties } from "../../mqrt/MessageProperties.ts"
import { usualRead } from "../../mqrt/MessagePropertyTable.ts"
import type { NotRead } from "./NotRead.ts"
import { notRead } from "./NotRead.ts"

/**
 * Fields of a message whose group is not read. Those that a message to send has, too, would be lost in a copy that is sent, so
 * their value is refused there. That of `authenticated` must be falsy.
 */
const fieldsWithout: Readonly<Record<Exclude<ReadGroup, "rare">, Readonly<Record<string, NotRead | undefined>>>> = {
  body: { body: notRead },
  extension: { extension: notRead, headers: notRead },
  queues: { responseQueue: notRead, adminQueue: notRead, deadLetterQueue: notRead, destinationQueue: notRead },
  security: {
    authenticated: undefined,
    signatureVersion: undefined,
    hashAlgorithm: undefined,
    senderCertificate: undefined,
    senderIdType: undefined,
    senderId: undefined,
    privacyLevel: undefined,
    encryptionAlgorithm: undefined
  }
}

/** Returns the rule for a field of a message to send that its receiver did not read. */
export const notReadRule = (field: string): string => {
  const groups = Object.entries(fieldsWithout)
  const [group] = groups.find(([, fields]) => Object.hasOwn(fields, field)) ?? [field]
  return `its value is not known: open the receiver without \`read: { ${group}: false }\`, or give the message to send a ${field} of its own, or undefined`
}

/** Returns the groups that options name. */
export const readOf = (options: ReadOptions | undefined): ReadProperties => {
  if (options === undefined) return usualRead
  const { body = true, extension = true, queues = true, rare = false, security = true } = options
  return { body, extension, queues, rare, security }
}

/** Returns the fields that a message has instead of those that are not read; `undefined` where all are. */
export const fieldsLeftOut = (read: ReadProperties): Readonly<Record<string, NotRead | undefined>> | undefined => {
  const { body, extension, queues, security } = read
  if (body && extension && queues && security) return undefined
  return {
    ...(body ? undefined : fieldsWithout.body),
    ...(extension ? undefined : fieldsWithout.extension),
    ...(queues ? undefined : fieldsWithout.queues),
    ...(security ? undefined : fieldsWithout.security)
  }
}

/** Returns the fields of a message with rare properties. */
export const rareFields = (rare: RareProperties): RareFields => ({
  version: rare.version,
  provider: rare.provider ?? undefined,
  signature: rare.signature ?? undefined,
  symmetricKey: rare.symmetricKey ?? undefined,
  connectorType: rare.connectorType ?? undefined,
  destinationFormatName: rare.destinationFormatName ?? undefined,
  transactionStatusQueue: rare.transactionStatusQueue ?? undefined,
  soapEnvelope: rare.soapEnvelope ?? undefined,
  compoundMessage: rare.compoundMessage ?? undefined
})
