import type { LocateHandle } from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties, QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { locate } from "../src/internal/locate.ts"
import { names } from "../src/internal/names.ts"
import { queueProperties } from "../src/internal/queuePropertyTable.ts"
import { queues } from "../src/internal/queues.ts"
import { queueSecurity } from "../src/internal/queueSecurity.ts"
import { transactionPointer } from "../src/internal/transactions.ts"
import { fakeBindings, returnHandle } from "./fakeBindings.ts"
import type { Left } from "./fakeVariants.ts"
import { asked, bytesAt, FakeHeap, fill, refuse, textAt } from "./fakeVariants.ts"
import { noChanges, plainQueue as plain } from "../../testing/src/contract/plainRecords.ts"

const rich: NewQueueProperties = {
  pathName: ".\\private$\\orders",
  label: "Żółw",
  type: "00112233-4455-6677-8899-aabbccddeeff",
  authenticate: true,
  journal: true,
  quota: 100,
  journalQuota: 200,
  basePriority: -5,
  privacyLevel: "body",
  multicastAddress: "234.1.1.1:8001",
  transactional: true
}

const guid = Uint8Array.of(
  0x33,
  0x22,
  0x11,
  0x00,
  0x55,
  0x44,
  0x77,
  0x66,
  0x88,
  0x99,
  0xaa,
  0xbb,
  0xcc,
  0xdd,
  0xee,
  0xff
)

/** Writes a name as the functions do: into the room given, with its NUL, or how much room it takes. */
const writeName = (name: string, buffer: unknown, length: unknown, tooSmall: number): number => {
  if (!(buffer instanceof Uint8Array) || !(length instanceof ArrayBuffer)) throw new Error("not memory")
  const [room = 0] = new Uint32Array(length)
  assert.strictEqual(buffer.length, 2 * room)
  new Uint32Array(length)[0] = name.length + 1
  if (room < name.length + 1) return tooSmall
  buffer.set(Buffer.from(`${name}\0`, "utf16le"))
  return 0
}

describe("MQCreateQueue", () => {
  const create = (properties: NewQueueProperties) => {
    const seen = new Map<number, { vt: number; value: unknown }>()
    const rooms = queues(
      fakeBindings({
        MQCreateQueue: (_descriptor, struct, buffer, length) => {
          for (const { bits, id, vt } of asked(struct)) {
            seen.set(id, { vt, value: vt === 31 ? textAt(bits) : vt === 72 ? bytesAt(bits, 16) : bits })
          }
          return writeName("DIRECT=OS:host\\private$\\orders", buffer, length, 0)
        }
      })
    )
    return Effect.map(rooms.createQueue(properties, null), (name) => ({ name, seen }))
  }

  it.effect("passes only properties that differ from the defaults", () =>
    Effect.gen(function* () {
      const { name, seen } = yield* create(plain)
      assert.strictEqual(name, "DIRECT=OS:host\\private$\\orders")
      assert.deepStrictEqual([...seen.keys()], [103])
    })
  )

  it.effect("passes every property that can be given", () =>
    Effect.gen(function* () {
      const { seen } = yield* create(rich)
      assert.deepStrictEqual(
        seen,
        new Map<number, { vt: number; value: unknown }>([
          [102, { vt: 72, value: guid }],
          [103, { vt: 31, value: ".\\private$\\orders" }],
          [104, { vt: 17, value: 1n }],
          [105, { vt: 19, value: 100n }],
          [106, { vt: 2, value: 0xfffbn }],
          [107, { vt: 19, value: 200n }],
          [108, { vt: 31, value: "Żółw" }],
          [111, { vt: 17, value: 1n }],
          [112, { vt: 19, value: 2n }],
          [113, { vt: 17, value: 1n }],
          [125, { vt: 31, value: "234.1.1.1:8001" }]
        ])
      )
      const creatable = Object.values(queueProperties).filter(({ create }) => create)
      assert.deepStrictEqual([...seen.keys()].toSorted(), creatable.map(({ id }) => id).toSorted())
    })
  )

  it.effect("asks for the name of the queue if the buffer was too small, since the queue exists then (B-09)", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const rooms = queues(
        fakeBindings({
          MQCreateQueue: (_descriptor, _struct, buffer, length) => {
            calls.push("MQCreateQueue")
            return writeName("DIRECT=OS:host\\private$\\orders", buffer, length, 0x400e_0009)
          },
          MQPathNameToFormatName: (pathName, buffer, length) => {
            calls.push(`MQPathNameToFormatName ${pathName}`)
            return writeName("DIRECT=OS:host\\private$\\orders", buffer, length, 0xc00e_001f)
          }
        }),
        8
      )
      assert.strictEqual(yield* rooms.createQueue(plain, null), "DIRECT=OS:host\\private$\\orders")
      assert.deepStrictEqual(calls, ["MQCreateQueue", "MQPathNameToFormatName .\\private$\\orders"])
    })
  )

  it.effect("fails with the refused property and the reason", () =>
    Effect.gen(function* () {
      const rooms = queues(
        fakeBindings({
          MQCreateQueue: (_descriptor, struct) => {
            refuse(
              struct,
              new Map([
                [103, 0xc00e_0014],
                [105, 0x400e_0001]
              ])
            )
            return 0xc00e_0002
          }
        })
      )
      const failure = yield* Effect.flip(rooms.createQueue(rich, null))
      assert.strictEqual(failure.function, "MQCreateQueue")
      assert.deepStrictEqual(failure.properties, [{ property: "PROPID_Q_PATHNAME", status: 0xc00e_0014 }])
    })
  )
})

describe("MQSetQueueProperties", () => {
  const set = (changes: QueueChanges) =>
    Effect.gen(function* () {
      const seen: Array<[number, number]> = []
      const rooms = queues(
        fakeBindings({
          MQSetQueueProperties: (_name, struct) => {
            seen.push(...asked(struct).map(({ id, vt }): [number, number] => [id, vt]))
            return 0
          }
        })
      )
      yield* rooms.setQueueProperties("x", changes)
      return seen
    })

  it.effect("passes only the changes, and makes no call without any", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* set(noChanges), [])
      assert.deepStrictEqual(yield* set({ ...noChanges, journal: false, quota: 5 }), [
        [104, 17],
        [105, 19]
      ])
      assert.strictEqual(queueProperties.quota.encode("unlimited"), 0xffff_ffff)
    })
  )

  it.effect("removes the multicast address by VT_EMPTY", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* set({ ...noChanges, multicastAddress: "" }), [[125, 0]])
    })
  )
})

describe("MQGetQueueProperties", () => {
  it.effect("reads a private queue, which refuses the properties of public ones", () =>
    Effect.gen(function* () {
      const heap = new FakeHeap()
      const rooms = queues(
        fakeBindings({
          MQGetQueueProperties: (_name, struct) => {
            if (asked(struct).some(({ id }) => id === 126)) {
              refuse(
                struct,
                new Map([
                  [124, 0xc00e_006e],
                  [126, 0xc00e_0091]
                ])
              )
              return 0xc00e_0002
            }
            const values = new Map<number, Left>([
              [102, { vt: 72, value: guid }],
              [103, { vt: 31, value: "host\\private$\\orders" }],
              [104, { vt: 17, value: 1 }],
              [105, { vt: 19, value: 0xffff_ffff }],
              [106, { vt: 2, value: -5 }],
              [107, { vt: 19, value: 7 }],
              [108, { vt: 31, value: "Żółw" }],
              [109, { vt: 3, value: 1_700_000_000 }],
              [110, { vt: 3, value: 1_700_000_001 }],
              [111, { vt: 17, value: 0 }],
              [112, { vt: 19, value: 2 }],
              [113, { vt: 17, value: 1 }]
            ])
            fill(heap, struct, values)
            return 0x400e_0001
          },
          MQFreeMemory: heap.free
        })
      )
      assert.deepStrictEqual(yield* rooms.getQueueProperties("x"), {
        instance: null,
        type: "00112233-4455-6677-8899-aabbccddeeff",
        pathName: "host\\private$\\orders",
        journal: true,
        quota: null,
        basePriority: -5,
        journalQuota: 7,
        label: "Żółw",
        createTime: 1_700_000_000,
        modifyTime: 1_700_000_001,
        authenticate: false,
        privacyLevel: "body",
        transactional: true,
        pathNameDns: null,
        multicastAddress: null,
        adsPath: null
      })
      assert.strictEqual(heap.live.size, 0)
    })
  )
})

describe("MQOpenQueue", () => {
  it.effect.each([
    ["send", "denyNone", 2, 0],
    ["receive", "denyReceive", 1, 1],
    ["peek", "denyNone", 0x20, 0],
    ["move", "denyNone", 4, 0],
    ["receiveAdmin", "denyNone", 0x81, 0],
    ["peekAdmin", "denyNone", 0xa0, 0]
  ] as const)("%s, %s", ([access, share, accessBits, shareBits]) =>
    Effect.gen(function* () {
      const rooms = queues(
        fakeBindings({
          MQOpenQueue: (name, dwAccess, dwShareMode, slot) => {
            assert.deepStrictEqual([name, dwAccess, dwShareMode], ["x", accessBits, shareBits])
            return returnHandle(slot, 0xffff_ffff_0000_0001n)
          }
        })
      )
      assert.strictEqual<bigint>(yield* rooms.openQueue("x", access, share), 0xffff_ffff_0000_0001n)
    })
  )
})

describe("names", () => {
  it.effect("a name that is longer than the buffer is requested again", () =>
    Effect.gen(function* () {
      const long = `DIRECT=OS:${"a".repeat(500)}\\private$\\orders`
      const rooms = names(
        fakeBindings({
          MQPathNameToFormatName: (_path, buffer, length) => writeName(long, buffer, length, 0xc00e_001f)
        })
      )
      assert.strictEqual(yield* rooms.pathNameToFormatName(".\\private$\\orders"), long)
    })
  )

  it.effect("a function that asks for no larger buffer fails, instead of being called without end", () =>
    Effect.gen(function* () {
      const rooms = names(fakeBindings({ MQADsPathToFormatName: () => 0xc00e_001f }))
      assert.strictEqual((yield* Effect.flip(rooms.adsPathToFormatName("LDAP://x"))).code, 0xc00e_001f)
    })
  )
})

describe("queueSecurity", () => {
  const parts = { owner: true, group: false, dacl: true, sacl: false }

  it.effect("asks for the size, then for the descriptor", () =>
    Effect.gen(function* () {
      const sizes: Array<number> = []
      const descriptor = Uint8Array.from({ length: 20 }, (_, index) => index)
      const rooms = queueSecurity(
        fakeBindings({
          MQGetQueueSecurity: (name, bits, buffer, size, needed) => {
            assert.deepStrictEqual([name, bits], ["x", 5])
            sizes.push(size)
            if (!(buffer instanceof Uint8Array) || !(needed instanceof ArrayBuffer)) throw new Error("not memory")
            assert.strictEqual(buffer.length, size)
            new Uint32Array(needed)[0] = 20
            if (size < 20) return 0xc00e_0023
            buffer.set(descriptor)
            return 0
          }
        })
      )
      assert.deepStrictEqual(yield* rooms.getQueueSecurity("x", parts), descriptor)
      assert.deepStrictEqual(sizes, [4, 20])
    })
  )

  it.effect("sets the named parts", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const rooms = queueSecurity(
        fakeBindings({
          MQSetQueueSecurity: (...args) => {
            seen.push(...args)
            return 0
          }
        })
      )
      yield* rooms.setQueueSecurity("x", { ...parts, sacl: true }, Uint8Array.of(1, 2))
      assert.deepStrictEqual(seen, ["x", 13, Uint8Array.of(1, 2)])
    })
  )
})

describe("locate", () => {
  it.effect("searches by all conditions and reads the queues by column", () =>
    Effect.gen(function* () {
      const heap = new FakeHeap()
      const rooms = locate(
        fakeBindings({
          MQLocateBegin: (context, restriction, columns, sort, slot) => {
            assert.deepStrictEqual([context, sort], [null, null])
            if (!(restriction instanceof ArrayBuffer) || !(columns instanceof Uint8Array)) throw new Error("not memory")
            const view = new DataView(restriction)
            assert.strictEqual(view.getUint32(0, true), 2)
            const list = view.getBigUint64(8, true)
            const conditions = new DataView(bytesAt(list, 64).buffer)
            assert.deepStrictEqual(
              [0, 32].map((at) => [
                conditions.getUint32(at, true),
                conditions.getUint32(at + 4, true),
                conditions.getUint16(at + 8, true)
              ]),
              [
                [4, 108, 31],
                [3, 109, 3]
              ]
            )
            assert.strictEqual(textAt(conditions.getBigUint64(16, true)), "orders")
            assert.strictEqual(conditions.getInt32(48, true), 1_700_000_000)
            const set = new DataView(columns.buffer, columns.byteOffset, 16)
            assert.strictEqual(set.getUint32(0, true), 7)
            assert.deepStrictEqual(
              [...new Uint32Array(bytesAt(set.getBigUint64(8, true), 28).buffer)],
              [101, 103, 108, 102, 109, 110, 113]
            )
            return returnHandle(slot, 0x51n)
          },
          MQLocateNext: (handle, count, variants) => {
            assert.strictEqual(handle, 0x51n)
            if (!(count instanceof ArrayBuffer) || !(variants instanceof ArrayBuffer)) throw new Error("not memory")
            const [room] = new Uint32Array(count)
            assert.strictEqual(room, 21)
            assert.strictEqual(variants.byteLength, 21 * 24)
            const values: ReadonlyArray<Left> = [
              { vt: 72, value: guid },
              { vt: 31, value: "host\\orders" },
              { vt: 31, value: "orders" },
              { vt: 72, value: guid },
              { vt: 3, value: 5 },
              { vt: 3, value: 6 },
              { vt: 17, value: 1 }
            ]
            heap.leaveAll(variants, values)
            new Uint32Array(count)[0] = 7
            return 0
          },
          MQFreeMemory: heap.free
        })
      )
      const handle = yield* rooms.locateBegin([
        { property: "label", relation: "equal", value: "orders" },
        { property: "createTime", relation: "greaterOrEqual", value: 1_700_000_000 }
      ])
      assert.strictEqual(handle, 0x51n as LocateHandle)
      const id = "00112233-4455-6677-8899-aabbccddeeff"
      assert.deepStrictEqual(yield* rooms.locateNext(handle, 3), [
        {
          instance: id,
          pathName: "host\\orders",
          label: "orders",
          type: id,
          createTime: 5,
          modifyTime: 6,
          transactional: true
        }
      ])
      assert.strictEqual(heap.live.size, 0)
    })
  )
})

describe("transactionPointer", () => {
  it("is a constant, or the address of the object", () => {
    const all = ["none", "mts", "xa", "singleMessage"] as const
    assert.deepStrictEqual(all.map(transactionPointer), [0n, 1n, 2n, 3n])
  })
})
