import koffi from "koffi"

/** Processors whose structs the table has. */
type Architecture = "x64" | "x86"

/** Sizes and offsets in bytes, as `mq.h` and the Windows headers lay them out: first on x64, then on x86. */
const table = {
  /** `MQMSGPROPS`, `MQQUEUEPROPS`, `MQQMPROPS`, `MQPRIVATEPROPS` and `MQMGMTPROPS`, which share one shape. */
  MQPROPS: { size: [32, 16], cProp: [0, 0], aPropID: [8, 4], aPropVar: [16, 8], aStatus: [24, 12] },
  /** `value`: the union. Counted arrays and blobs keep their count there, and their pointer at `elements`. */
  MQPROPVARIANT: { size: [24, 16], vt: [0, 0], value: [8, 8], count: [8, 8], elements: [16, 12] },
  CAUB: { size: [16, 8], cElems: [0, 0], pElems: [8, 4] },
  CALPWSTR: { size: [16, 8], cElems: [0, 0], pElems: [8, 4] },
  CAPROPVARIANT: { size: [16, 8], cElems: [0, 0], pElems: [8, 4] },
  BLOB: { size: [16, 8], cbSize: [0, 0], pBlobData: [8, 4] },
  GUID: { size: [16, 16], Data1: [0, 0], Data2: [4, 4], Data3: [6, 6], Data4: [8, 8] },
  OVERLAPPED: {
    size: [32, 20],
    Internal: [0, 0],
    InternalHigh: [8, 4],
    Offset: [16, 8],
    OffsetHigh: [20, 12],
    hEvent: [24, 16]
  },
  OVERLAPPED_ENTRY: {
    size: [32, 16],
    lpCompletionKey: [0, 0],
    lpOverlapped: [8, 4],
    Internal: [16, 8],
    dwNumberOfBytesTransferred: [24, 12]
  },
  SEQUENCE_INFO: { size: [16, 16], SeqID: [0, 0], SeqNo: [8, 8], PrevNo: [12, 12] },
  MQRESTRICTION: { size: [16, 8], cRes: [0, 0], paPropRes: [8, 4] },
  MQPROPERTYRESTRICTION: { size: [32, 24], rel: [0, 0], prop: [4, 4], prval: [8, 8] },
  MQCOLUMNSET: { size: [16, 8], cCol: [0, 0], aCol: [8, 4] },
  TOKEN_USER: { size: [16, 8], Sid: [0, 0], Attributes: [8, 4] },
  CRYPT_HASH_BLOB: { size: [16, 8], cbData: [0, 0], pbData: [8, 4] },
  CERT_CONTEXT: {
    size: [40, 20],
    dwCertEncodingType: [0, 0],
    pbCertEncoded: [8, 4],
    cbCertEncoded: [16, 8],
    pCertInfo: [24, 12],
    hCertStore: [32, 16]
  },
  CRYPT_KEY_PROV_INFO: {
    size: [48, 28],
    pwszContainerName: [0, 0],
    pwszProvName: [8, 4],
    dwProvType: [16, 8],
    dwFlags: [20, 12],
    cProvParam: [24, 16],
    rgProvParam: [32, 20],
    dwKeySpec: [40, 24]
  },
  pointer: { size: [8, 4] }
} as const satisfies Record<string, Record<string, readonly [x64: number, x86: number]>>

type Table = typeof table

/** Sizes of structs and offsets of their fields, in bytes. */
export type Layout = { readonly [Struct in keyof Table]: { readonly [Field in keyof Table[Struct]]: number } }

/**
 * Returns the layout on a processor.
 *
 * @testonly
 */
export const layoutOf = (architecture: Architecture): Layout => {
  const column = architecture === "x64" ? 0 : 1
  const structs = Object.entries<Record<string, readonly [number, number]>>(table).map(([struct, fields]) => [
    struct,
    Object.fromEntries(Object.entries(fields).map(([field, offsets]) => [field, offsets[column]]))
  ])
  return Object.fromEntries(structs) as Layout
}

/** Layout in this process. */
export const layout: Layout = layoutOf(koffi.sizeof("void *") === 8 ? "x64" : "x86")

const pointersAreWide = layout.pointer.size === 8

/** Reads an address, a handle, or another unsigned number of that size. */
export const readPointer = (view: DataView, at: number): bigint =>
  pointersAreWide ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true))

/** Writes an address, a handle, or another unsigned number of that size. */
export const writePointer = (view: DataView, at: number, value: bigint): void => {
  if (pointersAreWide) view.setBigUint64(at, value, true)
  else view.setUint32(at, Number(value), true)
}

/** Makes a zeroed slot for an address or a handle that a function writes. */
export const pointerSlot = (): ArrayBuffer => new ArrayBuffer(8)

/** Returns the address or the handle that a function wrote into a slot. */
export const slotValue = (slot: ArrayBuffer): bigint => readPointer(new DataView(slot), 0)
