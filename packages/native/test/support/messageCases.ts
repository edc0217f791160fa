/** Messages with every property that `mq.h` knows: the bytes that are sent, and what is read back. */
import type {
  OutgoingProperties,
  RareProperties,
  ReceivedProperties,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"

/** VARTYPEs of the properties. */
export const UI1 = 17
export const UI2 = 18
export const UI4 = 19
export const UI8 = 21
export const TEXT = 31
export const GUID = 72
export const BYTES = 0x1011

/** All properties of messages: number and VARTYPE as in `mq.h`. */
export const properties = {
  CLASS: [1, UI2],
  MSGID: [2, BYTES],
  CORRELATIONID: [3, BYTES],
  PRIORITY: [4, UI1],
  DELIVERY: [5, UI1],
  ACKNOWLEDGE: [6, UI1],
  JOURNAL: [7, UI1],
  APPSPECIFIC: [8, UI4],
  BODY: [9, BYTES],
  BODY_SIZE: [10, UI4],
  LABEL: [11, TEXT],
  LABEL_LEN: [12, UI4],
  TIME_TO_REACH_QUEUE: [13, UI4],
  TIME_TO_BE_RECEIVED: [14, UI4],
  RESP_QUEUE: [15, TEXT],
  RESP_QUEUE_LEN: [16, UI4],
  ADMIN_QUEUE: [17, TEXT],
  ADMIN_QUEUE_LEN: [18, UI4],
  VERSION: [19, UI4],
  SENDERID: [20, BYTES],
  SENDERID_LEN: [21, UI4],
  SENDERID_TYPE: [22, UI4],
  PRIV_LEVEL: [23, UI4],
  AUTH_LEVEL: [24, UI4],
  AUTHENTICATED: [25, UI1],
  HASH_ALG: [26, UI4],
  ENCRYPTION_ALG: [27, UI4],
  SENDER_CERT: [28, BYTES],
  SENDER_CERT_LEN: [29, UI4],
  SRC_MACHINE_ID: [30, GUID],
  SENTTIME: [31, UI4],
  ARRIVEDTIME: [32, UI4],
  DEST_QUEUE: [33, TEXT],
  DEST_QUEUE_LEN: [34, UI4],
  EXTENSION: [35, BYTES],
  EXTENSION_LEN: [36, UI4],
  SECURITY_CONTEXT: [37, UI4],
  CONNECTOR_TYPE: [38, GUID],
  XACT_STATUS_QUEUE: [39, TEXT],
  XACT_STATUS_QUEUE_LEN: [40, UI4],
  TRACE: [41, UI1],
  BODY_TYPE: [42, UI4],
  DEST_SYMM_KEY: [43, BYTES],
  DEST_SYMM_KEY_LEN: [44, UI4],
  SIGNATURE: [45, BYTES],
  SIGNATURE_LEN: [46, UI4],
  PROV_TYPE: [47, UI4],
  PROV_NAME: [48, TEXT],
  PROV_NAME_LEN: [49, UI4],
  FIRST_IN_XACT: [50, UI1],
  LAST_IN_XACT: [51, UI1],
  XACTID: [52, BYTES],
  AUTHENTICATED_EX: [53, UI1],
  RESP_FORMAT_NAME: [54, TEXT],
  RESP_FORMAT_NAME_LEN: [55, UI4],
  DEST_FORMAT_NAME: [58, TEXT],
  DEST_FORMAT_NAME_LEN: [59, UI4],
  LOOKUPID: [60, UI8],
  SOAP_ENVELOPE: [61, TEXT],
  SOAP_ENVELOPE_LEN: [62, UI4],
  COMPOUND_MESSAGE: [63, BYTES],
  COMPOUND_MESSAGE_SIZE: [64, UI4],
  SOAP_HEADER: [65, TEXT],
  SOAP_BODY: [66, TEXT],
  DEADLETTER_QUEUE: [67, TEXT],
  DEADLETTER_QUEUE_LEN: [68, UI4],
  ABORT_COUNT: [69, UI4],
  MOVE_COUNT: [70, UI4],
  LAST_MOVE_TIME: [75, UI4]
} as const satisfies Record<string, readonly [id: number, vartype: number]>

/** Name of a property, without `PROPID_M_`. */
export type PropertyName = keyof typeof properties

/** Returns bytes that count up. */
export const bytes = (length: number, first = 1) => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff)

/** Values as a send passes them: hexadecimal, in the order of the memory. */
export const hex = {
  ui1: (value: number) => Buffer.of(value).toString("hex"),
  ui2: (value: number) => Buffer.from(Uint16Array.of(value).buffer).toString("hex"),
  ui4: (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString("hex"),
  text: (value: string) => Buffer.from(value, "utf16le").toString("hex"),
  bytes: (value: Uint8Array) => Buffer.from(value).toString("hex")
}

/** Properties that are sent: hexadecimal, in the order of the memory. */
export type Sent = Readonly<Partial<Record<PropertyName, string>>>

/** A message, the properties that are sent for it, and those that a receive then gives and a plain message does not have. */
export interface MessageCase {
  readonly name: string
  readonly message?: Partial<OutgoingProperties>
  readonly options?: Partial<SendParameters>
  readonly sent: Sent
  readonly received?: Partial<ReceivedProperties>
  readonly rare?: Partial<RareProperties>
}

/** A property that a receive gives as it was sent. */
const same = (
  message: Partial<OutgoingProperties> & Partial<ReceivedProperties>,
  sent: Sent,
  name?: string
): MessageCase => ({
  name: name ?? Object.keys(message).join(),
  message,
  sent,
  received: message
})

/** GUID of a connector application. */
export const connectorType = "00112233-4455-6677-8899-aabbccddeeff"
const connector = { type: connectorType, class: 0, authenticated: false, signature: null, symmetricKey: null }
const connectorSent = { CONNECTOR_TYPE: "33221100554477668899aabbccddeeff" }

/** Certificate that the double takes for the internal one. */
export const internalCertificate = Uint8Array.of(0x30, 0x0a, 0x0c, 0x08, ...Buffer.from("internal"))
const signed = { authenticated: 1, hashAlgorithm: "sha512", senderCertificate: internalCertificate } as const

const bits = (count: number) => Array.from({ length: 2 ** count - 1 }, (_, index) => index + 1)

/** Messages with one property each, or with one connector or SOAP property. */
export const ofMessage: ReadonlyArray<MessageCase> = [
  same({ body: bytes(5) }, { BODY: "0102030405" }),
  same({ body: bytes(1) }, { BODY: "01" }, "body of one byte"),
  same({ bodyType: 0xffff }, { BODY_TYPE: hex.ui4(0xffff) }),
  same({ label: "Żółw 🐢 \ud83d" }, { LABEL: hex.text("Żółw 🐢 \ud83d") }),
  same({ label: "x".repeat(249) }, { LABEL: hex.text("x".repeat(249)) }, "label of 249 units"),
  ...[0, 1, 2, 4, 5, 6, 7].map((priority) =>
    same({ priority }, { PRIORITY: hex.ui1(priority) }, `priority ${priority}`)
  ),
  same({ delivery: "recoverable" }, { DELIVERY: "01" }),
  ...bits(4).map((value) => {
    const acknowledge = {
      positiveArrival: (value & 1) !== 0,
      positiveReceive: (value & 2) !== 0,
      negativeArrival: (value & 4) !== 0,
      negativeReceive: (value & 8) !== 0
    }
    return same({ acknowledge }, { ACKNOWLEDGE: hex.ui1(value) }, `acknowledge ${value}`)
  }),
  ...bits(2).map((value) => {
    const journaling = { deadLetter: (value & 1) !== 0, journal: (value & 2) !== 0 }
    return same({ journaling }, { JOURNAL: hex.ui1(value) }, `journaling ${value}`)
  }),
  same({ correlationId: bytes(20, 100) }, { CORRELATIONID: hex.bytes(bytes(20, 100)) }),
  same({ appSpecific: 0xffff_ffff }, { APPSPECIFIC: "ffffffff" }),
  same({ extension: bytes(3, 9) }, { EXTENSION: "090a0b" }),
  same({ timeToReachQueue: 0 }, { TIME_TO_REACH_QUEUE: "00000000" }, "timeToReachQueue 0"),
  same({ timeToReachQueue: 0xffff_fffd }, { TIME_TO_REACH_QUEUE: "fdffffff" }),
  same({ timeToBeReceived: 86_400 }, { TIME_TO_BE_RECEIVED: hex.ui4(86_400) }),
  same({ timeToBeReceived: 0xffff_fffd }, { TIME_TO_BE_RECEIVED: "fdffffff" }, "timeToBeReceived, the longest"),
  same(
    { responseQueue: "DIRECT=OS:a\\private$\\b,DIRECT=OS:c\\private$\\żółw" },
    { RESP_FORMAT_NAME: hex.text("DIRECT=OS:a\\private$\\b,DIRECT=OS:c\\private$\\żółw") }
  ),
  same({ adminQueue: "DIRECT=OS:a\\private$\\admin" }, { ADMIN_QUEUE: hex.text("DIRECT=OS:a\\private$\\admin") }),
  same({ deadLetterQueue: ".\\private$\\dead" }, { DEADLETTER_QUEUE: hex.text(".\\private$\\dead") }),
  same({ trace: true }, { TRACE: "01" }),
  {
    name: "connector type",
    message: { connector },
    sent: connectorSent,
    rare: { connectorType }
  },
  {
    name: "connector class",
    message: { connector: { ...connector, class: 0x8001 } },
    sent: { ...connectorSent, CLASS: "0180" },
    received: { class: 0x8001 },
    rare: { connectorType }
  },
  {
    name: "connector authenticated",
    message: { connector: { ...connector, authenticated: true } },
    sent: { ...connectorSent, AUTHENTICATED: "01" },
    rare: { connectorType }
  },
  {
    name: "connector signature",
    message: { connector: { ...connector, signature: bytes(300, 50) } },
    sent: { ...connectorSent, SIGNATURE: hex.bytes(bytes(300, 50)) },
    rare: { connectorType, signature: bytes(300, 50) }
  },
  {
    name: "connector symmetricKey",
    message: { connector: { ...connector, symmetricKey: bytes(9, 60) } },
    sent: { ...connectorSent, DEST_SYMM_KEY: hex.bytes(bytes(9, 60)) },
    rare: { connectorType, symmetricKey: bytes(9, 60) }
  },
  {
    name: "soap header",
    message: { soap: { header: "<a>ż</a>", body: null } },
    sent: { SOAP_HEADER: hex.text("<a>ż</a>") }
  },
  {
    name: "soap body",
    message: { soap: { header: null, body: "<b>🐢</b>" } },
    sent: { SOAP_BODY: hex.text("<b>🐢</b>") }
  }
]

/** Sends with one option each. */
export const ofOptions: ReadonlyArray<MessageCase> = [
  {
    name: "senderCertificate",
    options: { senderCertificate: bytes(2000, 0x30) },
    sent: { SENDER_CERT: hex.bytes(bytes(2000, 0x30)) },
    received: { senderCertificate: bytes(2000, 0x30) }
  },
  ...(
    [
      ["always", 1],
      ["msmq10", 2],
      ["msmq20", 4],
      ["msmq30", 8]
    ] as const
  ).map(([authenticationLevel, number]) => ({
    name: `authenticationLevel ${authenticationLevel}`,
    options: { authenticationLevel },
    sent: { AUTH_LEVEL: hex.ui4(number) },
    received: signed
  })),
  {
    name: "hashAlgorithm, not signed",
    options: { hashAlgorithm: "sha512" },
    sent: { HASH_ALG: hex.ui4(0x800e) }
  },
  ...(
    [
      ["md2", 0x8001],
      ["md4", 0x8002],
      ["md5", 0x8003],
      ["sha1", 0x8004],
      ["sha256", 0x800c],
      ["sha384", 0x800d],
      ["sha512", 0x800e]
    ] as const
  ).map(([hashAlgorithm, number]) => ({
    name: `hashAlgorithm ${hashAlgorithm}`,
    options: { authenticationLevel: "always" as const, hashAlgorithm },
    sent: { AUTH_LEVEL: "01000000", HASH_ALG: hex.ui4(number) },
    received: { ...signed, hashAlgorithm }
  })),
  {
    name: "provider",
    options: { provider: { name: "Microsoft Żółw Provider", type: 24 } },
    sent: { PROV_NAME: hex.text("Microsoft Żółw Provider"), PROV_TYPE: "18000000" },
    rare: { provider: { name: "Microsoft Żółw Provider", type: 24 } }
  },
  {
    name: "senderIdType none",
    options: { senderIdType: "none" },
    sent: { SENDERID_TYPE: "00000000" },
    received: { senderIdType: "none", senderId: null }
  },
  {
    name: "senderIdType queueManager",
    options: { senderIdType: "queueManager" },
    sent: { SENDERID_TYPE: "02000000" },
    received: { senderIdType: "queueManager" }
  },
  ...(
    [
      ["bodyBase", 1],
      ["bodyEnhanced", 3],
      ["bodyAes", 5]
    ] as const
  ).map(([privacyLevel, number]) => ({
    name: `privacyLevel ${privacyLevel}`,
    options: { privacyLevel },
    sent: { PRIV_LEVEL: hex.ui4(number) },
    received: { privacyLevel, encryptionAlgorithm: "rc2" as const }
  })),
  {
    name: "encryptionAlgorithm, in clear",
    options: { encryptionAlgorithm: "rc4" },
    sent: { ENCRYPTION_ALG: hex.ui4(0x6801) }
  },
  ...(
    [
      ["rc2", 0x6602],
      ["rc4", 0x6801],
      ["aes128", 0x660e],
      ["aes192", 0x660f],
      ["aes256", 0x6610]
    ] as const
  ).map(([encryptionAlgorithm, number]) => ({
    name: `encryptionAlgorithm ${encryptionAlgorithm}`,
    options: { privacyLevel: "bodyAes" as const, encryptionAlgorithm },
    sent: { PRIV_LEVEL: "05000000", ENCRYPTION_ALG: hex.ui4(number) },
    received: { privacyLevel: "bodyAes" as const, encryptionAlgorithm }
  })),
  {
    name: "messageIds",
    options: { messageIds: true },
    sent: { MSGID: "00".repeat(20) }
  }
]

/** A message with every property at once. */
export const everything: MessageCase = {
  name: "all at once",
  message: {
    body: bytes(70_000),
    bodyType: 8,
    label: "order 1",
    priority: 7,
    delivery: "recoverable",
    acknowledge: { positiveArrival: true, positiveReceive: true, negativeArrival: false, negativeReceive: true },
    journaling: { deadLetter: true, journal: true },
    correlationId: bytes(20, 7),
    appSpecific: 0x8000_0000,
    extension: bytes(9000, 2),
    timeToReachQueue: 1000,
    timeToBeReceived: 2000,
    responseQueue: "DIRECT=OS:a\\private$\\b",
    adminQueue: "DIRECT=OS:a\\private$\\c",
    deadLetterQueue: ".\\private$\\dead",
    trace: true,
    connector: {
      type: connectorType,
      class: 0x4001,
      authenticated: true,
      signature: bytes(7, 50),
      symmetricKey: bytes(9, 60)
    },
    soap: { header: "<a/>", body: "<b/>" }
  },
  options: {
    senderCertificate: bytes(33, 0x30),
    authenticationLevel: "msmq30",
    hashAlgorithm: "sha1",
    provider: { name: "provider", type: 0xffff_ffff },
    senderIdType: "none",
    privacyLevel: "bodyEnhanced",
    encryptionAlgorithm: "aes256",
    messageIds: true
  },
  sent: {
    BODY: hex.bytes(bytes(70_000)),
    BODY_TYPE: "08000000",
    LABEL: hex.text("order 1"),
    PRIORITY: "07",
    DELIVERY: "01",
    ACKNOWLEDGE: "0b",
    JOURNAL: "03",
    CORRELATIONID: hex.bytes(bytes(20, 7)),
    APPSPECIFIC: "00000080",
    EXTENSION: hex.bytes(bytes(9000, 2)),
    TIME_TO_REACH_QUEUE: hex.ui4(1000),
    TIME_TO_BE_RECEIVED: hex.ui4(2000),
    RESP_FORMAT_NAME: hex.text("DIRECT=OS:a\\private$\\b"),
    ADMIN_QUEUE: hex.text("DIRECT=OS:a\\private$\\c"),
    DEADLETTER_QUEUE: hex.text(".\\private$\\dead"),
    TRACE: "01",
    ...connectorSent,
    CLASS: "0140",
    AUTHENTICATED: "01",
    SIGNATURE: hex.bytes(bytes(7, 50)),
    DEST_SYMM_KEY: hex.bytes(bytes(9, 60)),
    SOAP_HEADER: hex.text("<a/>"),
    SOAP_BODY: hex.text("<b/>"),
    SENDER_CERT: hex.bytes(bytes(33, 0x30)),
    AUTH_LEVEL: "08000000",
    HASH_ALG: hex.ui4(0x8004),
    PROV_NAME: hex.text("provider"),
    PROV_TYPE: "ffffffff",
    SENDERID_TYPE: "00000000",
    PRIV_LEVEL: "03000000",
    ENCRYPTION_ALG: hex.ui4(0x6610),
    MSGID: "00".repeat(20)
  },
  received: {
    body: bytes(70_000),
    bodyType: 8,
    label: "order 1",
    priority: 7,
    delivery: "recoverable",
    acknowledge: { positiveArrival: true, positiveReceive: true, negativeArrival: false, negativeReceive: true },
    journaling: { deadLetter: true, journal: true },
    correlationId: bytes(20, 7),
    appSpecific: 0x8000_0000,
    extension: bytes(9000, 2),
    timeToReachQueue: 1000,
    timeToBeReceived: 2000,
    responseQueue: "DIRECT=OS:a\\private$\\b",
    adminQueue: "DIRECT=OS:a\\private$\\c",
    deadLetterQueue: ".\\private$\\dead",
    trace: true,
    class: 0x4001,
    authenticated: 1,
    hashAlgorithm: "sha1",
    senderCertificate: bytes(33, 0x30),
    senderIdType: "none",
    senderId: null,
    privacyLevel: "bodyEnhanced",
    encryptionAlgorithm: "aes256"
  },
  rare: {
    provider: { name: "provider", type: 0xffff_ffff },
    signature: bytes(7, 50),
    symmetricKey: bytes(9, 60),
    connectorType
  }
}

/** All of them. */
export const cases = [...ofMessage, ...ofOptions, everything]
