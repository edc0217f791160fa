import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { isDeepStrictEqual } from "node:util"
import { assertHeldToTable, valuesByPath } from "../../core/test/support/heldToTable.ts"
import {
  type MessageProperty,
  messageProperties,
  messagePropertyName
} from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { ReceiveBuffers } from "../src/internal/ReceiveBuffers.ts"
import {
  guidAt,
  numberOf,
  numberVartypes,
  pointerOf,
  propertiesAt,
  setNumber,
  setStatus,
  unitsAt,
  vectorOf
} from "./messageMemory.ts"

/** Message in the queue of the fake: its values by the number of each property. An absent one is as MSMQ leaves it. */
type Stored = ReadonlyMap<number, number | bigint | string | Uint8Array>

const companions = new Map<number, number>([
  [9, 10],
  [11, 12],
  [35, 36],
  [54, 55],
  [17, 18],
  [67, 68],
  [33, 34],
  [20, 21],
  [28, 29],
  [48, 49],
  [45, 46],
  [43, 44],
  [58, 59],
  [39, 40],
  [61, 62],
  [63, 64]
])

const overflowCodes = new Map<number, number>([
  [9, 0xc00e001a],
  [35, 0xc00e001a],
  [63, 0xc00e001a],
  [61, 0xc00e001a],
  [54, 0xc00e001f],
  [17, 0xc00e001f],
  [67, 0xc00e001f],
  [33, 0xc00e001f],
  [58, 0xc00e001f],
  [39, 0xc00e001f],
  [11, 0xc00e005e],
  [20, 0xc00e0022],
  [28, 0xc00e002b],
  [43, 0xc00e0061],
  [45, 0xc00e0062],
  [48, 0xc00e0063]
])

/** Writes a message as MSMQ does: what fits is copied, each length is told, and one code says that something did not fit. */
const receive = (address: bigint, stored: Stored): number => {
  const properties = new Map(propertiesAt(address).map((property) => [property.id, property]))
  let code = 0
  for (const property of properties.values()) {
    const companion = properties.get(companions.get(property.id) ?? 0)
    const value = stored.get(property.id)
    if (numberVartypes.has(property.vartype)) {
      if (![...companions.values()].includes(property.id)) setNumber(property, BigInt((value as number | bigint) ?? 0))
    } else if (property.vartype === 72) guidAt(property).set((value as Uint8Array | undefined) ?? new Uint8Array(16))
    else if (property.vartype === 31) {
      assert.isDefined(companion)
      const capacity = Number(numberOf(companion))
      const text = value as string | undefined
      if (text === undefined) setNumber(companion, 0n)
      else {
        const memory = unitsAt(pointerOf(property), capacity)
        for (let unit = 0; unit < Math.min(capacity, text.length); unit++) memory[unit] = text.charCodeAt(unit)
        if (text.length < capacity) memory[text.length] = 0
        else code = overflowCodes.get(property.id) ?? assert.fail()
        setNumber(companion, BigInt(text.length + 1))
      }
    } else {
      const memory = vectorOf(property)
      const vector = (value as Uint8Array | undefined) ?? new Uint8Array(companion === undefined ? 20 : 0)
      memory.set(vector.subarray(0, memory.length))
      if (companion === undefined) assert.strictEqual(memory.length, 20)
      else {
        setNumber(companion, BigInt(vector.length))
        if (vector.length > memory.length) code = overflowCodes.get(property.id) ?? assert.fail()
      }
    }
  }
  return code
}

/** Receives as a caller does, and counts the calls. */
const read = (
  buffers: ReceiveBuffers,
  stored: Stored
): { readonly calls: number; readonly message: ReceivedProperties } => {
  for (let calls = 1; calls < 20; calls++) {
    buffers.prepare()
    const code = receive(BigInt(buffers.address), stored)
    if (code === 0) return { calls, message: buffers.read() }
    assert.isTrue(buffers.grow(code))
  }
  assert.fail("the buffers never became large enough")
}

const withBuffers = <A>(rare: boolean, use: (buffers: ReceiveBuffers) => A): A => {
  const buffers = new ReceiveBuffers({ ...usualRead, rare })
  try {
    return use(buffers)
  } finally {
    buffers.close()
  }
}

const bytes = (length: number, first = 1) => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff)
const guid = Uint8Array.of(0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff)
const guidText = "00112233-4455-6677-8899-aabbccddeeff"
const id = (number: number) => Uint8Array.of(...guid, number, 0, 0, 0x80)

const full: Stored = new Map<number, number | bigint | string | Uint8Array>([
  [1, 0x4000],
  [2, id(1)],
  [3, bytes(20, 50)],
  [4, 7],
  [5, 1],
  [6, 14],
  [7, 2],
  [8, 0xffffffff],
  [9, bytes(300)],
  [11, "order \u{1f4ec} \ud83d"],
  [13, 60],
  [14, 0xfffffffd],
  [17, "DIRECT=OS:a\\private$\\admin"],
  [19, 16],
  [20, bytes(28, 1)],
  [22, 1],
  [23, 5],
  [26, 0x800e],
  [27, 0x6610],
  [28, bytes(700, 30)],
  [30, guid],
  [31, 1_700_000_000],
  [32, 1_700_000_001],
  [33, "DIRECT=OS:a\\private$\\orders"],
  [35, bytes(40, 2)],
  [38, guid],
  [39, "DIRECT=OS:a\\private$\\status"],
  [41, 1],
  [42, 8],
  [43, bytes(90, 4)],
  [45, bytes(128, 6)],
  [47, 24],
  [48, "Microsoft AES Cryptographic Provider"],
  [50, 1],
  [51, 1],
  [52, id(2)],
  [53, 5],
  [54, "DIRECT=OS:a\\b,DIRECT=OS:c\\d"],
  [58, "DIRECT=OS:e\\f,DIRECT=OS:g\\h"],
  [60, 0xfedc_ba98_7654_3210n],
  [61, "<envelope/>"],
  [63, bytes(500, 7)],
  [67, ".\\private$\\dead"],
  [69, 3],
  [70, 4],
  [75, 1_700_000_002]
])

const fullMessage: ReceivedProperties = {
  class: 0x4000,
  messageId: `{${guidText}}\\2147483649`,
  correlationId: bytes(20, 50),
  priority: 7,
  delivery: "recoverable",
  acknowledge: { positiveArrival: false, positiveReceive: true, negativeArrival: true, negativeReceive: true },
  journaling: { deadLetter: false, journal: true },
  appSpecific: 0xffffffff,
  body: bytes(300),
  bodySize: 300,
  bodyType: 8,
  label: "order \u{1f4ec} \ud83d",
  timeToReachQueue: 60,
  timeToBeReceived: 0xfffffffd,
  adminQueue: "DIRECT=OS:a\\private$\\admin",
  senderId: bytes(28, 1),
  senderIdType: "sid",
  privacyLevel: "bodyAes",
  hashAlgorithm: "sha512",
  encryptionAlgorithm: "aes256",
  senderCertificate: bytes(700, 30),
  sourceMachineId: guidText,
  sentTime: 1_700_000_000,
  arrivedTime: 1_700_000_001,
  destinationQueue: "DIRECT=OS:a\\private$\\orders",
  extension: bytes(40, 2),
  trace: true,
  firstInTransaction: true,
  lastInTransaction: true,
  transactionId: `{${guidText}}\\2147483650`,
  authenticated: 5,
  responseQueue: "DIRECT=OS:a\\b,DIRECT=OS:c\\d",
  lookupId: 0xfedc_ba98_7654_3210n,
  deadLetterQueue: ".\\private$\\dead",
  abortCount: 3,
  moveCount: 4,
  lastMoveTime: 1_700_000_002,
  rare: {
    version: 16,
    provider: { name: "Microsoft AES Cryptographic Provider", type: 24 },
    signature: bytes(128, 6),
    symmetricKey: bytes(90, 4),
    connectorType: guidText,
    destinationFormatName: "DIRECT=OS:e\\f,DIRECT=OS:g\\h",
    transactionStatusQueue: "DIRECT=OS:a\\private$\\status",
    soapEnvelope: "<envelope/>",
    compoundMessage: bytes(500, 7)
  }
}

/** A message without anything, as MSMQ tells it: with its defaults. */
const bare: Stored = new Map<number, number | bigint | string | Uint8Array>([
  [2, id(3)],
  [4, 3],
  [11, ""],
  [13, 0xfffffffe],
  [14, 0xffffffff],
  [26, 0x8004],
  [27, 0x6801],
  [30, guid],
  [33, "DIRECT=OS:a\\private$\\orders"],
  [60, 1n]
])

const bareMessage: ReceivedProperties = {
  class: 0,
  messageId: `{${guidText}}\\2147483651`,
  correlationId: null,
  priority: 3,
  delivery: "express",
  acknowledge: null,
  journaling: null,
  appSpecific: 0,
  body: new Uint8Array(0),
  bodySize: 0,
  bodyType: 0,
  label: "",
  timeToReachQueue: null,
  timeToBeReceived: null,
  adminQueue: null,
  senderId: null,
  senderIdType: "none",
  privacyLevel: "none",
  hashAlgorithm: null,
  encryptionAlgorithm: null,
  senderCertificate: null,
  sourceMachineId: guidText,
  sentTime: 0,
  arrivedTime: 0,
  destinationQueue: "DIRECT=OS:a\\private$\\orders",
  extension: null,
  trace: false,
  firstInTransaction: false,
  lastInTransaction: false,
  transactionId: null,
  authenticated: 0,
  responseQueue: null,
  lookupId: 1n,
  deadLetterQueue: null,
  abortCount: 0,
  moveCount: 0,
  lastMoveTime: 0,
  rare: null
}

describe("ReceiveBuffers", () => {
  it("every property is asked for once, with the VARTYPE of the table and its companion", () => {
    const rows = new Map<number, MessageProperty>(Object.values(messageProperties).map((row) => [row.id, row]))
    const values = [...rows.values()].filter(({ received }) => received !== null)
    const isReceived = (id: number) =>
      values.some((row) => row.id === id || row.length === messagePropertyName(id).slice("PROPID_M_".length))
    for (const rare of [false, true]) {
      withBuffers(rare, (buffers) => {
        buffers.prepare()
        const properties = propertiesAt(buffers.address)
        assert.strictEqual(properties.length, rare ? 62 : 45)
        assert.strictEqual(new Set(properties.map((property) => property.id)).size, properties.length)
        for (const property of properties) {
          assert.strictEqual(property.vartype, rows.get(property.id)?.vartype)
          assert.isTrue(isReceived(property.id), `property ${property.id}`)
        }
      })
    }
  })

  it("every property is read into the field that the table says, and no other", () => {
    const pathsOf = (stored: Stored) =>
      valuesByPath(withBuffers(true, (buffers) => read(buffers, stored)).message, ["rare", "provider"])
    const before = pathsOf(full)
    // Other words are chosen: one that is unknown would also take the hash or the cipher away.
    const words = new Map([
      [23, 1],
      [26, 0x8003],
      [27, 0x6602]
    ])
    const otherThan = (id: number, value: number | bigint | string | Uint8Array) => {
      if (typeof value === "string") return `${value}/`
      if (value instanceof Uint8Array) return value.map((byte) => byte ^ 1)
      return typeof value === "bigint" ? value ^ 1n : (words.get(id) ?? value ^ 1)
    }
    const parts = [...full].flatMap(([id, value]) => {
      const after = pathsOf(new Map([...full, [id, otherThan(id, value)]]))
      const name = messagePropertyName(id).slice("PROPID_M_".length)
      return [...after].flatMap(([path, value]) =>
        isDeepStrictEqual(value, before.get(path)) ? [] : [`${name} ${path}`]
      )
    })
    // The size of the body comes with the body, and no other value changes it.
    assertHeldToTable([...parts, "BODY_SIZE bodySize"], ({ received }, name) =>
      received === null ? undefined : `${name} ${received}`
    )
  })

  it("what a message has arrives, the rare properties when they are asked for", () => {
    assert.deepStrictEqual(
      withBuffers(true, (buffers) => read(buffers, full)),
      { calls: 1, message: fullMessage }
    )
    assert.deepStrictEqual(
      withBuffers(false, (buffers) => read(buffers, full)),
      { calls: 1, message: { ...fullMessage, rare: null } }
    )
  })

  it("what a message does not have is null, also right after one that had it", () => {
    withBuffers(false, (buffers) => {
      read(buffers, full)
      assert.deepStrictEqual(read(buffers, bare).message, bareMessage)
    })
    withBuffers(true, (buffers) => {
      read(buffers, full)
      assert.deepStrictEqual(read(buffers, bare).message.rare, {
        version: 0,
        provider: null,
        signature: null,
        symmetricKey: null,
        connectorType: null,
        destinationFormatName: null,
        transactionStatusQueue: null,
        soapEnvelope: null,
        compoundMessage: null
      })
    })
  })

  it("what the call does not touch at all is not what the message before left there", () => {
    withBuffers(true, (buffers) => {
      read(buffers, full)
      buffers.prepare()
      const message = buffers.read()
      assert.deepStrictEqual([message.label, message.destinationQueue, message.responseQueue], ["", "", null])
      assert.deepStrictEqual([message.body?.length, message.senderId, message.transactionId], [0, null, null])
      assert.isNull(message.rare?.connectorType)
    })
  })

  it("what was read stays as it was when the next message is read", () => {
    withBuffers(true, (buffers) => {
      const { message } = read(buffers, full)
      read(buffers, new Map([...full, [9, bytes(300, 99)], [28, bytes(700, 99)], [3, bytes(20, 99)]]))
      assert.deepStrictEqual(message, fullMessage)
    })
  })

  it("thousands of messages that are kept stay apart, whatever their sizes", () => {
    withBuffers(false, (buffers) => {
      const kept = Array.from(
        { length: 3000 },
        (_, index) =>
          read(buffers, new Map([...full, [9, bytes(index % 2600, index)], [35, bytes(index % 90, index + 1)]])).message
      )
      for (const [index, { body, extension }] of kept.entries()) {
        assert.strictEqual(Buffer.compare(body ?? bytes(0), bytes(index % 2600, index)), 0)
        assert.strictEqual(Buffer.compare(extension ?? new Uint8Array(0), bytes(index % 90, index + 1)), 0)
      }
    })
  })

  it("each buffer that is too small grows, all in one pass (E-13 to E-17)", () => {
    const large = new Map<number, number | bigint | string | Uint8Array>(full)
    for (const [property] of overflowCodes) {
      large.set(property, typeof full.get(property) === "string" ? "x".repeat(5000) : bytes(100_000, property))
    }
    withBuffers(true, (buffers) => {
      const { calls, message } = read(buffers, large)
      assert.strictEqual(calls, 2)
      assert.strictEqual(message.label, "x".repeat(5000))
      assert.strictEqual(message.rare?.provider?.name.length, 5000)
      assert.deepStrictEqual(message.body, bytes(100_000, 9))
      assert.deepStrictEqual(message.rare?.compoundMessage, bytes(100_000, 63))
      assert.deepStrictEqual(message.senderId, bytes(100_000, 20))
    })
    for (const [property] of overflowCodes) {
      const value = large.get(property)
      assert.isDefined(value)
      withBuffers(true, (buffers) => {
        const { calls } = read(buffers, new Map([...full, [property, value]]))
        assert.strictEqual(calls, 2, `property ${property}`)
      })
    }
  })

  it("a text of just the room there is fits, and one unit more makes it grow", () => {
    for (const [length, expected] of [
      [249, 1],
      [250, 2]
    ] as const) {
      withBuffers(false, (buffers) => {
        const { calls, message } = read(buffers, new Map([...full, [11, "l".repeat(length)]]))
        assert.strictEqual(calls, expected)
        assert.strictEqual(message.label.length, length)
      })
    }
  })

  it("a code that names a buffer whose length says nothing doubles it, and gives up where no message is that large", () => {
    withBuffers(false, (buffers) => {
      const capacity = () => {
        const certificate = propertiesAt(buffers.address).find((property) => property.id === 28)
        assert.isDefined(certificate)
        return vectorOf(certificate).length
      }
      buffers.prepare()
      assert.strictEqual(capacity(), 2048)
      assert.isTrue(buffers.grow(0xc00e002b))
      assert.strictEqual(capacity(), 4096)
      let passes = 1
      while (buffers.grow(0xc00e002b)) assert.isBelow(++passes, 30)
      assert.strictEqual(capacity(), 16 * 1024 * 1024)
    })
  })

  it("a length that no message has makes nothing of that size", () => {
    withBuffers(false, (buffers) => {
      buffers.prepare()
      const size = propertiesAt(buffers.address).find((property) => property.id === 10)
      assert.isDefined(size)
      setNumber(size, 0xffffffffn)
      assert.isTrue(buffers.grow(0xc00e001a))
      const body = propertiesAt(buffers.address).find((property) => property.id === 9)
      assert.isDefined(body)
      assert.strictEqual(vectorOf(body).length, 8192)
    })
  })

  it("other errors make nothing grow", () => {
    withBuffers(true, (buffers) => {
      const { address } = buffers
      for (const code of [0, 0x400e0001, 0xc00e001b, 0xc00e0002, 0xc00e0007]) assert.isFalse(buffers.grow(code))
      assert.strictEqual(buffers.address, address)
    })
  })

  it("a code that means a buffer which is not asked for makes nothing grow", () => {
    withBuffers(false, (buffers) => assert.isFalse(buffers.grow(0xc00e0061)))
  })

  it("a code that comes signed makes it grow too", () => {
    withBuffers(false, (buffers) => assert.isTrue(buffers.grow(0xc00e001a | 0)))
  })

  it("the buffers are as small as before once a large message has passed", () => {
    withBuffers(false, (buffers) => {
      const capacity = () => {
        const body = propertiesAt(buffers.address).find((property) => property.id === 9)
        assert.isDefined(body)
        return vectorOf(body).length
      }
      assert.strictEqual(read(buffers, new Map([...full, [9, bytes(4_000_000)]])).message.body?.length, 4_000_000)
      assert.strictEqual(capacity(), 4096, "a very large one goes at once")
      read(buffers, new Map([...full, [9, bytes(20_000)]]))
      assert.strictEqual(capacity(), 32768)
      assert.strictEqual(read(buffers, new Map([...full, [9, bytes(30_000)]])).calls, 1, "the next may be as large")
      assert.strictEqual(read(buffers, full).message.body?.length, 300)
      assert.strictEqual(capacity(), 4096)
      assert.deepStrictEqual(read(buffers, full).message, { ...fullMessage, rare: null })
    })
  })

  it("a failure names the function, the code, and the properties that were refused", () => {
    withBuffers(false, (buffers) => {
      buffers.prepare()
      const body = propertiesAt(buffers.address).findIndex(({ id }) => id === 9)
      setStatus(buffers.address, body, 0xc00e0019)
      setStatus(buffers.address, body + 1, 0x400e0003)
      const failure = buffers.failure("MQReceiveMessage", 0xc00e0002 | 0)
      assert.deepInclude(failure, { function: "MQReceiveMessage", code: 0xc00e0002 })
      assert.deepStrictEqual(failure.properties, [{ property: "PROPID_M_BODY", status: 0xc00e0019 }])
      buffers.prepare()
      assert.deepStrictEqual(buffers.failure("MQReceiveMessage", 0xc00e001b).properties, [])
    })
  })

  it("closing twice frees once", () => {
    const buffers = new ReceiveBuffers({ ...usualRead, rare: true })
    buffers.close()
    buffers.close()
  })

  it.prop(
    "any texts and any sizes are read as they were written, through one set of buffers",
    {
      messages: Schema.Array(
        Schema.Struct({
          label: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 0xffff }))).check(
            Schema.isMaxLength(249)
          ),
          name: Schema.String,
          size: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65536 })),
          extension: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))
        })
      ).check(Schema.isMaxLength(6))
    },
    ({ messages }) => {
      withBuffers(false, (buffers) => {
        for (const { extension, label, name, size } of messages) {
          const text = String.fromCharCode(...label)
          const queue = name.replaceAll("\0", "").repeat(20)
          const stored = new Map([
            ...bare,
            [9, bytes(size)],
            [11, text],
            [54, queue],
            [35, bytes(extension, 3)]
          ] as const)
          const { message } = read(buffers, stored)
          assert.strictEqual(message.label, text)
          assert.strictEqual(message.responseQueue ?? "", queue)
          assert.strictEqual(Buffer.compare(message.body ?? bytes(0), bytes(size)), 0)
          assert.strictEqual(Buffer.compare(message.extension ?? new Uint8Array(0), bytes(extension, 3)), 0)
        }
      })
    }
  )
})
