import type { CryptographicProvider } from "../../mqrt/MessageProperties.ts"
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

const provider = tableOf({
  name: required(name),
  type: required(wholeNumber(0, 0xffff_ffff))
})

export const sendOptions = tableOf({
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

export const sendAllOptions = tableOf({
  ...sendOptions.rules,
  messageIds: boolean,
  onProgress: func
})
