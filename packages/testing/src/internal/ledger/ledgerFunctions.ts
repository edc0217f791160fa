import { CallSite } from "@effect-msmq/core/mqrt/CallSite"
import type { TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { format, nameOf } from "@effect-msmq/core/ErrorCode"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import type { Accounts, HandleKind } from "./Accounts.ts"

/** Makes functions that call those of a backend, and book what they do to handles. */
export const ledgerFunctions = (backend: MqrtFunctions, accounts: Accounts): MqrtFunctions => {
  const acquiring = <H extends bigint, E>(kind: HandleKind, acquire: () => Effect.Effect<H, E>): Effect.Effect<H, E> =>
    Effect.suspend(() => {
      const openedAt = new CallSite()
      return Effect.tap(acquire(), (handle) => Effect.sync(() => accounts.acquire(kind, handle, openedAt)))
    })

  /** Books a release. One that fails leaves the handle open, unless the failure says that it is gone already. */
  const releasing = <E extends MqrtFailure>(
    kind: HandleKind,
    handle: bigint,
    by: string,
    release: () => Effect.Effect<void, E>
  ): Effect.Effect<void, E> =>
    Effect.suspend(() => {
      const takeBack = accounts.release(kind, handle, by)
      return noting(kind, handle, by, Effect.suspend(release), takeBack)
    })

  const noting = <E extends MqrtFailure>(
    kind: HandleKind,
    handle: bigint,
    by: string,
    release: Effect.Effect<void, E>,
    takeBack: () => void
  ): Effect.Effect<void, E> =>
    Effect.tapCause(release, (cause) =>
      Effect.sync(() => {
        const failure = Option.getOrUndefined(Cause.findErrorOption(cause))
        if (failure?.saysReleased === true) return
        takeBack()
        accounts.fail(kind, handle, by, failure === undefined ? Cause.pretty(cause) : codeOf(failure))
      })
    )

  const using = <A, E>(
    by: string,
    handles: ReadonlyArray<readonly [HandleKind, bigint | null]>,
    call: () => Effect.Effect<A, E>
  ): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      for (const [kind, handle] of handles) if (handle !== null) accounts.use(kind, handle, by)
      return call()
    })

  return {
    ...backend,

    getSecurityContext: (certificate, api, as) =>
      acquiring("security context", () => backend.getSecurityContext(certificate, api, as)),

    freeSecurityContext: (handle) =>
      releasing("security context", handle, "MQFreeSecurityContext", () => backend.freeSecurityContext(handle)),

    locateBegin: (restrictions) => acquiring("locate", () => backend.locateBegin(restrictions)),

    locateNext: (handle, count) => using("MQLocateNext", [["locate", handle]], () => backend.locateNext(handle, count)),

    locateEnd: (handle) => releasing("locate", handle, "MQLocateEnd", () => backend.locateEnd(handle)),

    openQueue: (formatName, access, shareMode) =>
      acquiring("queue", () => backend.openQueue(formatName, access, shareMode)),

    closeQueue: (handle) => releasing("queue", handle, "MQCloseQueue", () => backend.closeQueue(handle)),

    purgeQueue: (handle) => using("MQPurgeQueue", [["queue", handle]], () => backend.purgeQueue(handle)),

    createCursor: (handle) =>
      using("MQCreateCursor", [["queue", handle]], () => acquiring("cursor", () => backend.createCursor(handle))),

    closeCursor: (handle) => releasing("cursor", handle, "MQCloseCursor", () => backend.closeCursor(handle)),

    sendMessages: (handle, messages, options, interruptible) =>
      using(
        "MQSendMessage",
        [
          ["queue", handle],
          ["security context", options.securityContext],
          ["transaction", handleOf(options.transaction)]
        ],
        () => backend.sendMessages(handle, messages, options, interruptible)
      ),

    receiveMessage: (handle, options) =>
      using(
        "MQReceiveMessage",
        [
          ["queue", handle],
          ["cursor", options.cursor],
          ["transaction", handleOf(options.transaction)]
        ],
        () => backend.receiveMessage(handle, options)
      ),

    receiveMessageByLookupId: (handle, lookupId, action, options) =>
      using(
        "MQReceiveMessageByLookupId",
        [
          ["queue", handle],
          ["transaction", handleOf(options.transaction)]
        ],
        () => backend.receiveMessageByLookupId(handle, lookupId, action, options)
      ),

    moveMessage: (source, destination, lookupId, transaction) =>
      using(
        "MQMoveMessage",
        [
          ["queue", source],
          ["queue", destination],
          ["transaction", handleOf(transaction)]
        ],
        () => backend.moveMessage(source, destination, lookupId, transaction)
      ),

    markMessageRejected: (handle, lookupId) =>
      using("MQMarkMessageRejected", [["queue", handle]], () => backend.markMessageRejected(handle, lookupId)),

    beginTransaction: acquiring("transaction", () => backend.beginTransaction),

    commitTransaction: (handle) =>
      using("ITransaction::Commit", [["transaction", handle]], () => backend.commitTransaction(handle)),

    abortTransaction: (handle) =>
      using("ITransaction::Abort", [["transaction", handle]], () =>
        noting("transaction", handle, "ITransaction::Abort", backend.abortTransaction(handle), constVoid)
      ),

    releaseTransaction: (handle) =>
      releasing("transaction", handle, "ITransaction::Release", () => backend.releaseTransaction(handle))
  }
}

/** Returns the handle in a transaction argument; `null` where it is another argument. */
const handleOf = (transaction: TransactionArgument): bigint | null =>
  typeof transaction === "bigint" ? transaction : null

const codeOf = ({ code }: MqrtFailure): string => nameOf(code) ?? format(code)
