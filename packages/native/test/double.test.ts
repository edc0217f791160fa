import { afterEach, assert, beforeAll, describe, it } from "@effect/vitest"
import koffi from "koffi"
import { execFileSync } from "node:child_process"
import { buildForLinux } from "./double/buildDouble.ts"

const built = buildForLinux()

const VT = { NULL: 1, UI1: 17, UI4: 19, UI8: 21, LPWSTR: 31, CLSID: 72, BYTES: 0x1011 } as const
const M = {
  MSGID: 2,
  PRIORITY: 4,
  APPSPECIFIC: 8,
  BODY: 9,
  BODY_SIZE: 10,
  LABEL: 11,
  LABEL_LEN: 12,
  AUTH_LEVEL: 24,
  SENDER_CERT: 28,
  SENDER_CERT_LEN: 29,
  SECURITY_CONTEXT: 37,
  LOOKUPID: 60,
  ABORT_COUNT: 69
} as const
const MQ_OK = 0
const hex = (code: number) => (code >>> 0).toString(16).toUpperCase()

interface Property {
  readonly id: number
  readonly vt: number
  readonly value: number | bigint | string | Uint8Array
}

/** A property array in memory that stays put, so that what the call wrote can be read back. */
const makeProps = (properties: ReadonlyArray<Property>) => {
  const count = properties.length
  const address = koffi.alloc("uint8_t", 32 + count * 40)
  const memory = new DataView(koffi.view(address, 32 + count * 40))
  const ids = 32
  const variants = ids + count * 8
  const status = variants + count * 24
  const kept: Array<Uint8Array> = []
  memory.setUint32(0, count, true)
  memory.setBigUint64(8, address + BigInt(ids), true)
  memory.setBigUint64(16, address + BigInt(variants), true)
  memory.setBigUint64(24, address + BigInt(status), true)
  properties.forEach(({ id, value, vt }, at) => {
    const variant = variants + at * 24
    memory.setUint32(ids + at * 4, id, true)
    memory.setUint16(variant, vt, true)
    if (typeof value === "number") memory.setUint32(variant + 8, value, true)
    else if (typeof value === "bigint") memory.setBigUint64(variant + 8, value, true)
    else {
      const bytes = typeof value === "string" ? Buffer.from(`${value}\0`, "utf16le") : value
      kept.push(bytes)
      if (vt === VT.BYTES) {
        memory.setUint32(variant + 8, bytes.length, true)
        if (bytes.length > 0) memory.setBigUint64(variant + 16, koffi.address(bytes), true)
      } else memory.setBigUint64(variant + 8, koffi.address(bytes), true)
    }
  })
  return {
    address,
    bytes: (at: number) => kept[at]!,
    number: (at: number) => memory.getUint32(variants + at * 24 + 8, true),
    number64: (at: number) => memory.getBigUint64(variants + at * 24 + 8, true),
    vt: (at: number) => memory.getUint16(variants + at * 24, true),
    status: (at: number) => hex(memory.getUint32(status + at * 4, true))
  }
}

interface Ledger {
  readonly counts: Readonly<Record<string, { acquired: number; freed: number; open: number }>>
  readonly calls: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<string>
}

const bind = (path: string) => {
  const lib = koffi.load(path)
  const out = () => [null] as [bigint | null]
  const open = lib.func("uint32_t MQOpenQueue(str16 name, uint32_t access, uint32_t share, _Out_ uint64_t *handle)")
  const create = lib.func("uint32_t MQCreateQueue(void *sd, void *props, void *name, _Inout_ uint32_t *length)")
  const send = lib.func("uint32_t MQSendMessage(uint64_t queue, void *props, void *transaction)")
  const receive = lib.func(
    "uint32_t MQReceiveMessage(uint64_t q, uint32_t t, uint32_t a, void *p, void *o, void *c, uint64_t cursor, void *x)"
  )
  const lookup = lib.func(
    "uint32_t MQReceiveMessageByLookupId(uint64_t q, uint64_t id, uint32_t a, void *p, void *o, void *c, void *x)"
  )
  const getContext = lib.func("uint32_t MQGetSecurityContextEx(void *cert, uint32_t length, _Out_ uint64_t *context)")
  const begin = lib.func("uint32_t MQBeginTransaction(_Out_ void **transaction)")
  const createCursor = lib.func("uint32_t MQCreateCursor(uint64_t queue, _Out_ uint64_t *cursor)")
  const ledgerJson = lib.func("uint32_t Double_LedgerJson(void *buffer, uint32_t size)")
  const lastSent = lib.func("uint32_t Double_LastSentProperties(void *buffer, uint32_t size)")
  const lastCertificate = lib.func("uint32_t Double_LastCertificate(void *buffer, uint32_t size)")
  const commit = koffi.proto("uint32_t Commit(void *self, int32_t retaining, uint32_t kind, uint32_t managers)")
  const abort = koffi.proto("uint32_t Abort(void *self, void *reason, int32_t retaining, int32_t async)")
  const release = koffi.proto("uint32_t Release(void *self)")

  const text = (ask: (buffer: Buffer | null, size: number) => number): string => {
    const buffer = Buffer.alloc(ask(null, 0))
    ask(buffer, buffer.length)
    return buffer.toString("utf8", 0, buffer.length - 1)
  }
  const method = (self: bigint, slot: number) => {
    const table = new DataView(koffi.view(self, 8)).getBigUint64(0, true)
    return new DataView(koffi.view(table, 48)).getBigUint64(slot * 8, true)
  }
  return {
    lib,
    create: (path: string, ...properties: ReadonlyArray<Property>) => {
      const name = Buffer.alloc(248)
      const length: [number] = [124]
      const props = makeProps([{ id: 103, vt: VT.LPWSTR, value: path }, ...properties])
      const result = hex(create(null, props.address, name, length))
      return { result, formatName: name.toString("utf16le", 0, Math.max(length[0] - 1, 0) * 2), props }
    },
    open: (name: string, access: number): bigint => {
      const handle = out()
      assert.strictEqual(open(name, access, 0, handle), MQ_OK)
      return BigInt(handle[0]!)
    },
    send: (queue: bigint, props: bigint | null, transaction: bigint | null = null) =>
      hex(send(queue, props, transaction)),
    receive: (
      queue: bigint,
      props: bigint | null,
      options: { timeout?: number; action?: number; cursor?: bigint; transaction?: bigint } = {}
    ) =>
      hex(
        receive(
          queue,
          options.timeout ?? 0,
          options.action ?? 0,
          props,
          null,
          null,
          options.cursor ?? 0n,
          options.transaction ?? null
        )
      ),
    receiveLater: (queue: bigint, props: bigint | null, timeout: number) =>
      new Promise<string>((resolve, reject) =>
        receive.async(queue, timeout, 0, props, null, null, 0n, null, (error: unknown, result: number) =>
          error ? reject(error) : resolve(hex(result))
        )
      ),
    lookup: (queue: bigint, id: bigint, action: number, props: bigint | null) =>
      hex(lookup(queue, id, action, props, null, null, null)),
    getContext: (certificate: Uint8Array | null) => {
      const handle = out()
      const result = hex(getContext(certificate, certificate?.length ?? 0, handle))
      return { result, handle: BigInt(handle[0] ?? 0) }
    },
    freeContext: lib.func("void MQFreeSecurityContext(uint64_t context)"),
    close: (queue: bigint) => hex(closeQueue(queue)),
    purge: lib.func("uint32_t MQPurgeQueue(uint64_t queue)"),
    createCursor: (queue: bigint) => {
      const handle = out()
      assert.strictEqual(createCursor(queue, handle), MQ_OK)
      return BigInt(handle[0]!)
    },
    begin: () => {
      const pointer = out()
      assert.strictEqual(begin(pointer), MQ_OK)
      const self = pointer[0]!
      return {
        self,
        commit: () => hex(koffi.call(method(self, 3), commit, self, 0, 0, 0)),
        abort: () => hex(koffi.call(method(self, 4), abort, self, null, 0, 0)),
        release: (): number => koffi.call(method(self, 2), release, self)
      }
    },
    getQueueProperties: lib.func("uint32_t MQGetQueueProperties(str16 name, void *props)"),
    managementInfo: lib.func("uint32_t MQMgmtGetInfo(str16 machine, str16 object, void *props)"),
    freeMemory: lib.func("void MQFreeMemory(void *memory)"),
    reset: lib.func("void Double_Reset()"),
    failNext: lib.func("int32_t Double_FailNext(str name, uint32_t nth, uint32_t result)"),
    highBits: lib.func("void Double_SetHandleHighBits(uint32_t bits)"),
    setDelay: lib.func("int Double_SetDelay(str name, double milliseconds)"),
    hold: lib.func("int Double_Hold(str name)"),
    callCount: lib.func("uint32_t Double_CallCount(str name)"),
    queueCount: lib.func("uint32_t Double_QueueCount(str16 name)"),
    ledger: (): Ledger => JSON.parse(text(ledgerJson)),
    lastSent: (): ReadonlyArray<{ id: number; vt: number; hex: string }> => JSON.parse(text(lastSent)),
    lastCertificate: () => {
      const buffer = Buffer.alloc(lastCertificate(null, 0))
      lastCertificate(buffer, buffer.length)
      return buffer
    }
  }

  function closeQueue(queue: bigint): number {
    return (closer ??= lib.func("uint32_t MQCloseQueue(uint64_t queue)"))(queue)
  }
}

let closer: ((queue: bigint) => number) | undefined

const PEEK_CURRENT = 0x80000000
const PEEK_NEXT = 0x80000001

if ("missing" in built) console.warn(`skipped: there is no double of mqrt.dll (${built.missing})`)

describe.skipIf("missing" in built)("the double of mqrt", () => {
  const mqrt = "missing" in built ? (undefined as never) : bind(built.mqrt)
  const direct = "DIRECT=OS:.\\private$\\orders"

  beforeAll(() => mqrt.reset())
  afterEach(() => mqrt.reset())

  const create = (transactional = false) =>
    mqrt.create(".\\private$\\orders", { id: 113, vt: VT.UI1, value: transactional ? 1 : 0 })
  const labelled = (label: string, priority = 3) =>
    makeProps([
      { id: M.LABEL, vt: VT.LPWSTR, value: label },
      { id: M.PRIORITY, vt: VT.UI1, value: priority }
    ]).address
  const labelBuffer = () =>
    makeProps([
      { id: M.LABEL, vt: VT.LPWSTR, value: Buffer.alloc(500) },
      { id: M.LABEL_LEN, vt: VT.UI4, value: 250 },
      { id: M.LOOKUPID, vt: VT.UI8, value: 0n },
      { id: M.ABORT_COUNT, vt: VT.NULL, value: 0 }
    ])
  const labelOf = (props: ReturnType<typeof makeProps>) =>
    Buffer.from(props.bytes(0)).toString("utf16le", 0, Math.max(0, props.number(1) - 1) * 2)

  it("creates, opens, sends and receives, with buffers too small and then right", () => {
    const { formatName, result } = create()
    assert.strictEqual(result, "0")
    assert.match(formatName, /^PRIVATE=11223344-5566-7788-99aa-bbccddeeff01\\[0-9a-f]{8}$/)
    const sending = mqrt.open(formatName, 2)
    const receiving = mqrt.open(direct, 1)
    const sent = makeProps([
      { id: M.LABEL, vt: VT.LPWSTR, value: "héllo" },
      { id: M.BODY, vt: VT.BYTES, value: Buffer.from("a body of bytes") },
      { id: M.PRIORITY, vt: VT.UI1, value: 5 },
      { id: M.APPSPECIFIC, vt: VT.UI4, value: 0xdeadbeef },
      { id: M.MSGID, vt: VT.BYTES, value: Buffer.alloc(20) }
    ])
    assert.strictEqual(mqrt.send(sending, sent.address), "0")
    assert.deepStrictEqual(
      mqrt.lastSent().map(({ id }) => id),
      [M.LABEL, M.BODY, M.PRIORITY, M.APPSPECIFIC, M.MSGID]
    )
    assert.strictEqual(mqrt.lastSent()[3]!.hex, "efbeadde")
    const ask = (body: number, label: number) =>
      makeProps([
        { id: M.LABEL, vt: VT.LPWSTR, value: Buffer.alloc(label * 2) },
        { id: M.BODY, vt: VT.BYTES, value: Buffer.alloc(body) },
        { id: M.LABEL_LEN, vt: VT.UI4, value: label },
        { id: M.BODY_SIZE, vt: VT.NULL, value: 0 },
        { id: M.APPSPECIFIC, vt: VT.UI4, value: 0 },
        { id: M.PRIORITY, vt: VT.UI1, value: 0 },
        { id: M.MSGID, vt: VT.BYTES, value: Buffer.alloc(20) }
      ])
    const small = ask(4, 2)
    assert.strictEqual(mqrt.receive(receiving, small.address), "C00E005E")
    assert.deepStrictEqual([small.number(2), small.number(3)], [6, 15])
    assert.strictEqual(Buffer.from(small.bytes(1)).toString(), "a bo")
    const right = ask(15, 6)
    assert.strictEqual(mqrt.receive(receiving, right.address), "0")
    assert.strictEqual(Buffer.from(right.bytes(1)).toString(), "a body of bytes")
    assert.strictEqual(Buffer.from(right.bytes(0)).toString("utf16le"), "héllo\0")
    assert.deepStrictEqual([right.number(4), right.number(5)], [0xdeadbeef, 5])
    assert.deepStrictEqual(Buffer.from(right.bytes(2)), Buffer.from(sent.bytes(2)))
    assert.strictEqual(mqrt.receive(receiving, right.address), "C00E001B")
    assert.strictEqual(mqrt.close(sending), "0")
    assert.strictEqual(mqrt.close(receiving), "0")
    assert.deepStrictEqual(mqrt.ledger().counts["queue"], { acquired: 2, freed: 2, open: 0 })
    assert.deepStrictEqual(mqrt.ledger().violations, [])
  })

  it("gets, uses and frees a security context, and records the second free", () => {
    create()
    const sending = mqrt.open(direct, 2)
    const receiving = mqrt.open(direct, 1)
    const certificate = Buffer.from([0x30, 3, 2, 1, 7])
    const { handle, result } = mqrt.getContext(certificate)
    assert.strictEqual(result, "0")
    assert.isBelow(Number(handle), 2 ** 32)
    assert.deepStrictEqual(mqrt.lastCertificate(), certificate)
    const signed = (context: number) =>
      makeProps([
        { id: M.SECURITY_CONTEXT, vt: VT.UI4, value: context },
        { id: M.AUTH_LEVEL, vt: VT.UI4, value: 1 }
      ]).address
    assert.strictEqual(mqrt.send(sending, signed(Number(handle))), "0")
    const asked = makeProps([
      { id: M.SENDER_CERT, vt: VT.BYTES, value: Buffer.alloc(64) },
      { id: M.SENDER_CERT_LEN, vt: VT.UI4, value: 0 }
    ])
    assert.strictEqual(mqrt.receive(receiving, asked.address), "0")
    assert.deepStrictEqual(Buffer.from(asked.bytes(0).subarray(0, asked.number(1))), certificate)
    mqrt.freeContext(handle)
    assert.deepStrictEqual(mqrt.ledger().counts["securityContext"], { acquired: 1, freed: 1, open: 0 })
    assert.deepStrictEqual(mqrt.ledger().violations, [])
    mqrt.freeContext(handle)
    assert.match(mqrt.ledger().violations[0]!, /MQFreeSecurityContext: securityContext handle 0x\w+ was freed before/)
    assert.strictEqual(mqrt.send(sending, signed(Number(handle))), "C00E0035")
    assert.strictEqual(mqrt.ledger().violations.length, 2)
    mqrt.highBits(1)
    assert.isAbove(Number(mqrt.getContext(null).handle), 2 ** 32)
    mqrt.failNext("MQGetSecurityContextEx", 1, 0xc00e002f)
    assert.strictEqual(mqrt.getContext(null).result, "C00E002F")
  })

  it("answers a wrong type with a status and records it", () => {
    create()
    const sending = mqrt.open(direct, 2)
    const wrong = makeProps([
      { id: M.APPSPECIFIC, vt: VT.UI4, value: 1 },
      { id: M.PRIORITY, vt: VT.UI4, value: 1 }
    ])
    assert.strictEqual(mqrt.send(sending, wrong.address), "C00E0002")
    assert.deepStrictEqual([wrong.status(0), wrong.status(1)], ["0", "C00E0019"])
    assert.deepStrictEqual(mqrt.ledger().violations, ["MQSendMessage: PROPID_M_PRIORITY has VARTYPE 19, not 17"])
    const alone = makeProps([{ id: M.LABEL, vt: VT.LPWSTR, value: Buffer.alloc(20) }])
    const receiving = mqrt.open(direct, 1)
    assert.strictEqual(mqrt.receive(receiving, alone.address), "C00E003F")
  })

  it("keeps priorities, cursors and lookup ids in order", () => {
    create()
    const sending = mqrt.open(direct, 2)
    const receiving = mqrt.open(direct, 1)
    for (const [label, priority] of [
      ["a", 3],
      ["b", 7],
      ["c", 3]
    ] as const) {
      assert.strictEqual(mqrt.send(sending, labelled(label, priority)), "0")
    }
    const cursor = mqrt.createCursor(receiving)
    const seen: Array<string> = []
    const ids: Array<bigint> = []
    assert.strictEqual(mqrt.receive(receiving, labelBuffer().address, { action: PEEK_NEXT, cursor }), "C00E001C")
    for (let action = PEEK_CURRENT; ; action = PEEK_NEXT) {
      const props = labelBuffer()
      const result = mqrt.receive(receiving, props.address, { action, cursor })
      if (result === "C00E001B") break
      assert.strictEqual(result, "0")
      seen.push(labelOf(props))
      ids.push(props.number64(2))
    }
    assert.deepStrictEqual(seen, ["b", "a", "c"])
    assert.isTrue(ids[0]! < ids[1]! && ids[1]! < ids[2]!)
    const looked = labelBuffer()
    assert.strictEqual(mqrt.lookup(receiving, ids[1]!, 0x40000020, looked.address), "0")
    assert.strictEqual(labelOf(looked), "a")
    assert.strictEqual(mqrt.lookup(receiving, ids[1]!, 0x40000010, looked.address), "C00E0088")
    assert.strictEqual(mqrt.queueCount(direct), 2)
    assert.strictEqual(mqrt.purge(receiving), 0)
    assert.strictEqual(mqrt.queueCount(direct), 0)
  })

  it("commits and aborts", () => {
    create(true)
    const sending = mqrt.open(direct, 2)
    const receiving = mqrt.open(direct, 1)
    const first = mqrt.begin()
    assert.strictEqual(mqrt.send(sending, labelled("x"), first.self), "0")
    assert.strictEqual(mqrt.receive(receiving, null), "C00E001B")
    assert.strictEqual(first.commit(), "0")
    assert.strictEqual(first.commit(), "C00E0051")
    assert.strictEqual(first.release(), 0)
    const second = mqrt.begin()
    assert.strictEqual(mqrt.receive(receiving, labelBuffer().address, { transaction: second.self }), "0")
    assert.strictEqual(mqrt.receive(receiving, null), "C00E001B")
    assert.strictEqual(second.abort(), "0")
    second.release()
    const again = labelBuffer()
    assert.strictEqual(mqrt.receive(receiving, again.address, { action: PEEK_CURRENT }), "0")
    assert.deepStrictEqual([labelOf(again), again.number(3)], ["x", 1])
    assert.strictEqual(second.release(), 0)
    assert.match(mqrt.ledger().violations[0]!, /TransactionRelease: the transaction was released before/)
    assert.deepStrictEqual(mqrt.ledger().counts["transaction"], { acquired: 2, freed: 2, open: 0 })
  })

  it("lets a receive wait on another thread for a message and for a close", async () => {
    create()
    const sending = mqrt.open(direct, 2)
    const receiving = mqrt.open(direct, 1)
    const props = labelBuffer()
    const waiting = mqrt.receiveLater(receiving, props.address, 5000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(mqrt.send(sending, labelled("late")), "0")
    assert.strictEqual(await waiting, "0")
    assert.strictEqual(labelOf(props), "late")
    assert.strictEqual(await mqrt.receiveLater(receiving, null, 20), "C00E001B")
    const cancelled = mqrt.receiveLater(receiving, null, 0xffffffff)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(mqrt.close(receiving), "0")
    assert.strictEqual(await cancelled, "C00E0008")
    assert.strictEqual(mqrt.close(receiving), "C00E0007")
  })

  /** Waits until calls that receive have begun. */
  const begun = async (count: number): Promise<void> => {
    if (mqrt.callCount("MQReceiveMessage") >= count) return
    await new Promise((resolve) => setTimeout(resolve, 1))
    return begun(count)
  }

  it("ends the calls that take their time, though those that follow at once take theirs", async () => {
    create()
    const receiving = mqrt.open(direct, 1)
    mqrt.setDelay("MQReceiveMessage", 600_000)
    const first = mqrt.receiveLater(receiving, null, 0)
    await begun(1)
    mqrt.setDelay("MQReceiveMessage", 0)
    mqrt.setDelay("MQReceiveMessage", 600_000)
    assert.strictEqual(await first, "C00E001B")
    const second = mqrt.receiveLater(receiving, null, 0)
    await begun(2)
    mqrt.reset()
    assert.strictEqual(await second, "C00E0007")
  })

  it("holds calls until they are ended, though those that follow at once are held", async () => {
    create()
    const receiving = mqrt.open(direct, 1)
    mqrt.hold("MQReceiveMessage")
    const first = mqrt.receiveLater(receiving, null, 0)
    await begun(1)
    mqrt.setDelay("MQReceiveMessage", 0)
    mqrt.hold("MQReceiveMessage")
    assert.strictEqual(await first, "C00E001B")
    const second = mqrt.receiveLater(receiving, null, 0)
    await begun(2)
    mqrt.setDelay("MQReceiveMessage", 0)
    assert.strictEqual(await second, "C00E001B")
    assert.deepStrictEqual(mqrt.ledger().violations, [])
  })

  it("records a call on the thread that holds the function, which would wait for itself, and does not hold it", () => {
    create()
    const receiving = mqrt.open(direct, 1)
    mqrt.hold("MQReceiveMessage")
    assert.strictEqual(mqrt.receive(receiving, null), "C00E001B")
    assert.deepStrictEqual(mqrt.ledger().violations, [
      "MQReceiveMessage: called on the thread that holds its calls, and would never end"
    ])
  })

  it("passes its own trial in C", () => {
    if ("missing" in built) return
    assert.strictEqual(execFileSync(built.smoke, { encoding: "utf8" }), "smoke: ok\n")
  })

  it("allocates what is asked for with VT_NULL and takes it back", () => {
    const { formatName } = create()
    const props = makeProps([
      { id: 103, vt: VT.NULL, value: 0 },
      { id: 102, vt: VT.NULL, value: 0 },
      { id: 113, vt: VT.NULL, value: 0 }
    ])
    assert.strictEqual(mqrt.getQueueProperties(formatName, props.address), 0)
    assert.deepStrictEqual([props.vt(0), props.vt(1), props.vt(2)], [VT.LPWSTR, VT.CLSID, VT.UI1])
    assert.strictEqual(koffi.decode(props.number64(0), "char16_t", -1), "DOUBLE\\private$\\orders")
    assert.strictEqual(mqrt.ledger().counts["memory"]!.open, 2)
    mqrt.freeMemory(props.number64(0))
    mqrt.freeMemory(props.number64(1))
    assert.strictEqual(mqrt.ledger().counts["memory"]!.open, 0)
    mqrt.freeMemory(props.number64(1))
    assert.match(mqrt.ledger().violations[0]!, /MQFreeMemory/)
    const names = makeProps([{ id: 2, vt: VT.NULL, value: 0 }])
    assert.strictEqual(mqrt.managementInfo(null, "MACHINE", names.address), 0)
    assert.strictEqual(names.number(0), 1)
    assert.strictEqual(mqrt.ledger().counts["memory"]!.open, 2)
  })
})
