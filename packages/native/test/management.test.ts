import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { management } from "../src/internal/management.ts"
import { endOfData, queueInfo } from "../src/internal/managementPropertyTable.ts"
import { fakeBindings } from "./fakeBindings.ts"
import type { Left } from "./fakeVariants.ts"
import { asked, FakeHeap, fill, refuse } from "./fakeVariants.ts"

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

const sequence = (id: bigint, number: number, previous: number): Left => {
  const view = new DataView(new ArrayBuffer(16))
  view.setBigInt64(0, id, true)
  view.setUint32(8, number, true)
  view.setUint32(12, previous, true)
  return { vt: 65, value: new Uint8Array(view.buffer) }
}

const numbers = (vt: number, ...values: ReadonlyArray<number>): Left => ({
  vt,
  value: new Uint8Array(Uint32Array.from(values).buffer),
  count: values.length
})

/** Two sources, as six vectors. */
const sources: Left = {
  vt: 0x100c,
  value: [
    { vt: 0x101f, value: ["DIRECT=OS:here\\private$\\orders", "DIRECT=TCP:10.0.0.1\\private$\\orders"] },
    { vt: 0x1048, value: Uint8Array.of(...guid, ...new Uint8Array(16).fill(0xab)), count: 2 },
    { vt: 0x1015, value: new Uint8Array(BigUint64Array.of(2n ** 64n - 1n, 5n).buffer), count: 2 },
    numbers(0x1013, 0xffff_ffff, 7),
    numbers(0x1003, 1_700_000_000, 1_700_000_001),
    numbers(0x1013, 0, 3)
  ]
}

const localQueue: ReadonlyArray<[number, Left]> = [
  [1, { vt: 31, value: "machine\\private$\\orders" }],
  [2, { vt: 31, value: "DIRECT=OS:machine\\private$\\orders" }],
  [3, { vt: 31, value: "PRIVATE" }],
  [4, { vt: 31, value: "LOCAL" }],
  [5, { vt: 31, value: "YES" }],
  [6, { vt: 31, value: "UNKNOWN" }],
  [7, { vt: 19, value: 3 }],
  [8, { vt: 19, value: 0xffff_fff0 }],
  [9, { vt: 19, value: 2 }],
  [10, { vt: 19, value: 10 }],
  [11, { vt: 31, value: "LOCAL CONNECTION" }],
  [12, { vt: 0x101f, value: ["a", "", "ż"] }],
  [27, { vt: 0x101f, value: [] }]
]

const outgoing: ReadonlyArray<[number, Left]> = [
  ...localQueue,
  [13, sequence(-5n, 7, 6)],
  // One page documents VT_UI4, the header VT_I4.
  [14, { vt: 19, value: 1_700_000_000 }],
  [15, { vt: 19, value: 1 }],
  [16, sequence(1n, 2, 3)],
  [17, sequence(4n, 5, 6)],
  [18, sequence(7n, 8, 9)],
  [19, { vt: 19, value: 4 }],
  [20, { vt: 19, value: 5 }],
  [21, { vt: 3, value: 1_700_000_001 }],
  [22, { vt: 19, value: 6 }],
  [23, { vt: 19, value: 7 }]
]

const queueOf = (values: ReadonlyArray<[number, Left]>) => {
  const heap = new FakeHeap()
  const calls: Array<unknown> = []
  const rooms = management(
    fakeBindings({
      MQMgmtGetInfo: (computer, object, struct) => {
        calls.push(computer, object)
        for (const { vt } of asked(struct)) assert.strictEqual(vt, 1)
        fill(heap, struct, new Map(values))
        return 0
      },
      MQFreeMemory: heap.free
    })
  )
  return { heap, calls, rooms }
}

describe("MQMgmtGetInfo", () => {
  it.effect("returns every property of an outgoing queue, and frees all memory", () =>
    Effect.gen(function* () {
      const { calls, heap, rooms } = queueOf(outgoing)
      const info = yield* rooms.getQueueInfo("host", "DIRECT=OS:host\\private$\\orders")
      assert.deepStrictEqual(calls, ["host", "QUEUE=DIRECT=OS:host\\private$\\orders"])
      assert.deepStrictEqual(info, {
        pathName: "machine\\private$\\orders",
        formatName: "DIRECT=OS:machine\\private$\\orders",
        type: "PRIVATE",
        isLocal: true,
        transactional: true,
        foreign: null,
        messageCount: 3,
        bytesInQueue: 0xffff_fff0,
        journalMessageCount: 2,
        bytesInJournal: 10,
        state: "LOCAL CONNECTION",
        nextHops: ["a", "", "ż"],
        subqueues: [],
        sources: [],
        endOfData: {
          lastAcknowledged: { sequenceId: -5n, sequenceNumber: 7, previousNumber: 6 },
          lastAcknowledgedTime: 1_700_000_000,
          lastAcknowledgedCount: 1,
          firstUnacknowledged: { sequenceId: 1n, sequenceNumber: 2, previousNumber: 3 },
          lastUnacknowledged: { sequenceId: 4n, sequenceNumber: 5, previousNumber: 6 },
          next: { sequenceId: 7n, sequenceNumber: 8, previousNumber: 9 },
          unreadCount: 4,
          unacknowledgedCount: 5,
          resendTime: 1_700_000_001,
          resendInterval: 6,
          resendCount: 7
        }
      })
      assert.strictEqual(heap.live.size, 0)
      assert.strictEqual(heap.freed.length, 7 + 4 + 1 + 4)
    })
  )

  it.effect("returns the sources of the streams to a queue, and frees all memory", () =>
    Effect.gen(function* () {
      const { heap, rooms } = queueOf([...localQueue, [24, sources]])
      assert.deepStrictEqual((yield* rooms.getQueueInfo(null, "x")).sources, [
        {
          formatName: "DIRECT=OS:here\\private$\\orders",
          senderId: "00112233-4455-6677-8899-aabbccddeeff",
          sequenceId: 2n ** 64n - 1n,
          sequenceNumber: 0xffff_ffff,
          lastAccessTime: 1_700_000_000,
          rejectCount: 0
        },
        {
          formatName: "DIRECT=TCP:10.0.0.1\\private$\\orders",
          senderId: "abababab-abab-abab-abab-abababababab",
          sequenceId: 5n,
          sequenceNumber: 7,
          lastAccessTime: 1_700_000_001,
          rejectCount: 3
        }
      ])
      assert.strictEqual(heap.live.size, 0)
    })
  )

  it.effect("returns no sources where Windows answers with another type, fewer vectors or none", () =>
    Effect.gen(function* () {
      const vectors = Array.isArray(sources.value) ? (sources.value as ReadonlyArray<Left>) : []
      for (const answer of [
        { vt: 1, value: 0 },
        { vt: 31, value: "unknown" },
        { vt: 0x100c, value: vectors.slice(0, 5) },
        { vt: 0x100c, value: vectors.toReversed() }
      ]) {
        const { heap, rooms } = queueOf([...localQueue, [24, answer]])
        assert.deepStrictEqual((yield* rooms.getQueueInfo(null, "x")).sources, [])
        assert.strictEqual(heap.live.size, 0)
      }
    })
  )

  it.effect("returns nothing of the exactly-once delivery for a local queue", () =>
    Effect.gen(function* () {
      const { heap, rooms } = queueOf(localQueue)
      const { endOfData: delivery } = yield* rooms.getQueueInfo(null, "x")
      assert.deepStrictEqual(
        delivery,
        Object.fromEntries(Object.keys(endOfData).map((field) => [field, null])) as typeof delivery
      )
      assert.strictEqual(heap.live.size, 0)
    })
  )

  it("both tables of a queue have fields and ids of their own", () => {
    const rows = [...Object.entries(queueInfo), ...Object.entries(endOfData)]
    assert.strictEqual(new Set(rows.map(([field]) => field)).size, rows.length)
    assert.strictEqual(new Set(rows.map(([, { id }]) => id)).size, rows.length)
  })

  it.effect("fails with MQ_ERROR for an inactive queue", () =>
    Effect.gen(function* () {
      const rooms = management(fakeBindings({ MQMgmtGetInfo: () => 0xc00e_0001 }))
      const failure = yield* Effect.flip(rooms.getQueueInfo(null, "x"))
      assert.deepStrictEqual([failure.function, failure.code, failure.properties], ["MQMgmtGetInfo", 0xc00e_0001, []])
    })
  )

  it.effect("returns every property of the machine", () =>
    Effect.gen(function* () {
      const { calls, heap, rooms } = queueOf([
        [1, { vt: 0x101f, value: ["DIRECT=OS:a\\q"] }],
        [2, { vt: 0x101f, value: [".\\private$\\one", ".\\private$\\two"] }],
        [4, { vt: 31, value: "CONNECTED" }],
        [5, { vt: 31, value: "" }],
        [6, { vt: 20, value: 123_456_789_012n }]
      ])
      assert.deepStrictEqual(yield* rooms.getQueueManagerInfo(null), {
        activeQueues: ["DIRECT=OS:a\\q"],
        privateQueues: [".\\private$\\one", ".\\private$\\two"],
        directoryServer: null,
        connected: true,
        type: "",
        bytesInAllQueues: 123_456_789_012n
      })
      assert.deepStrictEqual(calls, [null, "MACHINE"])
      assert.strictEqual(heap.live.size, 0)
    })
  )
})

describe("MQMgmtAction", () => {
  it.effect("acts on the machine and on a queue", () =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const rooms = management(
        fakeBindings({
          MQMgmtAction: (...args) => {
            calls.push(args)
            return 0
          }
        })
      )
      yield* rooms.machineAction(null, "TIDY")
      yield* rooms.queueAction("host", "DIRECT=OS:host\\q", "PAUSE")
      assert.deepStrictEqual(calls, [
        [null, "MACHINE", "TIDY"],
        ["host", "QUEUE=DIRECT=OS:host\\q", "PAUSE"]
      ])
    })
  )
})

describe("MQGetMachineProperties", () => {
  it.effect("asks again without the properties that this Windows does not know", () =>
    Effect.gen(function* () {
      const heap = new FakeHeap()
      const ids: Array<ReadonlyArray<number>> = []
      const rooms = management(
        fakeBindings({
          MQGetMachineProperties: (machine, id, struct) => {
            assert.deepStrictEqual([machine, id], ["host", null])
            ids.push(asked(struct).map(({ id }) => id))
            if (ids.length === 1) {
              refuse(struct, new Map([[244, 0xc00e_0039]]))
              return 0xc00e_0002
            }
            const values = new Map<number, Left>([
              [202, { vt: 72, value: guid }],
              [203, { vt: 31, value: "HOST" }],
              [205, { vt: 0x1011, value: Uint8Array.of(1, 2, 3) }]
            ])
            fill(heap, struct, values)
            return 0
          },
          MQFreeMemory: heap.free
        })
      )
      assert.deepStrictEqual(yield* rooms.getMachineProperties("host"), {
        siteId: null,
        machineId: "00112233-4455-6677-8899-aabbccddeeff",
        pathName: "HOST",
        pathNameDns: null,
        connections: [],
        encryptionKey: Uint8Array.of(1, 2, 3),
        encryptionKeyBase: null,
        encryptionKeyEnhanced: null,
        encryptionKeyAes: null
      })
      assert.deepStrictEqual(ids, [
        [201, 202, 203, 204, 205, 231, 232, 233, 244],
        [201, 202, 203, 204, 205, 231, 232, 233]
      ])
      assert.strictEqual(heap.live.size, 0)
    })
  )

  it.effect("fails with the names of refused properties that it needs", () =>
    Effect.gen(function* () {
      const rooms = management(
        fakeBindings({
          MQGetMachineProperties: (_machine, _id, struct) => {
            refuse(struct, new Map([[202, 0xc00e_0019]]))
            return 0xc00e_0002
          }
        })
      )
      const failure = yield* Effect.flip(rooms.getMachineProperties(null))
      assert.deepStrictEqual(failure.properties, [{ property: "PROPID_QM_MACHINE_ID", status: 0xc00e_0019 }])
    })
  )
})

describe("MQGetPrivateComputerInformation", () => {
  it.effect.each([0, -1, 1])("reads a VARIANT_BOOL of %s", (raw) =>
    Effect.gen(function* () {
      const heap = new FakeHeap()
      const rooms = management(
        fakeBindings({
          MQGetPrivateComputerInformation: (_computer, struct) => {
            const values = new Map<number, Left>([
              [5801, { vt: 19, value: 0x0603_1db0 }],
              [5802, { vt: 11, value: raw }]
            ])
            fill(heap, struct, values)
            return 0
          },
          MQFreeMemory: heap.free
        })
      )
      assert.deepStrictEqual(yield* rooms.getPrivateComputerInformation(null), {
        version: 0x0603_1db0,
        directoryEnabled: raw !== 0
      })
    })
  )
})
