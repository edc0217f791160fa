import { CallSite } from "@effect-msmq/core/CallSite"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { HandleKind } from "../HandleLedger.ts"
import type { Accounts } from "./Accounts.ts"

/** The functions of a backend, each booked. */
export const ledgerFunctions = (backend: MqrtFunctions, accounts: Accounts): MqrtFunctions => {
  const acquiring = <H extends bigint, E>(kind: HandleKind, acquire: () => Effect.Effect<H, E>): Effect.Effect<H, E> =>
    Effect.suspend(() => {
      const openedAt = new CallSite()
      return Effect.tap(acquire(), (handle) => Effect.sync(() => accounts.acquire(kind, handle, openedAt)))
    })

  const releasing = <E>(
    kind: HandleKind,
    handle: bigint,
    by: string,
    release: () => Effect.Effect<void, E>
  ): Effect.Effect<void, E> =>
    Effect.suspend(() => {
      const takeBack = accounts.release(kind, handle, by)
      return Effect.tapError(release(), () => Effect.sync(takeBack))
    })

  return {
    ...backend,

    getSecurityContext: (certificate, api) =>
      acquiring("security context", () => backend.getSecurityContext(certificate, api)),

    freeSecurityContext: (handle) =>
      releasing("security context", handle, "MQFreeSecurityContext", () => backend.freeSecurityContext(handle)),

    openQueue: (formatName, access, shareMode) =>
      acquiring("queue", () => backend.openQueue(formatName, access, shareMode)),

    closeQueue: (handle) => releasing("queue", handle, "MQCloseQueue", () => backend.closeQueue(handle)),

    sendMessages: (handle, messages, options) =>
      Effect.suspend(() => {
        accounts.use("queue", handle, "MQSendMessage")
        if (options.securityContext !== null) {
          accounts.use("security context", options.securityContext, "MQSendMessage")
        }
        return backend.sendMessages(handle, messages, options)
      }),

    receiveMessage: (handle, options) =>
      Effect.suspend(() => {
        accounts.use("queue", handle, "MQReceiveMessage")
        return backend.receiveMessage(handle, options)
      })
  }
}
