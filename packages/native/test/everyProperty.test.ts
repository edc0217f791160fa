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
import type { PropertyName, Sent } from "./support/messageCases.ts"
import {
  BYTES,
  bytes,
  cases,
  connectorType,
  everything,
  GUID,
  hex,
  internalCertificate,
  ofMessage,
  ofOptions,
  properties,
  TEXT,
  UI1,
  UI2,
  UI4,
  UI8
} from "./support/messageCases.ts"
import { control, files, missing } from "./theDouble.ts"
import {
  noChanges,
  plainMessage as plain,
  plainQueue,
  plainSend as plainOptions
} from "../../testing/src/contract/plainRecords.ts"

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
