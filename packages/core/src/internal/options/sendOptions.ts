import type { CryptographicProvider } from "../../mqrt/MessageProperties.ts"
import type { SendAllOptions, SendOptions } from "../../Sender.ts"
import {
  authenticationLevels,
  encryptionAlgorithms,
  hashAlgorithms,
  privacyLevels,
  senderIdTypes
} from "../mqrt/messageValues.ts"
import { certificate } from "./credentials.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { participation, securityContext } from "./owned.ts"
import { boolean, func, name, oneOf, required, wholeNumber } from "./Rule.ts"

const provider = tableOf<CryptographicProvider>()({
  name: required(name),
  type: required(wholeNumber(0, 0xffff_ffff))
})

export const sendOptions = tableOf<SendOptions>()({
  securityContext,
  senderCertificate: certificate,
  authenticationLevel: oneOf(authenticationLevels),
  hashAlgorithm: oneOf(hashAlgorithms),
  senderIdType: oneOf(senderIdTypes),
  provider: nested<CryptographicProvider>("a provider", provider),
  privacyLevel: oneOf(privacyLevels),
  encryptionAlgorithm: oneOf(encryptionAlgorithms),
  transaction: participation
})

export const sendAllOptions = tableOf<SendAllOptions>()({
  ...sendOptions.rules,
  messageIds: boolean,
  onProgress: func
})
