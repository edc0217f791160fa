/**
 * Schemas of the records of the seam, as they cross the wire. Each has exactly the type of core's record: a field or a word that one of
 * them has and the other lacks is an error of the compiler.
 */
import type { Access, Credentials, SecurityContextApi, SecurityParts, ShareMode } from "@effect-msmq/core/Mqrt"
import type {
  AccountOfNameProperties,
  AccountOfSidProperties,
  AccountKind
} from "@effect-msmq/core/mqrt/AccountProperties"
import { accountKinds } from "@effect-msmq/core/mqrt/AccountProperties"
import type { StoredCertificateProperties } from "@effect-msmq/core/mqrt/CertificateProperties"
import type {
  ComputerManagementProperties,
  PrivateComputerProperties,
  QueueManagementProperties,
  QueueManagerProperties,
  SequenceInfo
} from "@effect-msmq/core/mqrt/ManagementProperties"
import type {
  LookupAction,
  OutgoingProperties,
  ReadProperties,
  ReceivedProperties,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as MessageValues from "@effect-msmq/core/mqrt/MessageValues"
import type {
  LocatedQueueProperties,
  LocateRestriction,
  NewQueueProperties,
  QueueChanges,
  QueueProperties
} from "@effect-msmq/core/mqrt/QueueProperties"
import * as QueueValues from "@effect-msmq/core/mqrt/QueueValues"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { text } from "./text.ts"

/** Schema of a type, whatever it looks like on the wire. */
type Of<A> = Schema.Codec<A, unknown>

/** Returns a function that takes a schema of exactly a type. */
const of =
  <A>() =>
  <B extends A>(schema: Of<B> & ([A] extends [B] ? unknown : "the schema takes less than the type")): Of<A> =>
    schema

/** Returns the schema of a word that a table has. */
const wordOf = <const Table extends object>(table: Table) =>
  Schema.Literals(Object.keys(table) as unknown as readonly [keyof Table & string, ...Array<keyof Table & string>])

const bytes = Schema.Uint8Array
const bytesOrNull = Schema.NullOr(bytes)
const textOrNull = Schema.NullOr(text)
const numberOrNull = Schema.NullOr(Schema.Finite)
const provider = Schema.NullOr(Schema.Struct({ name: text, type: Schema.Finite }))

/** Schema of a handle: the number that a session gave it. */
export const handle = Schema.Finite

/** Schema of a transaction argument, with a number for a handle. */
export const transactionArgument = Schema.Union([
  Schema.Literals(["none", "mts", "xa", "singleMessage"]),
  Schema.Finite
])

/** Transaction argument on the wire. */
export type WireTransaction = typeof transactionArgument.Type

const messageFields = {
  bodyType: Schema.Finite,
  label: text,
  priority: Schema.Finite,
  delivery: wordOf(MessageValues.deliveries),
  acknowledge: Schema.NullOr(
    Schema.Struct({
      positiveArrival: Schema.Boolean,
      positiveReceive: Schema.Boolean,
      negativeArrival: Schema.Boolean,
      negativeReceive: Schema.Boolean
    })
  ),
  journaling: Schema.NullOr(Schema.Struct({ deadLetter: Schema.Boolean, journal: Schema.Boolean })),
  correlationId: bytesOrNull,
  appSpecific: Schema.Finite,
  extension: bytesOrNull,
  timeToReachQueue: numberOrNull,
  timeToBeReceived: numberOrNull,
  responseQueue: textOrNull,
  adminQueue: textOrNull,
  deadLetterQueue: textOrNull,
  trace: Schema.Boolean
}

export const outgoing = of<OutgoingProperties>()(
  Schema.Struct({
    body: bytes,
    ...messageFields,
    connector: Schema.NullOr(
      Schema.Struct({
        type: text,
        class: Schema.Finite,
        authenticated: Schema.Boolean,
        signature: bytesOrNull,
        symmetricKey: bytesOrNull
      })
    ),
    soap: Schema.NullOr(Schema.Struct({ header: textOrNull, body: textOrNull }))
  })
)

export const received = of<ReceivedProperties>()(
  Schema.Struct({
    ...messageFields,
    body: bytesOrNull,
    bodySize: Schema.Finite,
    messageId: text,
    lookupId: Schema.BigInt,
    class: Schema.Finite,
    sentTime: Schema.Finite,
    arrivedTime: Schema.Finite,
    authenticated: numberOrNull,
    hashAlgorithm: Schema.NullOr(wordOf(MessageValues.hashAlgorithms)),
    senderCertificate: bytesOrNull,
    senderIdType: Schema.NullOr(wordOf(MessageValues.senderIdTypes)),
    senderId: bytesOrNull,
    privacyLevel: Schema.NullOr(wordOf(MessageValues.privacyLevels)),
    encryptionAlgorithm: Schema.NullOr(wordOf(MessageValues.encryptionAlgorithms)),
    destinationQueue: textOrNull,
    sourceMachineId: text,
    firstInTransaction: Schema.Boolean,
    lastInTransaction: Schema.Boolean,
    transactionId: textOrNull,
    abortCount: Schema.Finite,
    moveCount: Schema.Finite,
    lastMoveTime: Schema.Finite,
    rare: Schema.NullOr(
      Schema.Struct({
        version: Schema.Finite,
        provider,
        signature: bytesOrNull,
        symmetricKey: bytesOrNull,
        connectorType: textOrNull,
        destinationFormatName: textOrNull,
        transactionStatusQueue: textOrNull,
        soapEnvelope: textOrNull,
        compoundMessage: bytesOrNull
      })
    )
  })
)

/** Parameters of a batch, with numbers for handles. */
export type WireSendParameters = Omit<SendParameters, "securityContext" | "transaction"> & {
  readonly securityContext: number | null
  readonly transaction: WireTransaction
}

export const sendParameters = of<WireSendParameters>()(
  Schema.Struct({
    securityContext: Schema.NullOr(handle),
    senderCertificate: bytesOrNull,
    authenticationLevel: wordOf(MessageValues.authenticationLevels),
    hashAlgorithm: Schema.NullOr(wordOf(MessageValues.hashAlgorithms)),
    provider,
    senderIdType: wordOf(MessageValues.senderIdTypes),
    privacyLevel: wordOf(MessageValues.privacyLevels),
    encryptionAlgorithm: Schema.NullOr(wordOf(MessageValues.encryptionAlgorithms)),
    transaction: transactionArgument,
    messageIds: Schema.Boolean
  })
)

export const read = of<ReadProperties>()(
  Schema.Struct({
    body: Schema.Boolean,
    extension: Schema.Boolean,
    queues: Schema.Boolean,
    security: Schema.Boolean,
    rare: Schema.Boolean
  })
)

export const lookupAction = of<LookupAction>()(wordOf(MessageValues.lookupActions))
export const access = of<Access>()(wordOf(QueueValues.accesses))
export const shareMode = of<ShareMode>()(wordOf(QueueValues.shareModes))
export const securityContextApi = of<SecurityContextApi>()(Schema.Literals(QueueValues.securityContextApis))

const redacted: Of<Redacted.Redacted<string>> = text.pipe(
  Schema.decodeTo(Schema.Redacted(Schema.String), {
    decode: SchemaGetter.transform((text: string) => Redacted.make(text)),
    encode: SchemaGetter.transform((secret: Redacted.Redacted<string>) => Redacted.value(secret))
  })
)

export const credentials = of<Credentials>()(
  Schema.Struct({
    user: text,
    domain: textOrNull,
    password: redacted
  })
)

const mutableQueueFields = {
  label: text,
  type: text,
  authenticate: Schema.Boolean,
  journal: Schema.Boolean,
  quota: numberOrNull,
  journalQuota: numberOrNull,
  basePriority: Schema.Finite,
  privacyLevel: wordOf(QueueValues.privacyLevels),
  multicastAddress: textOrNull
}

const newQueueFields = { ...mutableQueueFields, pathName: text, transactional: Schema.Boolean }

export const newQueue = of<NewQueueProperties>()(Schema.Struct(newQueueFields))

export const queue = of<QueueProperties>()(
  Schema.Struct({
    ...newQueueFields,
    instance: textOrNull,
    createTime: Schema.Finite,
    modifyTime: Schema.Finite,
    pathNameDns: textOrNull,
    adsPath: textOrNull
  })
)

const changedQuota = Schema.NullOr(Schema.Union([Schema.Literals(["unlimited"]), Schema.Finite]))

export const queueChanges = of<QueueChanges>()(
  Schema.Struct({
    label: textOrNull,
    type: textOrNull,
    authenticate: Schema.NullOr(Schema.Boolean),
    journal: Schema.NullOr(Schema.Boolean),
    quota: changedQuota,
    journalQuota: changedQuota,
    basePriority: numberOrNull,
    privacyLevel: Schema.NullOr(wordOf(QueueValues.privacyLevels)),
    multicastAddress: textOrNull
  })
)

export const locateRestriction = of<LocateRestriction>()(
  Schema.Struct({
    property: Schema.Literals(QueueValues.restrictedProperties),
    relation: wordOf(QueueValues.relations),
    value: Schema.Union([text, Schema.Finite])
  })
)

export const locatedQueue = of<LocatedQueueProperties>()(
  Schema.Struct({
    instance: text,
    pathName: text,
    label: text,
    type: text,
    createTime: Schema.Finite,
    modifyTime: Schema.Finite,
    transactional: Schema.Boolean
  })
)

export const securityParts = of<SecurityParts>()(
  Schema.Struct({
    owner: Schema.Boolean,
    group: Schema.Boolean,
    dacl: Schema.Boolean,
    sacl: Schema.Boolean
  })
)

const accountKind = of<AccountKind>()(wordOf(accountKinds))

export const accountOfName = of<AccountOfNameProperties>()(
  Schema.Struct({
    sid: bytes,
    domain: text,
    kind: accountKind
  })
)

export const accountOfSid = of<AccountOfSidProperties>()(
  Schema.Struct({
    name: text,
    domain: text,
    kind: accountKind
  })
)

export const storedCertificate = of<StoredCertificateProperties>()(
  Schema.Struct({
    der: bytes,
    friendlyName: textOrNull,
    key: Schema.NullOr(Schema.Struct({ provider: text, providerType: Schema.Finite }))
  })
)

export const queueManager = of<QueueManagerProperties>()(
  Schema.Struct({
    siteId: textOrNull,
    machineId: text,
    pathName: text,
    pathNameDns: textOrNull,
    connections: Schema.Array(text),
    encryptionKey: bytesOrNull,
    encryptionKeyBase: bytesOrNull,
    encryptionKeyEnhanced: bytesOrNull,
    encryptionKeyAes: bytesOrNull
  })
)

export const privateComputer = of<PrivateComputerProperties>()(
  Schema.Struct({
    version: Schema.Finite,
    directoryEnabled: Schema.Boolean
  })
)

export const computerManagement = of<ComputerManagementProperties>()(
  Schema.Struct({
    activeQueues: Schema.Array(text),
    privateQueues: Schema.Array(text),
    directoryServer: textOrNull,
    connected: Schema.Boolean,
    type: text,
    bytesInAllQueues: Schema.BigInt
  })
)

const sequence = of<SequenceInfo>()(
  Schema.Struct({
    sequenceId: Schema.BigInt,
    sequenceNumber: Schema.Finite,
    previousNumber: Schema.Finite
  })
)

export const queueManagement = of<QueueManagementProperties>()(
  Schema.Struct({
    pathName: textOrNull,
    formatName: text,
    type: text,
    isLocal: Schema.Boolean,
    transactional: Schema.NullOr(Schema.Boolean),
    foreign: Schema.NullOr(Schema.Boolean),
    messageCount: Schema.Finite,
    bytesInQueue: Schema.Finite,
    journalMessageCount: Schema.Finite,
    bytesInJournal: Schema.Finite,
    state: text,
    nextHops: Schema.Array(text),
    subqueues: Schema.Array(text),
    sources: Schema.Array(
      Schema.Struct({
        formatName: text,
        senderId: text,
        sequenceId: Schema.BigInt,
        sequenceNumber: Schema.Finite,
        lastAccessTime: Schema.Finite,
        rejectCount: Schema.Finite
      })
    ),
    endOfData: Schema.Struct({
      lastAcknowledged: Schema.NullOr(sequence),
      lastAcknowledgedTime: numberOrNull,
      lastAcknowledgedCount: numberOrNull,
      firstUnacknowledged: Schema.NullOr(sequence),
      lastUnacknowledged: Schema.NullOr(sequence),
      next: Schema.NullOr(sequence),
      unreadCount: numberOrNull,
      unacknowledgedCount: numberOrNull,
      resendTime: numberOrNull,
      resendInterval: numberOrNull,
      resendCount: numberOrNull
    })
  })
)
