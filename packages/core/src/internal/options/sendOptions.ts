import type { CryptographicProvider } from "../../MessageProperties.ts"
import type { SendAllOptions, SendOptions } from "../../SendOptions.ts"
import {
  authenticationLevels,
  encryptionAlgorithms,
  hashAlgorithms,
  privacyLevels,
  senderIdTypes
} from "../values/messageValues.ts"
import { certificate } from "./credentials.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { securityContext, transaction } from "./owned.ts"
import { anyOf, boolean, func, name, oneOf, required, wholeNumber } from "./Rule.ts"

const provider = tableOf<CryptographicProvider>()({
  name: required(name),
  type: required(wholeNumber(0, 0xffff_ffff))
})

/** What a message may be part of besides a transaction. */
export const otherParticipations = oneOf(["none", "singleMessage"])

export const sendOptions = tableOf<SendOptions>()({
  securityContext,
  senderCertificate: certificate,
  authenticationLevel: oneOf(authenticationLevels),
  hashAlgorithm: oneOf(hashAlgorithms),
  senderIdType: oneOf(senderIdTypes),
  provider: nested<CryptographicProvider>("a provider", provider),
  privacyLevel: oneOf(privacyLevels),
  encryptionAlgorithm: oneOf(encryptionAlgorithms),
  transaction: anyOf<unknown>(`${transaction.allowed}, "singleMessage" or "none"`, transaction, otherParticipations)
})

export const sendAllOptions = tableOf<SendAllOptions>()({
  ...sendOptions.rules,
  messageIds: boolean,
  onProgress: func
})
