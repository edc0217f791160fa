import type { CryptographicProvider } from "../../mqrt/MessageProperties.ts"
import type { SendAllOptions, SendOptions } from "../../Sender.ts"
import {
  authenticationLevels,
  encryptionAlgorithms,
  hashAlgorithms,
  privacyLevels,
  senderIdTypes
} from "../../mqrt/MessageValues.ts"
import { messageProperties } from "../../mqrt/MessagePropertyTable.ts"
import { certificate } from "./credentials.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { participation, securityContext } from "./owned.ts"
import { boolean, func, name, required, wholeNumber, wordOf } from "./Rule.ts"

const provider = tableOf<CryptographicProvider>()({
  name: required(name),
  type: required(wholeNumber(0, messageProperties.PROV_TYPE.limit))
})

export const sendOptions = tableOf<SendOptions>()({
  securityContext,
  senderCertificate: certificate,
  authenticationLevel: wordOf(authenticationLevels),
  hashAlgorithm: wordOf(hashAlgorithms),
  senderIdType: wordOf(senderIdTypes),
  provider: nested<CryptographicProvider>("a provider", provider),
  privacyLevel: wordOf(privacyLevels),
  encryptionAlgorithm: wordOf(encryptionAlgorithms),
  transaction: participation
})

export const sendAllOptions = tableOf<SendAllOptions>()({
  ...sendOptions.rules,
  messageIds: boolean,
  onProgress: func
})
