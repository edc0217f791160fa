/** Every property that `mq.h` knows, on its way through the seam: the VARTYPE, the bytes, and what is read back. */
import type { SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import koffi, { type KoffiFunc } from "koffi"
import { readFileSync } from "node:fs"
import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { control, files, missing } from "./theDouble.ts"
import { plainMessage as plain } from "../../testing/src/contract/plainRecords.ts"
import { withQueue } from "./support/onDouble.ts"
import {
  BYTES,
  GUID,
  type PropertyName,
  type Sent,
  TEXT,
  UI1,
  UI2,
  UI4,
  UI8,
  cases,
  everything,
  hex,
  internalCertificate,
  ofMessage,
  ofOptions,
  properties
} from "./support/messageCases.ts"

interface Arrived {
  readonly id: number
  readonly vt: number
  readonly length: number
  readonly hex: string
}

/** Functions of the double beside those of `control`. */
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
            bodySize: tried.message?.body?.length ?? 0,
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

  it.live("a property that is not set does not have the value of the message before", () =>
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
})
