/** Every property that `mq.h` knows, on its way through the seam: the VARTYPE, the bytes, and what is read back. */
import type {
  OutgoingProperties,
  RareProperties,
  ReceivedProperties,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFunctions, SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import koffi, { type KoffiFunc } from "koffi"
import { readFileSync } from "node:fs"
import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { control, files, missing } from "./theDouble.ts"
import {
  noChanges,
  plainMessage as plain,
  plainQueue,
  plainSend as plainOptions
} from "../../testing/src/contract/plainRecords.ts"

const UI1 = 17
const UI2 = 18
const UI4 = 19
const UI8 = 21
const TEXT = 31
const GUID = 72
const BYTES = 0x1011

/** All properties of messages: number and VARTYPE as in `mq.h`. */
const properties = {
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

type PropertyName = keyof typeof properties

const bytes = (length: number, first = 1) => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff)

/** As the double records what arrived: hexadecimal, in the order of the memory. */
const hex = {
  ui1: (value: number) => Buffer.of(value).toString("hex"),
  ui2: (value: number) => Buffer.from(Uint16Array.of(value).buffer).toString("hex"),
  ui4: (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString("hex"),
  text: (value: string) => Buffer.from(value, "utf16le").toString("hex"),
  bytes: (value: Uint8Array) => Buffer.from(value).toString("hex")
}

type Sent = Readonly<Partial<Record<PropertyName, string>>>

/** A message, what of it arrives at the library, and what a receive then gives that a plain message does not have. */
interface Case {
  readonly name: string
  readonly message?: Partial<OutgoingProperties>
  readonly options?: Partial<SendParameters>
  readonly sent: Sent
  readonly received?: Partial<ReceivedProperties>
  readonly rare?: Partial<RareProperties>
}

/** A property that a receive gives as it was sent. */
const same = (message: Partial<OutgoingProperties> & Partial<ReceivedProperties>, sent: Sent, name?: string): Case => ({
  name: name ?? Object.keys(message).join(),
  message,
  sent,
  received: message
})

const connectorType = "00112233-4455-6677-8899-aabbccddeeff"
const connector = { type: connectorType, class: 0, authenticated: false, signature: null, symmetricKey: null }
const connectorSent = { CONNECTOR_TYPE: "33221100554477668899aabbccddeeff" }

const internalCertificate = Uint8Array.of(0x30, 0x0a, 0x0c, 0x08, ...Buffer.from("internal"))
const signed = { authenticated: 1, hashAlgorithm: "sha512", senderCertificate: internalCertificate } as const

const bits = (count: number) => Array.from({ length: 2 ** count - 1 }, (_, index) => index + 1)

const ofMessage: ReadonlyArray<Case> = [
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

const ofOptions: ReadonlyArray<Case> = [
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

const everything: Case = {
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

const cases = [...ofMessage, ...ofOptions, everything]

interface Arrived {
  readonly id: number
  readonly vt: number
  readonly length: number
  readonly hex: string
}

/** What the double tells beyond `control`. */
const double = (() => {
  let library: ReturnType<typeof koffi.load> | undefined
  const load = () => (library ??= koffi.load(files.library))
  return {
    /** The properties of the last send, as they arrived. */
    lastSent: (): ReadonlyArray<Arrived> => {
      const last = load().func("Double_LastSentProperties", "uint32_t", ["void *", "uint32_t"]) as KoffiFunc<
        (buffer: Buffer | null, size: number) => number
      >
      const buffer = Buffer.alloc(last(null, 0))
      last(buffer, buffer.length)
      return JSON.parse(buffer.toString("utf8", 0, buffer.length - 1)) as ReadonlyArray<Arrived>
    },
    /** A context as the library gives it, before anybody looks at how large its handle is. */
    securityContext: (): SecurityContextHandle => {
      const get = load().func("MQGetSecurityContextEx", "uint32_t", ["void *", "uint32_t", "void *"]) as KoffiFunc<
        (certificate: null, length: number, result: BigUint64Array) => number
      >
      const slot = new BigUint64Array(1)
      assert.strictEqual(get(null, 0, slot), 0)
      return (slot[0] ?? 0n) as SecurityContextHandle
    }
  }
})()

const byId = (left: Arrived, right: Arrived) => left.id - right.id

const assertArrived = (sent: Sent) => {
  const wanted = (Object.entries(sent) as ReadonlyArray<[PropertyName, string]>).map(([name, hex]): Arrived => {
    const [id, vt] = properties[name]
    return { id, vt, length: hex.length / 2, hex }
  })
  assert.deepStrictEqual(double.lastSent().toSorted(byId), wanted.toSorted(byId))
}

/** Time runs while a message waits. */
const almost = (left: number | null, whole: number | null): number | null =>
  left !== null && whole !== null && left <= whole && left > whole - 60 ? whole : left

const assertNothingIsOpen = () => {
  const { counts, violations } = control.ledger()
  assert.deepStrictEqual(violations, [])
  for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, kind)
}

const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt>) =>
  Effect.provide(effect, NativeMqrt.layerWith(files), { local: true })

const everyQueue: NewQueueProperties = { ...plainQueue, pathName: ".\\private$\\every" }

/** A queue, to send to and to receive from. */
const withQueue = <A, E>(
  use: (post: {
    readonly mqrt: MqrtFunctions
    readonly formatName: string
    readonly send: (message: Partial<OutgoingProperties>, options: Partial<SendParameters>) => Effect.Effect<void>
    readonly receive: Effect.Effect<ReceivedProperties & { readonly rare: RareProperties }>
  }) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const formatName = yield* mqrt.createQueue(everyQueue, null)
    const outgoing = yield* mqrt.openQueue(formatName, "send", "denyNone")
    const incoming = yield* mqrt.openQueue(formatName, "receive", "denyNone")
    const result = yield* use({
      mqrt,
      formatName,
      send: (message, options) =>
        Effect.map(
          mqrt.sendMessages(outgoing, [{ ...plain, ...message }], { ...plainOptions, ...options }),
          ({ accepted, failure, messageIds }) => {
            assert.isNull(failure)
            assert.strictEqual(accepted, 1)
            assert.strictEqual(messageIds?.length, options.messageIds === true ? 1 : undefined)
          }
        ),
      receive: mqrt
        .receiveMessage(incoming, { action: "receive", timeout: 0, cursor: null, transaction: "none", rare: true })
        .pipe(
          Effect.orDie,
          Effect.flatMap((received) =>
            received.rare === null
              ? Effect.die(new Error("no rare properties"))
              : Effect.succeed({ ...received, rare: received.rare })
          )
        )
    })
    yield* mqrt.closeQueue(incoming)
    yield* mqrt.closeQueue(outgoing)
    yield* mqrt.deleteQueue(formatName)
    return result
  }).pipe(
    onDouble,
    Effect.tap(() => Effect.sync(assertNothingIsOpen))
  )

describe.skipIf(missing !== null)("every property", () => {
  beforeEach(() => control.reset())

  it("the table above is the SDK's, and the double's", () => {
    const own = Object.entries(properties).map(([name, [id, vartype]]) => [name, id, vartype])
    assert.strictEqual(own.length, 69)
    assert.deepStrictEqual(
      Object.entries(messageProperties).map(([name, { id, vartype }]) => [name, id, vartype]),
      own
    )
    const vartypes: Readonly<Record<string, number>> = {
      Vt_UI1: UI1,
      Vt_UI2: UI2,
      Vt_UI4: UI4,
      Vt_UI8: UI8,
      Vt_LPWSTR: TEXT,
      Vt_Clsid: GUID,
      Vt_Bytes: BYTES
    }
    const header = readFileSync(new URL("double/properties.h", import.meta.url), "utf8")
    const ids = new Map([...header.matchAll(/^ {2}M_(\w+) = (\d+)/gm)].map(([, name, id]) => [name, Number(id)]))
    const rows = [...header.matchAll(/^ {2}\{ M_(\w+), "PROPID_M_\1", (\w+),/gm)]
    assert.deepStrictEqual(
      rows.map(([, name = "", vartype = ""]) => [name, ids.get(name), vartypes[vartype]]),
      own
    )
  })

  it("the cases below set every property that can be set", () => {
    const settable = Object.entries(messageProperties).filter(([, { sent }]) => sent !== null)
    const wanted = settable.map(([name]) => name).toSorted()
    const covered = [...new Set([...cases.flatMap(({ sent }) => Object.keys(sent)), "SECURITY_CONTEXT"])]
    assert.deepStrictEqual(covered.toSorted(), wanted)
    const alone = new Set([...ofMessage, ...ofOptions].flatMap(({ sent }) => Object.keys(sent)))
    for (const name of Object.keys(everything.sent)) assert.isTrue(alone.has(name), name)
  })

  it.live("a plain message names a body type of 0 alone, and is received with the defaults (D-20)", () =>
    withQueue(({ receive, send }) =>
      Effect.gen(function* () {
        yield* send({}, {})
        assertArrived({ BODY_TYPE: "00000000" })
        const { connector: _, soap: __, ...defaults } = plain
        const { rare, ...received } = yield* receive
        assert.deepStrictEqual({ ...received, ...defaults }, received)
        assert.deepStrictEqual(rare, {
          version: 16,
          provider: null,
          signature: null,
          symmetricKey: null,
          connectorType: null,
          destinationFormatName: received.destinationQueue,
          transactionStatusQueue: null,
          soapEnvelope: null,
          compoundMessage: null
        })
      })
    )
  )

  it.live.each(cases)("$name: arrives with its VARTYPE and bytes, and is read back", (tried) =>
    withQueue(({ receive, send }) =>
      Effect.gen(function* () {
        yield* send({}, {})
        const usual = yield* receive
        yield* send(tried.message ?? {}, tried.options ?? {})
        assertArrived(tried.sent)
        const received = yield* receive
        const { arrivedTime, lookupId, messageId, sentTime } = received
        assert.deepStrictEqual(
          {
            ...received,
            timeToReachQueue: almost(received.timeToReachQueue, tried.message?.timeToReachQueue ?? null),
            timeToBeReceived: almost(received.timeToBeReceived, tried.message?.timeToBeReceived ?? null)
          },
          {
            ...usual,
            ...tried.received,
            arrivedTime,
            lookupId,
            messageId,
            sentTime,
            rare: { ...usual.rare, ...tried.rare }
          }
        )
      })
    )
  )

  it.live("what was not set is not left over from the message before", () =>
    withQueue(({ receive, send }) =>
      Effect.gen(function* () {
        yield* send({}, {})
        const { rare: rareBefore, ...before } = yield* receive
        yield* send(everything.message ?? {}, everything.options ?? {})
        yield* receive
        yield* send({}, {})
        assertArrived({ BODY_TYPE: "00000000" })
        const { rare, ...after } = yield* receive
        const { arrivedTime, lookupId, messageId, sentTime } = after
        assert.deepStrictEqual(after, { ...before, arrivedTime, lookupId, messageId, sentTime })
        assert.deepStrictEqual(rare, rareBefore)
      })
    )
  )

  it.live("a security context arrives as the low 32 bits of its handle, and all of the handle is freed", () =>
    withQueue(({ mqrt, receive, send }) =>
      Effect.gen(function* () {
        for (const highBits of [0, 1, 0x7fff_ffff, 0xffff_ffff]) {
          control.setHandleHighBits(highBits)
          const securityContext = yield* Effect.sync(double.securityContext)
          assert.strictEqual(Number(securityContext >> 32n), highBits)
          yield* send({}, { securityContext, authenticationLevel: "always" })
          const low = Number(BigInt.asUintN(32, securityContext))
          assertArrived({ SECURITY_CONTEXT: hex.ui4(low), AUTH_LEVEL: "01000000" })
          assert.deepStrictEqual((yield* receive).senderCertificate, internalCertificate)
          // Anything but the whole handle is written down as a violation, and stays open.
          yield* mqrt.freeSecurityContext(securityContext)
          assert.strictEqual(control.ledger().counts["securityContext"]?.open, 0)
          assert.deepStrictEqual(control.ledger().violations, [])
        }
      })
    )
  )

  const allOfQueue: NewQueueProperties = {
    pathName: ".\\private$\\full",
    label: `${"🐢".repeat(61)}\ud83dx`,
    type: connectorType,
    authenticate: true,
    journal: true,
    quota: 0,
    journalQuota: 0xffff_fffe,
    basePriority: -1,
    privacyLevel: "body",
    multicastAddress: "234.1.1.1:8001",
    transactional: false
  }

  it.live("a queue: every property at once, created, read, set, read", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue(allOfQueue, null)
      const created = yield* mqrt.getQueueProperties(formatName)
      const { createTime, modifyTime, pathName, pathNameDns } = created
      const kept = { createTime, modifyTime, pathName, pathNameDns, instance: null, adsPath: null }
      assert.match(pathName.toLowerCase(), /\\private\$\\full$/)
      assert.isAtMost(Math.abs(createTime - Date.now() / 1000), 60)
      assert.isAtLeast(modifyTime, createTime)
      assert.deepStrictEqual(created, { ...allOfQueue, ...kept })
      const changes = {
        label: "",
        type: "55ee8f32-cce9-11cf-b108-0020afd61ce9",
        authenticate: false,
        journal: false,
        quota: "unlimited",
        journalQuota: "unlimited",
        basePriority: 7,
        privacyLevel: "none",
        multicastAddress: ""
      } as const satisfies QueueChanges
      yield* mqrt.setQueueProperties(formatName, changes)
      const changed = yield* mqrt.getQueueProperties(formatName)
      assert.deepStrictEqual(changed, {
        ...allOfQueue,
        ...kept,
        ...changes,
        modifyTime: changed.modifyTime,
        quota: null,
        journalQuota: null,
        multicastAddress: null
      })
      yield* mqrt.setQueueProperties(formatName, noChanges)
      const left = yield* mqrt.getQueueProperties(formatName)
      assert.deepStrictEqual(left, { ...changed, modifyTime: left.modifyTime })
      yield* mqrt.deleteQueue(formatName)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a queue created with an empty multicast address has none", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue({ ...everyQueue, multicastAddress: "" }, null)
      assert.isNull((yield* mqrt.getQueueProperties(formatName)).multicastAddress)
      yield* mqrt.deleteQueue(formatName)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a transactional queue says so", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue({ ...everyQueue, transactional: true }, null)
      assert.isTrue((yield* mqrt.getQueueProperties(formatName)).transactional)
      yield* mqrt.deleteQueue(formatName)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a public queue has an instance and a DNS name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      control.addPublicQueue("DOUBLE\\listed", "in the directory")
      const formatName = yield* mqrt.pathNameToFormatName("DOUBLE\\listed")
      const { instance, label, pathName, pathNameDns } = yield* mqrt.getQueueProperties(formatName)
      assert.deepStrictEqual([label, pathName.toLowerCase()], ["in the directory", "double\\listed"])
      assert.strictEqual(formatName.toLowerCase(), `public=${instance}`)
      assert.match(String(pathNameDns).toLowerCase(), /\\listed$/)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("every property of the machine", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const { machineId, pathName, pathNameDns, ...rest } = yield* mqrt.getMachineProperties(null)
      assert.match(machineId, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      assert.isNotEmpty(pathName)
      assert.strictEqual(pathNameDns, pathName)
      assert.deepStrictEqual(rest, {
        siteId: null,
        connections: [],
        encryptionKey: internalCertificate,
        encryptionKeyBase: internalCertificate,
        encryptionKeyEnhanced: internalCertificate,
        encryptionKeyAes: internalCertificate
      })
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("both properties of the private computer information", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      assert.deepStrictEqual(yield* mqrt.getPrivateComputerInformation(null), {
        version: 0x0603_4563,
        directoryEnabled: false
      })
      control.addPublicQueue("DOUBLE\\listed", "")
      assert.isTrue((yield* mqrt.getPrivateComputerInformation(null)).directoryEnabled)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("every property of the management of the machine", () =>
    withQueue(({ formatName, mqrt, receive, send }) =>
      Effect.gen(function* () {
        const { activeQueues, bytesInAllQueues, privateQueues, ...rest } = yield* mqrt.getQueueManagerInfo(null)
        assert.deepStrictEqual(rest, { directoryServer: null, connected: true, type: "" })
        assert.include(activeQueues, formatName)
        assert.deepStrictEqual(
          privateQueues.map((path) => path.toLowerCase().replace(/^.*\\private/, "private")),
          ["private$\\every"]
        )
        yield* send({ body: bytes(1000) }, {})
        const fuller = yield* mqrt.getQueueManagerInfo(null)
        assert.isTrue(fuller.bytesInAllQueues >= bytesInAllQueues + 1000n)
        yield* receive
      })
    )
  )

  const noEndOfData = {
    lastAcknowledged: null,
    lastAcknowledgedTime: null,
    lastAcknowledgedCount: null,
    firstUnacknowledged: null,
    lastUnacknowledged: null,
    next: null,
    unreadCount: null,
    unacknowledgedCount: null,
    resendTime: null,
    resendInterval: null,
    resendCount: null
  }

  it.live("every property of the management of a queue", () =>
    withQueue(({ formatName, mqrt, receive, send }) =>
      Effect.gen(function* () {
        yield* mqrt.setQueueProperties(formatName, { ...noChanges, journal: true })
        yield* send({ body: bytes(1000) }, {})
        yield* send({ body: bytes(1000) }, {})
        yield* receive
        const main = yield* mqrt.openQueue(formatName, "receive", "denyNone")
        const sub = yield* mqrt.openQueue(`${formatName};later`, "move", "denyNone")
        const info = yield* mqrt.getQueueInfo(null, formatName)
        assert.match(String(info.pathName).toLowerCase(), /private\$\\every$/)
        assert.isAtLeast(info.bytesInQueue, 1000)
        assert.isAtLeast(info.bytesInJournal, 1000)
        const { bytesInJournal, bytesInQueue, pathName } = info
        assert.deepStrictEqual(info, {
          pathName,
          formatName,
          type: "PRIVATE",
          isLocal: true,
          transactional: false,
          foreign: false,
          messageCount: 1,
          bytesInQueue,
          journalMessageCount: 1,
          bytesInJournal,
          state: "LOCAL CONNECTION",
          nextHops: [],
          subqueues: ["later"],
          endOfData: noEndOfData
        })
        yield* mqrt.closeQueue(sub)
        yield* mqrt.closeQueue(main)
      })
    )
  )

  it.live("every property of the management of an outgoing queue", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = "DIRECT=OS:elsewhere\\private$\\far"
      const queue = yield* mqrt.openQueue(formatName, "send", "denyNone")
      yield* mqrt.sendMessages(queue, [{ ...plain, body: bytes(10) }], plainOptions)
      const info = yield* mqrt.getQueueInfo(null, formatName)
      assert.deepStrictEqual(
        [info.formatName, info.isLocal, info.state, info.messageCount, info.journalMessageCount],
        [formatName, false, "WAITING", 1, 0]
      )
      assert.deepStrictEqual(info.endOfData, noEndOfData)
      for (const action of ["PAUSE", "RESUME", "EOD_RESEND"] as const) {
        yield* mqrt.queueAction(null, formatName, action)
      }
      yield* mqrt.closeQueue(queue)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )
})
