/**
 * Code that a program would have by hand, without an SDK, in the three ways that the figures are measured against. All send the
 * same message: body, label, priority, security context, authentication level, sender id type. 64-bit layout.
 */
import koffi, { type LibraryHandle } from "koffi"

const vector = 0x1000
const [ui1, ui2, ui4, ui8, wideString, classId] = [17, 18, 19, 21, 31, 72]
const propertySize = 24

export interface Sent {
  readonly queue: bigint
  readonly securityContext: bigint
  readonly body: Uint8Array
  readonly labels: ReadonlyArray<string>
}

const properties = [
  { id: 9, vt: vector | ui1 },
  { id: 11, vt: wideString },
  { id: 4, vt: ui1 },
  { id: 37, vt: ui4 },
  { id: 24, vt: ui4 },
  { id: 22, vt: ui4 }
] as const

/** One message in native memory, 64-bit layout, and views to write it through. */
const messageBlock = () => {
  const [variants, statusesAt, labelAt, bodyAt, size] = [64, 320, 512, 1024, 4096 + 65_536]
  const block = koffi.alloc("uint8_t", size)
  const memory = koffi.view(block, size)
  const bytes = new Uint8Array(memory)
  const units = new Uint16Array(memory)
  const words = new Uint32Array(memory)
  const pointers = new BigUint64Array(memory)
  words[0] = properties.length
  pointers[1] = block + 32n
  pointers[2] = block + BigInt(variants)
  pointers[3] = block + BigInt(statusesAt)
  properties.forEach(({ id, vt }, index) => {
    words[8 + index] = id
    units[(variants + index * propertySize) / 2] = vt
  })
  const value = (index: number): number => variants + index * propertySize + 8
  pointers[(value(0) + 8) / 8] = block + BigInt(bodyAt)
  pointers[value(1) / 8] = block + BigInt(labelAt)
  words[value(4) / 4] = 1
  words[value(5) / 4] = 0
  const write = (body: Uint8Array, label: string): void => {
    for (let at = 0; at < label.length; at++) units[labelAt / 2 + at] = label.charCodeAt(at)
    units[labelAt / 2 + label.length] = 0
    bytes.set(body, bodyAt)
    words[value(0) / 4] = body.length
    bytes[value(2)] = 4
  }
  const useContext = (securityContext: bigint): void => {
    words[value(3) / 4] = Number(securityContext)
  }
  return { block, write, useContext }
}

/** A loop in C that sends one message over and over: what nothing can beat. */
export const loopInC = (library: LibraryHandle, floor: LibraryHandle) => {
  const loop = floor.func("uint32_t Floor_SendLoop(void *send, uint64_t queue, void *properties, uint32_t count)")
  const send = library.symbol("MQSendMessage")
  const { block, useContext, write } = messageBlock()
  return ({ body, labels, queue, securityContext }: Sent): void => {
    useContext(securityContext)
    write(body, labels[0] ?? "")
    const failures = loop(send, queue, block, labels.length)
    if (failures !== 0) throw new Error(`${failures} sends failed`)
  }
}

/** One block of native memory, written through views, as long as the loop runs. */
export const reusedBuffer = (library: LibraryHandle) => {
  const send = library.func("uint32_t MQSendMessage(uintptr_t queue, void *properties, void *transaction)")
  const { block, useContext, write } = messageBlock()
  return ({ body, labels, queue, securityContext }: Sent): void => {
    useContext(securityContext)
    for (const label of labels) {
      write(body, label)
      const hresult = send(queue, block, null)
      if (hresult >= 0x80000000) throw new Error(`MQSendMessage returned 0x${hresult.toString(16)}`)
    }
  }
}

/** koffi's structs and objects, the way one would write it first. */
export const structObjects = (library: LibraryHandle) => {
  const Bytes = koffi.struct({ cElems: "uint32_t", pElems: "void *" })
  const Value = koffi.union({ bVal: "uint8_t", ulVal: "uint32_t", pwszVal: "str16", caub: Bytes })
  const Variant = koffi.struct({
    vt: "uint16_t",
    wReserved1: "uint16_t",
    wReserved2: "uint16_t",
    wReserved3: "uint16_t",
    value: Value
  })
  const Properties = koffi.struct({
    cProp: "uint32_t",
    aPropID: "void *",
    aPropVar: koffi.pointer(Variant),
    aStatus: "void *"
  })
  const send = library.func("MQSendMessage", "uint32_t", ["uintptr_t", koffi.pointer(Properties), "void *"])
  const variant = (vt: number, value: object) => ({ vt, wReserved1: 0, wReserved2: 0, wReserved3: 0, value })

  return ({ body, labels, queue, securityContext }: Sent): void => {
    for (const label of labels) {
      const message = {
        cProp: properties.length,
        aPropID: Uint32Array.from(properties, ({ id }) => id),
        aPropVar: [
          variant(vector | ui1, { caub: { cElems: body.length, pElems: body } }),
          variant(wideString, { pwszVal: label }),
          variant(ui1, { bVal: 4 }),
          variant(ui4, { ulVal: Number(securityContext) }),
          variant(ui4, { ulVal: 1 }),
          variant(ui4, { ulVal: 0 })
        ],
        aStatus: new Int32Array(properties.length)
      }
      const hresult = send(queue, message, null)
      if (hresult >= 0x80000000) throw new Error(`MQSendMessage returned 0x${hresult.toString(16)}`)
    }
  }
}

/** Properties that the SDK asks of every message, in the same order: id, type, and for what needs a buffer its capacity. */
const asked: ReadonlyArray<readonly [id: number, vt: number, capacity?: number]> = [
  [2, vector | ui1, 20],
  [60, ui8],
  [1, ui2],
  [9, vector | ui1, 4096],
  [10, ui4],
  [42, ui4],
  [11, wideString, 250],
  [12, ui4],
  [4, ui1],
  [5, ui1],
  [6, ui1],
  [7, ui1],
  [3, vector | ui1, 20],
  [8, ui4],
  [35, vector | ui1, 256],
  [36, ui4],
  [13, ui4],
  [14, ui4],
  [54, wideString, 256],
  [55, ui4],
  [17, wideString, 256],
  [18, ui4],
  [67, wideString, 256],
  [68, ui4],
  [41, ui1],
  [31, ui4],
  [32, ui4],
  [53, ui1],
  [26, ui4],
  [28, vector | ui1, 2048],
  [29, ui4],
  [22, ui4],
  [20, vector | ui1, 64],
  [21, ui4],
  [23, ui4],
  [27, ui4],
  [33, wideString, 256],
  [34, ui4],
  [30, classId, 16],
  [50, ui1],
  [51, ui1],
  [52, vector | ui1, 20],
  [69, ui4],
  [70, ui4],
  [75, ui4]
]

/**
 * A receive loop by hand: one block, whose blank state is copied back before each call; body, label and priority are
 * copied out. It asks for what the SDK asks for, so that what is compared is the way and not the double's work.
 */
export const reusedReceiveBuffer = (library: LibraryHandle) => {
  const receive = library.func(
    "uint32_t MQReceiveMessage(uintptr_t queue, uint32_t timeout, uint32_t action, void *properties, void *overlapped, void *callback, uintptr_t cursor, void *transaction)"
  )
  const [idsAt, variantsAt, buffersAt, size] = [32, 256, 2048, 32_768]
  const block = koffi.alloc("uint8_t", size)
  const memory = koffi.view(block, size)
  const bytes = new Uint8Array(memory)
  const units = new Uint16Array(memory)
  const words = new Uint32Array(memory)
  const pointers = new BigUint64Array(memory)
  const text = Buffer.from(memory)
  words[0] = asked.length
  pointers[1] = block + BigInt(idsAt)
  pointers[2] = block + BigInt(variantsAt)
  const places = new Map<number, { readonly value: number; readonly buffer: number }>()
  let buffer = buffersAt
  asked.forEach(([id, vt, capacity], index) => {
    const variant = variantsAt + index * propertySize
    const value = variant + 8
    words[idsAt / 4 + index] = id
    units[variant / 2] = vt
    places.set(id, { value, buffer })
    if (capacity === undefined) return
    const isVector = (vt & vector) !== 0
    if (isVector) words[value / 4] = capacity
    pointers[(isVector ? value + 8 : value) / 8] = block + BigInt(buffer)
    // The length of a text's buffer stands in the property after it.
    if (vt === wideString) words[(value + propertySize) / 4] = capacity
    buffer += (vt === wideString ? 2 * capacity : capacity + 7) & ~7
  })
  const blank = bytes.slice(variantsAt, variantsAt + asked.length * propertySize)
  const at = (id: number) => places.get(id) ?? { value: 0, buffer: 0 }
  const [body, bodySize, label, labelLength, priority] = [at(9), at(10), at(11), at(12), at(4)]

  return (queue: bigint, count: number): number => {
    let bytesTaken = 0
    for (let taken = 0; taken < count; taken++) {
      bytes.set(blank, variantsAt)
      const hresult = receive(queue, 0, 0, block, null, null, 0n, null)
      if (hresult >= 0x80000000) throw new Error(`MQReceiveMessage returned 0x${hresult.toString(16)}`)
      const message = {
        body: bytes.slice(body.buffer, body.buffer + (words[bodySize.value / 4] ?? 0)),
        label: text.toString("utf16le", label.buffer, label.buffer + 2 * ((words[labelLength.value / 4] ?? 1) - 1)),
        priority: bytes[priority.value]
      }
      bytesTaken += message.body.length
    }
    return bytesTaken
  }
}
