/**
 * Words of the seam for numbers of `mq.h` in the properties of messages; for the author of a backend.
 *
 * @since 0.1.0
 */

/**
 * Numbers of `MQMSG_DELIVERY_`.
 *
 * @category constants
 * @since 0.1.0
 */
export const deliveries = { express: 0, recoverable: 1 } as const

/**
 * Numbers of `MQMSG_AUTH_LEVEL_`.
 *
 * @category constants
 * @since 0.1.0
 */
export const authenticationLevels = { none: 0, always: 1, msmq10: 2, msmq20: 4, msmq30: 8 } as const

/**
 * Numbers of `CALG_` of hashes.
 *
 * @category constants
 * @since 0.1.0
 */
export const hashAlgorithms = {
  md2: 0x8001,
  md4: 0x8002,
  md5: 0x8003,
  sha1: 0x8004,
  sha256: 0x800c,
  sha384: 0x800d,
  sha512: 0x800e
} as const

/**
 * Numbers of `MQMSG_SENDERID_TYPE_`.
 *
 * @category constants
 * @since 0.1.0
 */
export const senderIdTypes = { none: 0, sid: 1, queueManager: 2 } as const

/**
 * Numbers of `MQMSG_PRIV_LEVEL_`.
 *
 * @category constants
 * @since 0.1.0
 */
export const privacyLevels = { none: 0, bodyBase: 1, bodyEnhanced: 3, bodyAes: 5 } as const

/**
 * Numbers of `CALG_` of ciphers.
 *
 * @category constants
 * @since 0.1.0
 */
export const encryptionAlgorithms = {
  rc2: 0x6602,
  rc4: 0x6801,
  aes128: 0x660e,
  aes192: 0x660f,
  aes256: 0x6610
} as const

/**
 * Numbers of `MQ_ACTION_`, as `MQReceiveMessage` takes them.
 *
 * @category constants
 * @since 0.1.0
 */
export const receiveActions = { receive: 0, peekCurrent: 0x80000000, peekNext: 0x80000001 } as const // E-01

/**
 * Numbers of `MQ_LOOKUP_`, as `MQReceiveMessageByLookupId` takes them.
 *
 * @category constants
 * @since 0.1.0
 */
export const lookupActions = {
  peekCurrent: 0x40000010,
  peekNext: 0x40000011,
  peekPrevious: 0x40000012,
  peekFirst: 0x40000014,
  peekLast: 0x40000018,
  receiveCurrent: 0x40000020,
  receiveNext: 0x40000021,
  receivePrevious: 0x40000022,
  receiveFirst: 0x40000024,
  receiveLast: 0x40000028,
  receiveAllowPeek: 0x40000120
} as const
