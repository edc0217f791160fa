import type { CryptographicProvider } from "../../mqrt/MessageProperties.ts"
import {
  authenticationLevels,
  encryptionAlgorithms,
  hashAlgorithms,
  privacyLevels,
  senderIdTypes
} from "../../mqrt/MessageValues.ts"
import { messageProperties } from "../../mqrt/MessagePropertyTable.ts"
import { certificate } from "./credentials.ts"
import { finiteDuration } from "./durations.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { participation, securityContext } from "./owned.ts"
import { anyOf, boolean, func, name, oneOf, required, wholeNumber, wordOf } from "./Rule.ts"

const provider = tableOf({
  name: required(name),
  type: required(
    anyOf(
      `a whole number from 0 to ${messageProperties.PROV_TYPE.limit}, such as ProviderType.numbers.PROV_RSA_AES`,
      wholeNumber(0, messageProperties.PROV_TYPE.limit)
    )
  )
})

export const sendOptions = tableOf({
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

export const sendAllOptions = tableOf({
  ...sendOptions.rules,
  messageIds: boolean,
  onProgress: func
})

export const sendAwaitingOptions = tableOf({
  ...sendOptions.rules,
  until: oneOf(["arrived", "received"]),
  within: required(finiteDuration),
  transaction: oneOf(["none", "singleMessage"])
})
