import type { Name as VariantTypeName } from "@effect-msmq/core/mqrt/VariantType"
import { numbers as vartypes } from "@effect-msmq/core/mqrt/VariantType"
import koffi from "koffi"
import type { CallMemory } from "./CallMemory.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import { wideText } from "./CallMemory.ts"
import { layout, readPointer } from "./layout.ts"

/** Values of variants, by kind. */
interface ValueByKind {
  readonly number: number
  readonly bigint: bigint
  readonly text: string
  readonly guid: string
  readonly bytes: Uint8Array
  readonly texts: ReadonlyArray<string>
  readonly numbers: ReadonlyArray<number>
  readonly bigints: ReadonlyArray<bigint>
  readonly guids: ReadonlyArray<string>
  /** Values of variants; `null` where one has none, or one of an unknown type. */
  readonly variants: ReadonlyArray<unknown>
}

type Kind = keyof ValueByKind

/** Kind of each `VARTYPE`, and the methods that read and write its number in the union. */
const variantTypes = {
  VT_UI1: { kind: "number", get: "getUint8", set: "setUint8" },
  VT_I2: { kind: "number", get: "getInt16", set: "setInt16" },
  VT_UI2: { kind: "number", get: "getUint16", set: "setUint16" },
  VT_I4: { kind: "number", get: "getInt32", set: "setInt32" },
  VT_UI4: { kind: "number", get: "getUint32", set: "setUint32" },
  VT_BOOL: { kind: "number", get: "getInt16", set: "setInt16" },
  VT_I8: { kind: "bigint", get: "getBigInt64", set: "setBigInt64" },
  VT_UI8: { kind: "bigint", get: "getBigUint64", set: "setBigUint64" },
  VT_LPWSTR: { kind: "text" },
  VT_CLSID: { kind: "guid" },
  VT_BLOB: { kind: "bytes" },
  "VT_VECTOR|VT_UI1": { kind: "bytes" },
  "VT_VECTOR|VT_LPWSTR": { kind: "texts" },
  "VT_VECTOR|VT_I4": { kind: "numbers", get: "getInt32" },
  "VT_VECTOR|VT_UI4": { kind: "numbers", get: "getUint32" },
  "VT_VECTOR|VT_UI8": { kind: "bigints" },
  "VT_VECTOR|VT_CLSID": { kind: "guids" },
  "VT_VECTOR|VT_VARIANT": { kind: "variants" }
} as const satisfies { readonly [Name in VariantTypeName]?: unknown }

/** `VARTYPE` of a property of queues or machines. */
export type VariantType = keyof typeof variantTypes

/** Value of a variant of a `VARTYPE`. */
export type RawValue<Type extends VariantType> = ValueByKind[(typeof variantTypes)[Type]["kind"]]

type AnyRaw = ValueByKind[Kind]

const union = layout.MQPROPVARIANT

const bytesOfGuid = (text: string): Uint8Array => {
  const bytes = new Uint8Array(16)
  Guid.write(bytes, 0, text)
  return bytes
}

/** Returns the bytes that a variant points to; `null` where the variant has its value itself. */
const pointedTo = (type: VariantType, raw: AnyRaw): Uint8Array | null => {
  const { kind } = variantTypes[type]
  if (kind === "text") return wideText(String(raw))
  if (kind === "guid") return bytesOfGuid(String(raw))
  return raw instanceof Uint8Array ? raw : null
}

/** Returns the bytes of memory that a variant takes beside itself. */
export const sizeBeside = (type: VariantType, raw: AnyRaw | null): number =>
  raw === null ? 0 : (pointedTo(type, raw)?.length ?? 0)

/** Writes a variant; `null` is `VT_EMPTY`. */
export const writeVariant = (memory: CallMemory, at: number, type: VariantType, raw: AnyRaw | null): void => {
  if (raw === null) return
  const how = variantTypes[type]
  const value = at + union.value
  memory.view.setUint16(at + union.vt, vartypes[type], true)
  const bytes = pointedTo(type, raw)
  if (bytes !== null) {
    const counted = how.kind === "bytes"
    if (counted) memory.view.setUint32(at + union.count, bytes.length, true)
    memory.point(counted ? at + union.elements : value, memory.copy(bytes))
  } else if (how.kind === "number") memory.view[how.set](value, Number(raw), true)
  else if (how.kind === "bigint" && typeof raw === "bigint") memory.view[how.set](value, raw, true)
}

/** Makes a variant ask for its value: the function chooses the type and allocates. */
export const askVariant = (view: DataView, at: number): void => view.setUint16(at + union.vt, vartypes.VT_NULL, true)

/** Returns the addresses in an array. */
const addresses = (array: bigint, count: number): ReadonlyArray<bigint> =>
  Array.from({ length: count }, (_, index) => BigInt(koffi.decode(array, index * layout.pointer.size, "void *") ?? 0))

const textAt = (address: bigint): string => (address === 0n ? "" : koffi.decode.string16(address))

const bytesAt = (address: bigint, count: number): Uint8Array =>
  count === 0 ? new Uint8Array() : Uint8Array.from(koffi.decode(address, "uint8_t", count))

interface Read {
  readonly value: AnyRaw
  /** Addresses of the memory that the function allocated for it, to be freed in this order. */
  readonly allocated: ReadonlyArray<bigint>
}

const count = (view: DataView, at: number): number => view.getUint32(at + union.count, true)

/** Reads an array of elements that lie behind each other. */
const readArray = <A>(view: DataView, at: number, size: number, read: (elements: DataView, at: number) => A) => {
  const array = readPointer(view, at + union.elements)
  const length = count(view, at)
  const elements = new DataView(bytesAt(array, length * size).buffer)
  return { array, values: Array.from({ length }, (_, index) => read(elements, index * size)) }
}

const readers: {
  readonly [K in Kind]: (view: DataView, at: number, type: Extract<AnyVariantType, { kind: K }>) => Read
} = {
  number: (view, at, { get }) => ({ value: view[get](at + union.value, true), allocated: [] }),
  bigint: (view, at, { get }) => ({ value: view[get](at + union.value, true), allocated: [] }),
  text: (view, at) => {
    const address = readPointer(view, at + union.value)
    return { value: textAt(address), allocated: [address] }
  },
  guid: (view, at) => {
    const address = readPointer(view, at + union.value)
    return { value: Guid.fromBytes(bytesAt(address, 16)), allocated: [address] }
  },
  bytes: (view, at) => {
    const address = readPointer(view, at + union.elements)
    return { value: bytesAt(address, count(view, at)), allocated: [address] }
  },
  texts: (view, at) => {
    const array = readPointer(view, at + union.elements)
    const texts = addresses(array, count(view, at))
    return { value: texts.map(textAt), allocated: [...texts, array] }
  },
  numbers: (view, at, { get }) => {
    const { array, values } = readArray(view, at, 4, (elements, at) => elements[get](at, true))
    return { value: values, allocated: [array] }
  },
  bigints: (view, at) => {
    const { array, values } = readArray(view, at, 8, (elements, at) => elements.getBigUint64(at, true))
    return { value: values, allocated: [array] }
  },
  guids: (view, at) => {
    const { size } = layout.GUID
    const { array, values } = readArray(view, at, size, ({ buffer }, at) =>
      Guid.fromBytes(new Uint8Array(buffer, at, size))
    )
    return { value: values, allocated: [array] }
  },
  variants: (view, at) => {
    const { array, values } = readArray(view, at, union.size, readAny)
    return {
      value: values.map((read) => read?.value ?? null),
      allocated: [...values.flatMap((read) => read?.allocated ?? []), array]
    }
  }
}

type AnyVariantType = (typeof variantTypes)[VariantType]

const byNumber = new Map<number, AnyVariantType>(
  Object.entries<AnyVariantType>(variantTypes).map(([name, type]) => [vartypes[name as VariantType], type])
)

/** Reads a variant of any type; `undefined` where the type is not known. */
const readAny = (view: DataView, at: number): Read | undefined => {
  const type = byNumber.get(view.getUint16(at + union.vt, true))
  return type && (readers[type.kind] as (view: DataView, at: number, type: AnyVariantType) => Read)(view, at, type)
}

/**
 * Reads a variant that a function filled. The value is `null` where there is none, or one of another kind than was asked
 * for.
 */
export const readVariant = (
  view: DataView,
  at: number,
  expected: VariantType
): { readonly value: AnyRaw | null; readonly allocated: ReadonlyArray<bigint> } => {
  const read = readAny(view, at)
  if (read === undefined) return { value: null, allocated: [] }
  const type = byNumber.get(view.getUint16(at + union.vt, true))
  const allocated = read.allocated.filter((address) => address !== 0n)
  return { value: type?.kind === variantTypes[expected].kind ? read.value : null, allocated }
}
