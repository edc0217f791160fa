import type { MessageProperties, MqrtFailure, MqrtFunctions, SendOutcome } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { FunctionName } from "../FaultInjection.ts"
import { failure } from "./Failure.ts"
import type { Faults } from "./Faults.ts"

const interruptSelf = Effect.sync(() => Fiber.getCurrent()?.interruptUnsafe())

/** The functions of a backend, each of which may be struck. */
export const faultyFunctions = (backend: MqrtFunctions, faults: Faults): MqrtFunctions => {
  /** What a fault does to a call that may report a failure. */
  const struck = <A, E>(name: FunctionName, call: Effect.Effect<A, E>): Effect.Effect<A, E | MqrtFailure> =>
    Effect.suspend((): Effect.Effect<A, E | MqrtFailure> => {
      const fault = faults.next(name)
      if (fault === undefined) return call
      if ("code" in fault) return Effect.fail(failure(name, fault.code))
      return Effect.andThen("stall" in fault ? Effect.sleep(fault.stall) : interruptSelf, call)
    })

  const sendMessages: MqrtFunctions["sendMessages"] = (handle, messages, options) => {
    const send = (some: ReadonlyArray<MessageProperties>) => backend.sendMessages(handle, some, options)
    const thenTheRest = (first: Effect.Effect<SendOutcome>, rest: ReadonlyArray<MessageProperties>) =>
      rest.length === 0
        ? first
        : Effect.filterOrElse(
            first,
            ({ failure }) => failure !== null,
            (outcome) => Effect.map(sendMessages(handle, rest, options), (others) => joined(outcome, others))
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

  return {
    getSecurityContext: (certificate, api) => struck(api, backend.getSecurityContext(certificate, api)),
    freeSecurityContext: (handle) => Effect.orDie(struck("MQFreeSecurityContext", backend.freeSecurityContext(handle))),
    createQueue: (properties) => struck("MQCreateQueue", backend.createQueue(properties)),
    deleteQueue: (formatName) => struck("MQDeleteQueue", backend.deleteQueue(formatName)),
    getQueueProperties: (formatName) => struck("MQGetQueueProperties", backend.getQueueProperties(formatName)),
    pathNameToFormatName: (pathName) => struck("MQPathNameToFormatName", backend.pathNameToFormatName(pathName)),
    openQueue: (formatName, access, shareMode) =>
      struck("MQOpenQueue", backend.openQueue(formatName, access, shareMode)),
    closeQueue: (handle) => struck("MQCloseQueue", backend.closeQueue(handle)),
    receiveMessage: (handle, options) => struck("MQReceiveMessage", backend.receiveMessage(handle, options)),
    sendMessages
  }
}

const joined = (first: SendOutcome, second: SendOutcome): SendOutcome => ({
  accepted: first.accepted + second.accepted,
  messageIds: first.messageIds === null ? null : [...first.messageIds, ...(second.messageIds ?? [])],
  failure: second.failure
})
