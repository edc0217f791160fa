/**
 * What a program would do by hand, without an SDK, in the three ways that the figures are measured against. All send the
 * same message: body, label, priority, security context, authentication level, sender id type. 64-bit layout.
 */
import koffi, { type LibraryHandle } from "koffi"

const vector = 0x1000
const [ui1, ui4, wideString] = [17, 19, 31]
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

/** One block of native memory, written through views, as long as the loop runs. */
export const reusedBuffer = (library: LibraryHandle) => {
  const send = library.func("uint32_t MQSendMessage(uintptr_t queue, void *properties, void *transaction)")
  const [variants, labelAt, bodyAt, size] = [64, 512, 1024, 4096 + 65_536]
  const block = koffi.alloc("uint8_t", size)
  const memory = koffi.view(block, size)
  const bytes = new Uint8Array(memory)
  const units = new Uint16Array(memory)
  const words = new Uint32Array(memory)
  const pointers = new BigUint64Array(memory)
  words[0] = properties.length
  pointers[1] = block + 32n
  pointers[2] = block + BigInt(variants)
  properties.forEach(({ id, vt }, index) => {
    words[8 + index] = id
    units[(variants + index * propertySize) / 2] = vt
  })
  const value = (index: number): number => variants + index * propertySize + 8
  pointers[(value(0) + 8) / 8] = block + BigInt(bodyAt)
  pointers[value(1) / 8] = block + BigInt(labelAt)
  words[value(4) / 4] = 1
  words[value(5) / 4] = 0

  return (sent: Sent): void => {
    const { body, labels, queue, securityContext } = sent
    words[value(3) / 4] = Number(securityContext)
    for (const label of labels) {
      for (let at = 0; at < label.length; at++) units[labelAt / 2 + at] = label.charCodeAt(at)
      units[labelAt / 2 + label.length] = 0
      bytes.set(body, bodyAt)
      words[value(0) / 4] = body.length
      bytes[value(2)] = 3
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
          variant(ui1, { bVal: 3 }),
          variant(ui4, { ulVal: Number(securityContext) }),
          variant(ui4, { ulVal: 1 }),
          variant(ui4, { ulVal: 0 })
        ],
        aStatus: null
      }
      const hresult = send(queue, message, null)
      if (hresult >= 0x80000000) throw new Error(`MQSendMessage returned 0x${hresult.toString(16)}`)
    }
  }
}

/** A receive loop by hand: one block, body and label copied out, until so many have come. */
export const reusedReceiveBuffer = (library: LibraryHandle) => {
  const receive = library.func(
    "uint32_t MQReceiveMessage(uintptr_t queue, uint32_t timeout, uint32_t action, void *properties, void *overlapped, void *callback, uintptr_t cursor, void *transaction)"
  )
  const asked = [
    { id: 9, vt: vector | ui1 },
    { id: 10, vt: ui4 },
    { id: 11, vt: wideString },
    { id: 12, vt: ui4 },
    { id: 4, vt: ui1 }
  ] as const
  const [variants, labelAt, bodyAt, bodyCapacity] = [64, 512, 2048, 4096]
  const size = bodyAt + bodyCapacity
  const block = koffi.alloc("uint8_t", size)
  const memory = koffi.view(block, size)
  const bytes = new Uint8Array(memory)
  const units = new Uint16Array(memory)
  const words = new Uint32Array(memory)
  const pointers = new BigUint64Array(memory)
  words[0] = asked.length
  pointers[1] = block + 32n
  pointers[2] = block + BigInt(variants)
  asked.forEach(({ id }, index) => {
    words[8 + index] = id
  })
  const value = (index: number): number => variants + index * propertySize + 8

  return (queue: bigint, count: number): ReadonlyArray<{ body: Uint8Array; label: string; priority: number }> => {
    const messages: Array<{ body: Uint8Array; label: string; priority: number }> = []
    for (let taken = 0; taken < count; taken++) {
      for (let index = 0; index < asked.length; index++) {
        units[(variants + index * propertySize) / 2] = asked[index]?.vt ?? 0
      }
      words[value(0) / 4] = bodyCapacity
      pointers[(value(0) + 8) / 8] = block + BigInt(bodyAt)
      pointers[value(2) / 8] = block + BigInt(labelAt)
      words[value(3) / 4] = 250
      const hresult = receive(queue, 0, 0, block, null, null, 0n, null)
      if (hresult >= 0x80000000) throw new Error(`MQReceiveMessage returned 0x${hresult.toString(16)}`)
      const length = words[value(1) / 4] ?? 0
      let label = ""
      const end = labelAt / 2 + (words[value(3) / 4] ?? 1) - 1
      for (let at = labelAt / 2; at < end; at++) label += String.fromCharCode(units[at] ?? 0)
      messages.push({ body: bytes.slice(bodyAt, bodyAt + length), label, priority: bytes[value(4)] ?? 0 })
    }
    return messages
  }
}
