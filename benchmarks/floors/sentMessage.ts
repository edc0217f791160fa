/** One message in native memory, as `MQSendMessage` takes it: 64-bit layout, and views to write it through. */
import koffi from "koffi"

export const vector = 0x1000
export const [ui1, ui2, ui4, ui8, wideString, classId] = [17, 18, 19, 21, 31, 72]
export const propertySize = 24

/** Messages that a floor sends: the same body and priority each time, and another label. */
export interface Sent {
  readonly queue: number
  readonly securityContext: number
  readonly body: Uint8Array
  readonly labels: ReadonlyArray<string>
}

/** Properties of each message: body, label, priority, security context, authentication level, sender id type. */
export const properties = [
  { id: 9, vt: vector | ui1 },
  { id: 11, vt: wideString },
  { id: 4, vt: ui1 },
  { id: 37, vt: ui4 },
  { id: 24, vt: ui4 },
  { id: 22, vt: ui4 }
] as const

const [idsAt, variantsAt, statusesAt, labelAt, bodyAt, size] = [32, 64, 320, 512, 1024, 4096 + 65_536]
const valueAt = (index: number): number => variantsAt + index * propertySize + 8

/** Indexes of what changes from message to message, so that a loop computes none. */
export const at = {
  body: bodyAt,
  bodyLength: valueAt(0) / 4,
  label: labelAt / 2,
  priority: valueAt(2)
}

/** Allocates the memory and writes what does not change. */
export const sentMessage = (securityContext: number) => {
  const block = koffi.alloc("uint8_t", size)
  const memory = koffi.view(block, size)
  const [bytes, units] = [new Uint8Array(memory), new Uint16Array(memory)]
  const [words, pointers] = [new Uint32Array(memory), new BigUint64Array(memory)]
  words[0] = properties.length
  pointers[1] = block + BigInt(idsAt)
  pointers[2] = block + BigInt(variantsAt)
  pointers[3] = block + BigInt(statusesAt)
  properties.forEach(({ id, vt }, index) => {
    words[idsAt / 4 + index] = id
    units[(variantsAt + index * propertySize) / 2] = vt
  })
  pointers[(valueAt(0) + 8) / 8] = block + BigInt(bodyAt)
  pointers[valueAt(1) / 8] = block + BigInt(labelAt)
  words[valueAt(3) / 4] = securityContext
  words[valueAt(4) / 4] = 1
  words[valueAt(5) / 4] = 0
  return { address: Number(block), bytes, units, words, free: () => koffi.free(block) }
}
