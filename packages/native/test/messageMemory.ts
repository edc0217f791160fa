import koffi from "koffi"
import type { Address } from "../src/internal/declarations.ts"

/**
 * `MQMSGPROPS` as `mqrt.dll` sees it, with the numbers of the x64 headers written out: nothing here is shared with the
 * code under test.
 */
export interface Property {
  readonly id: number
  readonly vartype: number
  /** Of the variant. */
  readonly at: bigint
}

export const numberVartypes: ReadonlySet<number> = new Set([17, 18, 19, 21])

const memory = (at: bigint, size: number): DataView => new DataView(koffi.view(at, size))

const pointersOf = (properties: Address) => {
  const header = memory(BigInt(properties), 32)
  return {
    count: header.getUint32(0, true),
    ids: header.getBigUint64(8, true),
    variants: header.getBigUint64(16, true),
    statuses: header.getBigUint64(24, true)
  }
}

/** The properties of a call, in order. */
export const propertiesAt = (address: Address): ReadonlyArray<Property> => {
  const { count, ids, variants } = pointersOf(address)
  return Array.from({ length: count }, (_, index) => {
    const at = variants + BigInt(24 * index)
    return {
      id: memory(ids + BigInt(4 * index), 4).getUint32(0, true),
      vartype: memory(at, 2).getUint16(0, true),
      at
    }
  })
}

export const reservedOf = ({ at }: Property): ReadonlyArray<number> => {
  const variant = memory(at, 8)
  return [2, 4, 6].map((offset) => variant.getUint16(offset, true))
}

export const setStatus = (address: Address, index: number, status: number): void =>
  memory(pointersOf(address).statuses + BigInt(4 * index), 4).setUint32(0, status, true)

export const numberOf = ({ at, vartype }: Property): bigint => {
  const variant = memory(at, 24)
  if (vartype === 17) return BigInt(variant.getUint8(8))
  if (vartype === 18) return BigInt(variant.getUint16(8, true))
  if (vartype === 19) return BigInt(variant.getUint32(8, true))
  if (vartype === 21) return variant.getBigUint64(8, true)
  throw new Error(`VARTYPE ${vartype} holds no number`)
}

export const setNumber = ({ at, vartype }: Property, value: bigint): void => {
  const variant = memory(at, 24)
  if (vartype === 17) variant.setUint8(8, Number(value))
  else if (vartype === 18) variant.setUint16(8, Number(value), true)
  else if (vartype === 19) variant.setUint32(8, Number(value), true)
  else if (vartype === 21) variant.setBigUint64(8, value, true)
  else throw new Error(`VARTYPE ${vartype} holds no number`)
}

/** Of a text or a GUID. */
export const pointerOf = ({ at }: Property): bigint => memory(at, 24).getBigUint64(8, true)

/** The vector of bytes: the memory itself. */
export const vectorOf = ({ at }: Property): Uint8Array => {
  const variant = memory(at, 24)
  return new Uint8Array(koffi.view(variant.getBigUint64(16, true), variant.getUint32(8, true)))
}

export const unitsAt = (at: bigint, length: number): Uint16Array => new Uint16Array(koffi.view(at, 2 * length))

export const guidAt = (property: Property): Uint8Array => new Uint8Array(koffi.view(pointerOf(property), 16))

/** The text up to its NUL, which must come. */
const textOf = (property: Property): string => {
  const at = pointerOf(property)
  let text = ""
  for (let unit = 0; unit <= 2_000_000; unit++) {
    const code = memory(at + BigInt(2 * unit), 2).getUint16(0, true)
    if (code === 0) return text
    text += String.fromCharCode(code)
  }
  throw new Error("no NUL ends the text")
}

/** The value of a property, copied. */
export const valueOf = (property: Property): number | bigint | string | ReadonlyArray<number> => {
  switch (property.vartype) {
    case 17:
    case 18:
    case 19:
      return Number(numberOf(property))
    case 21:
      return numberOf(property)
    case 31:
      return textOf(property)
    case 72:
      return [...guidAt(property)]
    case 0x1011:
      return [...vectorOf(property)]
    default:
      throw new Error(`no message property has VARTYPE ${property.vartype}`)
  }
}
