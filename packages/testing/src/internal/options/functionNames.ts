/** Functions that can be made to fail. */
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

/** Functions among them that report no error code. */
export const silentFunctionNames = ["MQFreeSecurityContext", "ITransaction::Release"] as const satisfies ReadonlyArray<
  (typeof functionNames)[number]
>
