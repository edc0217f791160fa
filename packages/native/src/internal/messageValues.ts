import type {
  Acknowledge,
  AuthenticationLevel,
  Delivery,
  EncryptionAlgorithm,
  HashAlgorithm,
  Journaling,
  PrivacyLevel,
  SenderIdType
} from "@effect-msmq/core/mqrt/MessageProperties"

/** `MQMSG_DELIVERY_`. */
export const deliveries = { express: 0, recoverable: 1 } as const satisfies Record<Delivery, number>

/** `MQMSG_AUTH_LEVEL_` (behaviour A-44). */
export const authenticationLevels = {
  none: 0,
  always: 1,
  msmq10: 2,
  msmq20: 4,
  msmq30: 8
} as const satisfies Record<AuthenticationLevel, number>

/** `CALG_` (behaviour A-52). */
export const hashAlgorithms = {
  md2: 0x8001,
  md4: 0x8002,
  md5: 0x8003,
  sha1: 0x8004,
  sha256: 0x800c,
  sha384: 0x800d,
  sha512: 0x800e
} as const satisfies Record<HashAlgorithm, number>

/** `MQMSG_SENDERID_TYPE_` (behaviour A-61). */
export const senderIdTypes = { none: 0, sid: 1, queueManager: 2 } as const satisfies Record<SenderIdType, number>

/** `MQMSG_PRIV_LEVEL_` (behaviour A-80). */
export const privacyLevels = {
  none: 0,
  bodyBase: 1,
  bodyEnhanced: 3,
  bodyAes: 5
} as const satisfies Record<PrivacyLevel, number>

/** `CALG_` (behaviour A-80). */
export const encryptionAlgorithms = {
  rc2: 0x6602,
  rc4: 0x6801,
  aes128: 0x660e,
  aes192: 0x660f,
  aes256: 0x6610
} as const satisfies Record<EncryptionAlgorithm, number>

/** Reads a table backwards. */
export const wordsOf = <Word extends string>(numbers: Record<Word, number>): ReadonlyMap<number, Word> =>
  new Map(Object.entries<number>(numbers).map(([word, number]) => [number, word as Word]))

/** `MQMSG_ACKNOWLEDGMENT_`: bits (behaviour D-44). */
export const acknowledgeBits = (acknowledge: Acknowledge): number =>
  (acknowledge.positiveArrival ? 1 : 0) |
  (acknowledge.positiveReceive ? 2 : 0) |
  (acknowledge.negativeArrival ? 4 : 0) |
  (acknowledge.negativeReceive ? 8 : 0)

/** The reverse of {@link acknowledgeBits}; `null`: none. */
export const acknowledgeOf = (bits: number): Acknowledge | null =>
  bits === 0
    ? null
    : {
        positiveArrival: (bits & 1) !== 0,
        positiveReceive: (bits & 2) !== 0,
        negativeArrival: (bits & 4) !== 0,
        negativeReceive: (bits & 8) !== 0
      }

/** `MQMSG_DEADLETTER` and `MQMSG_JOURNAL`: bits (behaviour D-56). */
export const journalingBits = (journaling: Journaling): number =>
  (journaling.deadLetter ? 1 : 0) | (journaling.journal ? 2 : 0)

/** The reverse of {@link journalingBits}; `null`: none. */
export const journalingOf = (bits: number): Journaling | null =>
  bits === 0 ? null : { deadLetter: (bits & 1) !== 0, journal: (bits & 2) !== 0 }
