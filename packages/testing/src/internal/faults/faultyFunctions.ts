import { errors } from "@effect-msmq/core/ErrorCode"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import type { OutgoingProperties, SendOutcome } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { FunctionName, SilentFunctionName } from "./Fault.ts"
import type { Faults } from "./Faults.ts"

const interruptSelf = Effect.sync(() => Fiber.getCurrent()?.interruptUnsafe())

/** Makes functions that call those of a backend, unless a fault strikes. */
export const faultyFunctions = (backend: MqrtFunctions, faults: Faults): MqrtFunctions => {
  /** Runs a call with the fault that strikes it, if one does. */
  const struck = <A, E>(name: FunctionName, call: Effect.Effect<A, E>): Effect.Effect<A, E | MqrtFailure> =>
    Effect.suspend((): Effect.Effect<A, E | MqrtFailure> => {
      const fault = faults.next(name)
      if (fault === undefined) return call
      if ("code" in fault)
        return Effect.fail(new MqrtFailure({ function: name, code: errors[fault.code], properties: [] }))
      return Effect.andThen("stall" in fault ? Effect.sleep(fault.stall) : interruptSelf, call)
    })

  const sendMessages: MqrtFunctions["sendMessages"] = (handle, messages, options, interruptible) => {
    const send = (some: ReadonlyArray<OutgoingProperties>) => backend.sendMessages(handle, some, options, interruptible)
    const thenTheRest = (first: Effect.Effect<SendOutcome>, rest: ReadonlyArray<OutgoingProperties>) =>
      rest.length === 0
        ? first
        : Effect.filterOrElse(
            first,
            // An interruption may have ended the send early.
            ({ accepted, failure }) => failure !== null || accepted < messages.length - rest.length,
            (outcome) =>
              Effect.map(sendMessages(handle, rest, options, interruptible), (others) => joined(outcome, others))
          )
    return Effect.suspend(() => {
      const name = "MQSendMessage"
      const free = faults.free(name, messages.length)
      if (free > 0 || messages.length === 0) {
        faults.pass(name, free)
        return thenTheRest(send(messages.slice(0, free)), messages.slice(free))
      }
      const one = Effect.catch(struck(name, send(messages.slice(0, 1))), (failure) =>
        Effect.succeed<SendOutcome>({ accepted: 0, messageIds: options.messageIds ? [] : null, failure })
      )
      return thenTheRest(one, messages.slice(1))
    })
  }

  /** Runs a call of a function that reports nothing: no fault gives it an error code. */
  const silent = (name: SilentFunctionName, call: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.orDie(struck(name, call))

  // Each function is listed, so that a new function of the seam does not compile until faults can strike it.
  return {
    getSecurityContext: (certificate, api, as) => struck(api, backend.getSecurityContext(certificate, api, as)),
    freeSecurityContext: (handle) => silent("MQFreeSecurityContext", backend.freeSecurityContext(handle)),
    registerCertificate: (...given) => struck("MQRegisterCertificate", backend.registerCertificate(...given)),
    findCertificates: (...given) => struck("CertOpenStore", backend.findCertificates(...given)),
    lookupAccountName: (...given) => struck("LookupAccountNameW", backend.lookupAccountName(...given)),
    lookupAccountSid: (...given) => struck("LookupAccountSidW", backend.lookupAccountSid(...given)),
    currentUserSid: struck("OpenProcessToken", backend.currentUserSid),
    createQueue: (...given) => struck("MQCreateQueue", backend.createQueue(...given)),
    deleteQueue: (...given) => struck("MQDeleteQueue", backend.deleteQueue(...given)),
    getQueueProperties: (...given) => struck("MQGetQueueProperties", backend.getQueueProperties(...given)),
    setQueueProperties: (...given) => struck("MQSetQueueProperties", backend.setQueueProperties(...given)),
    getQueueSecurity: (...given) => struck("MQGetQueueSecurity", backend.getQueueSecurity(...given)),
    setQueueSecurity: (...given) => struck("MQSetQueueSecurity", backend.setQueueSecurity(...given)),
    locateBegin: (...given) => struck("MQLocateBegin", backend.locateBegin(...given)),
    locateNext: (...given) => struck("MQLocateNext", backend.locateNext(...given)),
    locateEnd: (...given) => struck("MQLocateEnd", backend.locateEnd(...given)),
    pathNameToFormatName: (...given) => struck("MQPathNameToFormatName", backend.pathNameToFormatName(...given)),
    adsPathToFormatName: (...given) => struck("MQADsPathToFormatName", backend.adsPathToFormatName(...given)),
    openQueue: (...given) => struck("MQOpenQueue", backend.openQueue(...given)),
    closeQueue: (...given) => struck("MQCloseQueue", backend.closeQueue(...given)),
    purgeQueue: (...given) => struck("MQPurgeQueue", backend.purgeQueue(...given)),
    createCursor: (...given) => struck("MQCreateCursor", backend.createCursor(...given)),
    closeCursor: (...given) => struck("MQCloseCursor", backend.closeCursor(...given)),
    sendMessages,
    receiveMessage: (...given) => struck("MQReceiveMessage", backend.receiveMessage(...given)),
    receiveMessageByLookupId: (...given) =>
      struck("MQReceiveMessageByLookupId", backend.receiveMessageByLookupId(...given)),
    moveMessage: (...given) => struck("MQMoveMessage", backend.moveMessage(...given)),
    markMessageRejected: (...given) => struck("MQMarkMessageRejected", backend.markMessageRejected(...given)),
    beginTransaction: struck("MQBeginTransaction", backend.beginTransaction),
    commitTransaction: (...given) => struck("ITransaction::Commit", backend.commitTransaction(...given)),
    abortTransaction: (...given) => struck("ITransaction::Abort", backend.abortTransaction(...given)),
    releaseTransaction: (handle) => silent("ITransaction::Release", backend.releaseTransaction(handle)),
    getMachineProperties: (...given) => struck("MQGetMachineProperties", backend.getMachineProperties(...given)),
    getPrivateComputerInformation: (...given) =>
      struck("MQGetPrivateComputerInformation", backend.getPrivateComputerInformation(...given)),
    getQueueManagerInfo: (...given) => struck("MQMgmtGetInfo", backend.getQueueManagerInfo(...given)),
    getQueueInfo: (...given) => struck("MQMgmtGetInfo", backend.getQueueInfo(...given)),
    machineAction: (...given) => struck("MQMgmtAction", backend.machineAction(...given)),
    queueAction: (...given) => struck("MQMgmtAction", backend.queueAction(...given))
  }
}

const joined = (first: SendOutcome, second: SendOutcome): SendOutcome => ({
  accepted: first.accepted + second.accepted,
  messageIds: first.messageIds === null ? null : [...first.messageIds, ...(second.messageIds ?? [])],
  failure: second.failure
})
