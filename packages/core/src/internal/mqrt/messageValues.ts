/** The values of message properties that are words: the types of `MessageProperties` derive from them. */

export const deliveries = ["express", "recoverable"] as const

export const authenticationLevels = ["none", "always", "msmq10", "msmq20", "msmq30"] as const

export const hashAlgorithms = ["md2", "md4", "md5", "sha1", "sha256", "sha384", "sha512"] as const

export const senderIdTypes = ["none", "sid", "queueManager"] as const

export const privacyLevels = ["none", "bodyBase", "bodyEnhanced", "bodyAes"] as const

export const encryptionAlgorithms = ["rc2", "rc4", "aes128", "aes192", "aes256"] as const

export const lookupActions = [
  "peekCurrent",
  "peekNext",
  "peekPrevious",
  "peekFirst",
  "peekLast",
  "receiveCurrent",
  "receiveNext",
  "receivePrevious",
  "receiveFirst",
  "receiveLast",
  "receiveAllowPeek"
] as const
