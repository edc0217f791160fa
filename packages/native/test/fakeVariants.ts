/** A property struct seen from the other side: what `mqrt.dll` reads in it, and what it leaves there. */
import koffi from "koffi"

/** Value that a function leaves in a variant; it allocates as `mqrt.dll` does. */
export interface Left {
  readonly vt: number
  readonly value: number | bigint | string | Uint8Array | ReadonlyArray<string> | ReadonlyArray<Left>
  /** Number of elements, where `value` has the bytes of several. */
  readonly count?: number
}

/** One property as the function finds it. */
export interface Asked {
  readonly id: number
  readonly vt: number
  /** The first 8 bytes of the union. */
  readonly bits: bigint
}

/** The heap of `mqrt.dll`: everything that is allocated has to come back through `MQFreeMemory`. */
export class FakeHeap {
  readonly live = new Set<bigint>()
  readonly freed: Array<bigint> = []

  allocate(bytes: Uint8Array): bigint {
    const address = BigInt(koffi.alloc("uint8_t", Math.max(bytes.length, 8)))
    new Uint8Array(koffi.view(address, bytes.length)).set(bytes)
    this.live.add(address)
    return address
  }

  readonly free = (address: bigint | ArrayBuffer | Uint8Array | null): void => {
    if (typeof address !== "bigint" || !this.live.delete(address)) throw new Error(`${String(address)} was freed amiss`)
    this.freed.push(address)
    koffi.free(address)
  }

  text(value: string): bigint {
    return this.allocate(Buffer.from(`${value}\0`, "utf16le"))
  }

  /** Writes an array of variants, from its beginning. */
  leaveAll(variants: ArrayBuffer, values: ReadonlyArray<Left>): void {
    for (const [index, value] of values.entries()) this.leave(koffi.address(variants) + BigInt(24 * index), value)
  }

  /** Returns an array of pointers to texts, or of variants. */
  #elements(values: ReadonlyArray<string | Left>): Uint8Array {
    const variants = values.filter((value) => typeof value !== "string")
    if (variants.length === 0) {
      return new Uint8Array(new BigUint64Array(values.map((text) => this.text(String(text)))).buffer)
    }
    const buffer = new ArrayBuffer(24 * variants.length)
    this.leaveAll(buffer, variants)
    return new Uint8Array(buffer)
  }

  /** Writes a variant, allocating what it points to. */
  leave(variant: bigint, { count, value, vt }: Left): void {
    const view = new DataView(koffi.view(variant, 24))
    view.setUint16(0, vt, true)
    if (typeof value === "number") view.setUint32(8, value >>> 0, true)
    else if (typeof value === "bigint") view.setBigUint64(8, value, true)
    else if (typeof value === "string") view.setBigUint64(8, this.text(value), true)
    else if (vt === 72 && value instanceof Uint8Array) view.setBigUint64(8, this.allocate(value), true)
    else {
      view.setUint32(8, count ?? value.length, true)
      const bytes = value instanceof Uint8Array ? value : this.#elements(value)
      view.setBigUint64(16, this.allocate(bytes), true)
    }
  }
}

/** Returns the address of a Buffer or an ArrayBuffer, or the address itself. */
type Pointer = bigint | ArrayBuffer | Uint8Array | null

const addressOf = (pointer: Pointer): bigint => (typeof pointer === "bigint" ? pointer : koffi.address(pointer))

/** The addresses in a struct such as `MQQUEUEPROPS`. */
const parts = (struct: Pointer): { count: number; ids: bigint; variants: bigint; statuses: bigint } => {
  const address = addressOf(struct)
  const [ids, variants, statuses] = koffi.decode(address, 8, "uint64_t", 3)
  return {
    count: koffi.decode.uint32(address),
    ids: BigInt(ids),
    variants: BigInt(variants),
    statuses: BigInt(statuses)
  }
}

/** Properties that a struct asks for or gives, in order. */
export const asked = (struct: Pointer): ReadonlyArray<Asked> => {
  const { count, ids, variants } = parts(struct)
  return Array.from({ length: count }, (_, index) => ({
    id: koffi.decode.uint32(ids + BigInt(4 * index)),
    vt: koffi.decode.uint16(variants + BigInt(24 * index)),
    bits: BigInt(koffi.decode.uint64(variants + BigInt(24 * index + 8)))
  }))
}

/** Fills a struct by property id; a property that is not there keeps `VT_NULL`. */
export const fill = (heap: FakeHeap, struct: Pointer, values: ReadonlyMap<number, Left>): void => {
  for (const [index, { id }] of asked(struct).entries()) {
    const left = values.get(id)
    if (left !== undefined) heap.leave(parts(struct).variants + BigInt(24 * index), left)
  }
}

/** Writes the statuses of properties by id; the others are 0. */
export const refuse = (struct: Pointer, statuses: ReadonlyMap<number, number>): void => {
  for (const [index, { id }] of asked(struct).entries()) {
    koffi.encode(parts(struct).statuses, 4 * index, "uint32_t", statuses.get(id) ?? 0)
  }
}

/** The text that a variant points to. */
export const textAt = (bits: bigint): string => koffi.decode.string16(bits)

/** The bytes at an address. */
export const bytesAt = (address: bigint, length: number): Uint8Array =>
  Uint8Array.from(koffi.decode(address, "uint8_t", length))
