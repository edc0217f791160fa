import type { QueueManagerProperties, PrivateComputerProperties } from "@effect-msmq/core/mqrt/ManagementProperties"
import type { PropertyRow } from "./PropertyBlock.ts"

type Rows<Record> = { readonly [Field in keyof Record]: PropertyRow<Record[Field]> }

const text = { decode: (raw: string | null) => raw ?? "" }
const textOrNull = { decode: (raw: string | null) => raw }
/** GUID of the site of a computer that belongs to none. */
const noSite = "00000000-0000-0000-0000-000000000000"
const bytesOrNull = { decode: (raw: Uint8Array | null) => raw }

/** Properties of a queue manager in the directory. */
export const machineProperties = {
  siteId: {
    id: 201,
    name: "PROPID_QM_SITE_ID",
    type: "VT_CLSID",
    decode: (raw: string | null) => (raw === noSite ? null : raw),
    elsewhere: true
  },
  machineId: { id: 202, name: "PROPID_QM_MACHINE_ID", type: "VT_CLSID", ...text },
  pathName: { id: 203, name: "PROPID_QM_PATHNAME", type: "VT_LPWSTR", ...text },
  connections: {
    id: 204,
    name: "PROPID_QM_CONNECTION",
    type: "VT_VECTOR|VT_LPWSTR",
    decode: (raw: ReadonlyArray<string> | null) => raw ?? [],
    elsewhere: true
  },
  encryptionKey: {
    id: 205,
    name: "PROPID_QM_ENCRYPTION_PK",
    type: "VT_VECTOR|VT_UI1",
    ...bytesOrNull,
    elsewhere: true
  },
  encryptionKeyBase: {
    id: 231,
    name: "PROPID_QM_ENCRYPTION_PK_BASE",
    type: "VT_VECTOR|VT_UI1",
    ...bytesOrNull,
    elsewhere: true
  },
  encryptionKeyEnhanced: {
    id: 232,
    name: "PROPID_QM_ENCRYPTION_PK_ENHANCED",
    type: "VT_VECTOR|VT_UI1",
    ...bytesOrNull,
    elsewhere: true
  },
  pathNameDns: { id: 233, name: "PROPID_QM_PATHNAME_DNS", type: "VT_LPWSTR", ...textOrNull, elsewhere: true },
  encryptionKeyAes: {
    id: 244,
    name: "PROPID_QM_ENCRYPTION_PK_AES",
    type: "VT_VECTOR|VT_UI1",
    ...bytesOrNull,
    elsewhere: true
  }
} as const satisfies Rows<QueueManagerProperties>

/** Properties of the Message Queuing of a computer. */
export const privateComputerProperties = {
  version: { id: 5801, name: "PROPID_PC_VERSION", type: "VT_UI4", decode: (raw: number | null) => raw ?? 0 },
  directoryEnabled: {
    id: 5802,
    name: "PROPID_PC_DS_ENABLED",
    type: "VT_BOOL",
    // `VARIANT_TRUE` is -1, and any other number but 0 is true as well.
    decode: (raw: number | null) => raw !== null && raw !== 0
  }
} as const satisfies Rows<PrivateComputerProperties>
