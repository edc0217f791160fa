import type {
  NewQueueProperties,
  QueueChanges,
  QueuePrivacyLevel,
  QueueProperties
} from "@effect-msmq/core/mqrt/QueueProperties"
import { privacyLevels } from "@effect-msmq/core/mqrt/QueueValues"
import type { PropertyRow } from "./PropertyBlock.ts"
import { wordsOf } from "./words.ts"

/** `INFINITE`: the quota of a queue without one. */
const unlimited = 0xffff_ffff

const noType = "00000000-0000-0000-0000-000000000000"

const privacyLevelsByNumber = wordsOf(privacyLevels)

const text = { decode: (raw: string | null) => raw ?? "", encode: (value: string) => value }

const textOrNone = { decode: (raw: string | null) => (raw === "" ? null : raw) }

const flag = { decode: (raw: number | null) => raw === 1, encode: (value: boolean) => (value ? 1 : 0) }

const whole = { decode: (raw: number | null) => raw ?? 0 }

const quota = {
  decode: (raw: number | null) => (raw === unlimited ? null : raw),
  encode: (value: number | "unlimited" | null) => (typeof value === "number" ? value : unlimited)
}

const create = { create: true, set: true } as const
const createOnly = { create: true, set: false } as const
const getOnly = { create: false, set: false } as const

type Given = Omit<NewQueueProperties, keyof QueueChanges> & QueueChanges

type Rows = {
  readonly [Field in keyof QueueProperties]: PropertyRow<
    QueueProperties[Field],
    Field extends keyof Given ? NonNullable<Given[Field]> : never
  > & {
    readonly create: boolean
    readonly set: boolean
    /** Default, which is not passed when a queue is created, so that no version of Windows refuses it. */
    readonly unless?: QueueProperties[Field]
  }
}

/** Properties of queues. All can be read. */
export const queueProperties = {
  instance: {
    id: 101,
    name: "PROPID_Q_INSTANCE",
    type: "VT_CLSID",
    decode: (raw: string | null) => (raw === noType ? null : raw),
    elsewhere: true,
    ...getOnly
  },
  type: {
    id: 102,
    name: "PROPID_Q_TYPE",
    type: "VT_CLSID",
    decode: (raw: string | null) => raw ?? noType,
    encode: (value: string) => value,
    unless: noType,
    ...create
  },
  pathName: { id: 103, name: "PROPID_Q_PATHNAME", type: "VT_LPWSTR", ...text, ...createOnly },
  journal: { id: 104, name: "PROPID_Q_JOURNAL", type: "VT_UI1", ...flag, unless: false, ...create },
  quota: { id: 105, name: "PROPID_Q_QUOTA", type: "VT_UI4", ...quota, unless: null, ...create },
  basePriority: {
    id: 106,
    name: "PROPID_Q_BASEPRIORITY",
    type: "VT_I2",
    ...whole,
    encode: (value: number) => value,
    unless: 0,
    ...create
  },
  journalQuota: { id: 107, name: "PROPID_Q_JOURNAL_QUOTA", type: "VT_UI4", ...quota, unless: null, ...create },
  label: { id: 108, name: "PROPID_Q_LABEL", type: "VT_LPWSTR", ...text, unless: "", ...create },
  createTime: { id: 109, name: "PROPID_Q_CREATE_TIME", type: "VT_I4", ...whole, ...getOnly },
  modifyTime: { id: 110, name: "PROPID_Q_MODIFY_TIME", type: "VT_I4", ...whole, ...getOnly },
  authenticate: { id: 111, name: "PROPID_Q_AUTHENTICATE", type: "VT_UI1", ...flag, unless: false, ...create },
  privacyLevel: {
    id: 112,
    name: "PROPID_Q_PRIV_LEVEL",
    type: "VT_UI4",
    decode: (raw: number | null) => privacyLevelsByNumber.get(raw ?? privacyLevels.optional) ?? "optional",
    encode: (value: QueuePrivacyLevel) => privacyLevels[value],
    unless: "optional",
    ...create
  },
  transactional: { id: 113, name: "PROPID_Q_TRANSACTION", type: "VT_UI1", ...flag, unless: false, ...createOnly },
  pathNameDns: {
    id: 124,
    name: "PROPID_Q_PATHNAME_DNS",
    type: "VT_LPWSTR",
    ...textOrNone,
    elsewhere: true,
    ...getOnly
  },
  multicastAddress: {
    id: 125,
    name: "PROPID_Q_MULTICAST_ADDRESS",
    type: "VT_LPWSTR",
    ...textOrNone,
    // `VT_EMPTY` removes the address.
    encode: (value: string) => (value === "" ? null : value),
    unless: null,
    elsewhere: true,
    ...create
  },
  adsPath: { id: 126, name: "PROPID_Q_ADS_PATH", type: "VT_LPWSTR", ...textOrNone, elsewhere: true, ...getOnly }
} as const satisfies Rows
