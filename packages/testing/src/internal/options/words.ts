/** The words that tests use: the types of the public modules derive from them. */

export const functionNames = [
  "MQGetSecurityContextEx",
  "MQGetSecurityContext",
  "MQFreeSecurityContext",
  "MQRegisterCertificate",
  "MQCreateQueue",
  "MQDeleteQueue",
  "MQGetQueueProperties",
  "MQSetQueueProperties",
  "MQGetQueueSecurity",
  "MQSetQueueSecurity",
  "MQLocateBegin",
  "MQLocateNext",
  "MQLocateEnd",
  "MQPathNameToFormatName",
  "MQADsPathToFormatName",
  "MQOpenQueue",
  "MQCloseQueue",
  "MQPurgeQueue",
  "MQCreateCursor",
  "MQCloseCursor",
  "MQSendMessage",
  "MQReceiveMessage",
  "MQReceiveMessageByLookupId",
  "MQMoveMessage",
  "MQMarkMessageRejected",
  "MQBeginTransaction",
  "ITransaction::Commit",
  "ITransaction::Abort",
  "ITransaction::Release",
  "MQGetMachineProperties",
  "MQGetPrivateComputerInformation",
  "MQMgmtGetInfo",
  "MQMgmtAction"
] as const

export const silentFunctionNames = ["MQFreeSecurityContext", "ITransaction::Release"] as const satisfies ReadonlyArray<
  (typeof functionNames)[number]
>

export const internalCertificates = ["registered", "absent", "corrupted"] as const

export const queueCreators = ["everyone", "administrators", "nobody"] as const

export const linkWays = ["both", "onlyThere", "onlyBack"] as const
