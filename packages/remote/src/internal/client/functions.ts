/** The functions of the seam, through a link to a gateway. */
import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  Credentials,
  CursorHandle,
  LocateHandle,
  MqrtFunctions,
  QueueHandle,
  SecurityContextApi,
  SecurityContextHandle,
  TransactionHandle
} from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import type {
  OutgoingProperties,
  ReceivedProperties,
  SendOutcome,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Semaphore from "effect/Semaphore"
import { type CallName, type Calls, plain, type PlainName, type WireOutcome } from "../wire/calls.ts"
import { fromWire } from "../wire/Failure.ts"
import type { WireTransaction } from "../wire/records.ts"
import { sizeOf } from "../wire/serialization.ts"
import type { Link, Session } from "./Link.ts"
import { Lost } from "./Loss.ts"
import { RemoteHandles } from "./RemoteHandles.ts"

/** Arguments by which a security context was acquired, so that it can be acquired in another session. */
interface Recipe {
  readonly certificate: Uint8Array | null
  readonly api: SecurityContextApi
  readonly as: Credentials | null
  readonly turn: Semaphore.Semaphore
}

/** Guarantee of receives outside of a transaction. */
export type PlainReceives = "atLeastOnce" | "atMostOnce"

const failureOf = (functionName: string, code: number): MqrtFailure =>
  new MqrtFailure({ function: functionName, code, properties: [] })

const stale = (functionName: string): MqrtFailure => failureOf(functionName, errors.MQ_ERROR_STALE_HANDLE)

/** Makes the failure of a call only where the call fails: an error costs as much as the rest of a call. */
type Lazily = () => MqrtFailure

const staleLater =
  (functionName: string): Lazily =>
  () =>
    stale(functionName)

/** Answer that a call would have got, from what became of it. */
const answerOf = ({ sent, text }: WireOutcome): unknown => sent ?? text ?? undefined

/** Makes the functions of the seam. */
export const functionsOf = (
  link: Link,
  plainReceives: PlainReceives
): { readonly functions: MqrtFunctions; readonly settled: Effect.Effect<void> } => {
  const handles = new RemoteHandles()
  const recipes = new Map<bigint, Recipe>()
  /** Settlements that the gateway has not answered yet. */
  const settling = new Set<Fiber.Fiber<unknown, unknown>>()

  const settled = Effect.suspend(() =>
    settling.size === 0 ? Effect.void : Effect.asVoid(Fiber.awaitAll([...settling]))
  )

  /** Waits for earlier settlements, so that a call sees what they did. */
  const afterSettling = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => (settling.size === 0 ? effect : Effect.andThen(settled, effect)))

  /** Uses a handle of a session. */
  const using = <A, E>(
    handle: bigint,
    lost: Lazily,
    use: (session: Session, number: number) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | MqrtFailure> =>
    Effect.suspend((): Effect.Effect<A, E | MqrtFailure> => {
      const { session } = link
      const number = handles.in(session, handle)
      return session === undefined || number === undefined ? Effect.fail(lost()) : use(session, number)
    })

  /** Makes a call, and turns a cut into the failure that core reopens a handle after. */
  const orStale = <A>(
    functionName: string,
    call: Effect.Effect<A, MqrtFailure | Lost>
  ): Effect.Effect<A, MqrtFailure> => Effect.catchTag(call, "Lost", () => Effect.fail(stale(functionName)))

  /**
   * Makes a call that changes something. After a cut it asks what became of it. `never`: failure of a call that had no effect and
   * never will have.
   */
  const changing = <Name extends CallName>(
    session: Session,
    functionName: string,
    name: Name,
    payload: Calls[Name]["given"] & { readonly key: number },
    never: (detail: string) => MqrtFailure
  ): Effect.Effect<Calls[Name]["returns"], MqrtFailure> =>
    Effect.uninterruptible(
      Effect.catchTag(link.callIn(session, name, payload), "Lost", ({ detail }) =>
        Effect.flatMap(link.outcome(functionName, session, payload.key), (outcome) => {
          if (outcome.state === "never") return Effect.fail(never(detail))
          return outcome.state === "failed" && outcome.failure !== null
            ? Effect.fail(fromWire(outcome.failure, link.url))
            : Effect.succeed(answerOf(outcome) as Calls[Name]["returns"])
        })
      )
    )

  const unavailable = (functionName: string) => (detail: string) =>
    link.problem(functionName, "GatewayUnavailable", detail)

  const ofPlain = Object.fromEntries(
    Object.entries(plain).map(([name, { changes }]) => [
      name,
      (...given: ReadonlyArray<unknown>) =>
        afterSettling(
          Effect.suspend(() => {
            const payload = { key: changes ? link.nextKey() : 0, given } as never
            const made = name as PlainName
            return changes
              ? Effect.flatMap(link.connected(name), (session) =>
                  changing(session, name, made, payload, unavailable(name))
                )
              : link.call(name, made, payload)
          })
        )
    ])
  ) as unknown as Pick<MqrtFunctions, PlainName>

  /** Opens a handle. What a cut connection opened, the gateway closes. */
  const opened = <H, Name extends CallName>(
    functionName: string,
    name: Name,
    payload: Calls[Name]["given"]
  ): Effect.Effect<H, MqrtFailure> =>
    afterSettling(
      Effect.uninterruptible(
        Effect.flatMap(link.connected(functionName), (session) =>
          Effect.map(
            Effect.catchTag(link.callIn(session, name, payload), "Lost", ({ detail }) =>
              Effect.fail(unavailable(functionName)(detail))
            ),
            (number) => handles.add(session, number as number) as H
          )
        )
      )
    )

  const closed = (functionName: string, name: CallName, handle: bigint): Effect.Effect<void, MqrtFailure> =>
    afterSettling(
      using(handle, staleLater(functionName), (session, number) =>
        orStale(functionName, link.callIn(session, name, { handle: number } as never))
      )
    ).pipe(Effect.ensuring(Effect.sync(() => handles.remove(handle))), Effect.asVoid, Effect.uninterruptible)

  /**
   * Returns the failure of a call with a transaction that is not in the session: it was rolled back when its session ended, so that all
   * of it can be done again.
   */
  const withoutTransaction = (functionName: string, handle: TransactionHandle): MqrtFailure =>
    handles.has(handle)
      ? link.problem(
          functionName,
          "GatewayUnavailable",
          "the connection was cut, and its transaction rolled back, so that all of the transaction must be done again"
        )
      : failureOf(functionName, errors.MQ_ERROR_TRANSACTION_SEQUENCE)

  /** Returns a transaction as it crosses the wire. */
  const transactionOf = (
    session: Session,
    functionName: string,
    argument: TransactionArgument
  ): Effect.Effect<WireTransaction, MqrtFailure> => {
    if (typeof argument === "string") return Effect.succeed(argument)
    const number = handles.in(session, argument)
    return number === undefined ? Effect.fail(withoutTransaction(functionName, argument)) : Effect.succeed(number)
  }

  /** Returns the number of a context, which is acquired again in a new session. */
  const contextOf = (session: Session, handle: SecurityContextHandle): Effect.Effect<number, MqrtFailure | Lost> => {
    const known = handles.in(session, handle)
    const recipe = recipes.get(handle)
    if (known !== undefined) return Effect.succeed(known)
    if (recipe === undefined) return Effect.fail(failureOf("MQSendMessage", errors.MQ_ERROR_BAD_SECURITY_CONTEXT))
    const { api, as, certificate, turn } = recipe
    return turn.withPermit(
      Effect.suspend(() => {
        const again = handles.in(session, handle)
        if (again !== undefined) return Effect.succeed(again)
        return Effect.map(link.callIn(session, "getSecurityContext", { api, as, certificate }), (number) => {
          handles.replace(handle, session, number)
          return number
        })
      })
    )
  }

  /** Runs a call of the gateway that waits. An interruption cancels it there, and gives back what it got meanwhile. */
  const cancellable = <A, B>(
    session: Session,
    key: number,
    call: Effect.Effect<A, MqrtFailure | Lost>,
    got: (answer: A) => B,
    giveBack: (answer: A) => Effect.Effect<unknown>
  ): Effect.Effect<B, MqrtFailure | Lost> =>
    Effect.callback((resume) => {
      const fiber = Effect.runFork(call)
      let isLeft = false
      fiber.addObserver((exit) => {
        if (isLeft) return
        // The caller continues in this very step, so that nothing comes between the message and its settlement.
        resume(Exit.isSuccess(exit) ? Effect.succeed(got(exit.value)) : Exit.failCause(exit.cause))
      })
      return Effect.suspend(() => {
        isLeft = true
        const cancel = Effect.exit(link.callIn(session, "cancel", { key }))
        return Effect.flatMap(Effect.andThen(cancel, Fiber.await(fiber)), (exit) =>
          Exit.isSuccess(exit) ? Effect.asVoid(giveBack(exit.value)) : Effect.void
        )
      })
    })

  const settle = (session: Session, name: "completeMessage" | "abandonMessage", ticket: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (ticket === 0) return Effect.void
      const fiber = Effect.runFork(Effect.exit(link.callIn(session, name, { ticket })))
      settling.add(fiber)
      fiber.addObserver(() => settling.delete(fiber))
      return name === "abandonMessage" ? Effect.asVoid(Fiber.await(fiber)) : Effect.void
    })

  type HeldMessage = Calls["holdMessage"]["returns"]

  const complete =
    (session: Session) =>
    (held: HeldMessage): ReceivedProperties => {
      Effect.runSync(settle(session, "completeMessage", held.ticket))
      return held.message
    }

  const abandon = (session: Session) => (held: HeldMessage) => settle(session, "abandonMessage", held.ticket)

  const outright = plainReceives === "atMostOnce"

  const sendSlice = (
    session: Session,
    handle: number,
    messages: ReadonlyArray<OutgoingProperties>,
    options: Calls["sendMessages"]["given"]["options"],
    interruptible: (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) | undefined
  ): Effect.Effect<SendOutcome> => {
    const key = link.nextKey()
    const call = changing(session, "MQSendMessage", "sendMessages", { key, handle, messages, options }, () =>
      stale("MQSendMessage")
    )
    const answered =
      interruptible === undefined
        ? call
        : Effect.gen(function* () {
            const fiber = yield* Effect.forkDetach(call, { startImmediately: true })
            const waited = yield* Effect.exit(interruptible(Fiber.await(fiber)))
            if (Exit.isFailure(waited)) yield* Effect.exit(link.callIn(session, "cancel", { key }))
            return yield* Fiber.join(fiber)
          })
    return Effect.match(answered, {
      onFailure: (failure): SendOutcome => ({ accepted: 0, messageIds: options.messageIds ? [] : null, failure }),
      onSuccess: ({ accepted, failure, messageIds }): SendOutcome => ({
        accepted,
        messageIds,
        failure: failure === null ? null : fromWire(failure, link.url)
      })
    })
  }

  /** Returns the parts of a batch that fit into a frame each. Fails with the index of a message that fits into none. */
  const partsOf = (
    messages: ReadonlyArray<OutgoingProperties>,
    most: number
  ): { readonly parts: ReadonlyArray<ReadonlyArray<OutgoingProperties>>; readonly tooLarge: number | undefined } => {
    const parts: Array<Array<OutgoingProperties>> = []
    let size = most
    for (const [index, message] of messages.entries()) {
      const own = sizeOf(message)
      if (own > most) return { parts, tooLarge: index }
      size += own
      if (size > most) {
        parts.push([])
        size = own
      }
      parts.at(-1)?.push(message)
    }
    return { parts, tooLarge: undefined }
  }

  /** Bytes of a frame beside its messages, at most. */
  const envelope = 64 * 1024

  const functions: MqrtFunctions = {
    ...ofPlain,
    currentUserSid: link.call("OpenProcessToken", "currentUserSid", {}),

    getSecurityContext: (certificate, api, as) =>
      Effect.flatMap(Semaphore.make(1), (turn) =>
        Effect.map(
          opened<SecurityContextHandle, "getSecurityContext">(api, "getSecurityContext", { certificate, api, as }),
          (handle) => {
            recipes.set(handle, { certificate, api, as, turn })
            return handle
          }
        )
      ).pipe(Effect.uninterruptible),
    freeSecurityContext: (handle) =>
      Effect.suspend(() => {
        recipes.delete(handle)
        return Effect.ignore(closed("MQFreeSecurityContext", "freeSecurityContext", handle))
      }),

    locateBegin: (restrictions) =>
      opened<LocateHandle, "locateBegin">("MQLocateBegin", "locateBegin", { restrictions }),
    locateNext: (handle, count) =>
      using(handle, staleLater("MQLocateNext"), (session, number) =>
        orStale("MQLocateNext", link.callIn(session, "locateNext", { handle: number, count }))
      ),
    locateEnd: (handle) => closed("MQLocateEnd", "locateEnd", handle),

    openQueue: (formatName, access, shareMode) =>
      opened<QueueHandle, "openQueue">("MQOpenQueue", "openQueue", { formatName, access, shareMode }),
    closeQueue: (handle) => closed("MQCloseQueue", "closeQueue", handle),
    purgeQueue: (handle) =>
      afterSettling(
        using(handle, staleLater("MQPurgeQueue"), (session, number) =>
          changing(session, "MQPurgeQueue", "purgeQueue", { key: link.nextKey(), handle: number }, () =>
            stale("MQPurgeQueue")
          )
        )
      ),
    createCursor: (handle) =>
      using(handle, staleLater("MQCreateCursor"), (session, number) =>
        Effect.map(
          orStale("MQCreateCursor", link.callIn(session, "createCursor", { handle: number })),
          (cursor) => handles.add(session, cursor) as CursorHandle
        )
      ).pipe(Effect.uninterruptible),
    closeCursor: (handle) => closed("MQCloseCursor", "closeCursor", handle),

    sendMessages: (handle, messages, parameters, interruptible) => {
      const failed = (accepted: number, ids: ReadonlyArray<string>, failure: MqrtFailure): SendOutcome => ({
        accepted,
        messageIds: parameters.messageIds ? ids : null,
        failure
      })
      const send = using(handle, staleLater("MQSendMessage"), (session, number) =>
        Effect.gen(function* () {
          const { securityContext, transaction } = parameters
          const argument = yield* transactionOf(session, "MQSendMessage", transaction)
          const context = securityContext === null ? null : yield* contextOf(session, securityContext)
          const options = { ...parameters, transaction: argument, securityContext: context }
          const { parts, tooLarge } = partsOf(messages, session.maxFrame - envelope)
          let accepted = 0
          const ids: Array<string> = []
          for (const part of parts) {
            const outcome = yield* sendSlice(session, number, part, options, interruptible)
            accepted += outcome.accepted
            for (const id of outcome.messageIds ?? []) ids.push(id)
            if (outcome.failure !== null) return failed(accepted, ids, outcome.failure)
            if (outcome.accepted < part.length) break
          }
          if (tooLarge !== undefined && accepted === tooLarge) {
            const limit = `the message has more than ${session.maxFrame} bytes, the largest frame that the gateway takes`
            return failed(accepted, ids, link.problem("MQSendMessage", "GatewayRefused", limit))
          }
          return { accepted, messageIds: parameters.messageIds ? ids : null, failure: null }
        })
      )
      return Effect.uninterruptible(
        Effect.catchIf(
          send,
          () => true,
          (failure) => Effect.succeed(failed(0, [], failure instanceof Lost ? stale("MQSendMessage") : failure))
        )
      )
    },

    receiveMessage: (handle, { action, cursor, read, timeout, transaction }) =>
      Effect.suspend(() => {
        const functionName = "MQReceiveMessage"
        const receive = using(handle, staleLater(functionName), (session, number) =>
          Effect.gen(function* () {
            const key = link.nextKey()
            const place = cursor === null ? null : handles.in(session, cursor)
            if (place === undefined) return yield* Effect.fail(stale(functionName))
            const argument = yield* transactionOf(session, functionName, transaction)
            const given = { key, handle: number, timeout, cursor: place, transaction: argument, read }
            if (action !== "receive") {
              const peek = link.callIn(session, "peekMessage", { ...given, action })
              return yield* cancellable(
                session,
                key,
                peek,
                (message) => message,
                () => Effect.void
              )
            }
            const hold = link.callIn(session, "holdMessage", { ...given, outright })
            return yield* cancellable(session, key, hold, complete(session), abandon(session))
          })
        )
        // A receive may overtake the settlement of the one before it.
        return orStale(functionName, action === "receive" ? receive : afterSettling(receive))
      }),
    receiveMessageByLookupId: (handle, lookupId, action, { read, transaction }) =>
      afterSettling(
        orStale(
          "MQReceiveMessageByLookupId",
          using(handle, staleLater("MQReceiveMessageByLookupId"), (session, number) =>
            Effect.gen(function* () {
              const argument = yield* transactionOf(session, "MQReceiveMessageByLookupId", transaction)
              const given = { handle: number, lookupId, action, transaction: argument, read, outright }
              const look = link.callIn(session, "lookupMessage", given)
              return yield* cancellable(session, 0, look, complete(session), abandon(session))
            })
          )
        )
      ),
    moveMessage: (source, destination, lookupId, transaction) =>
      afterSettling(
        using(source, staleLater("MQMoveMessage"), (session, from) =>
          Effect.gen(function* () {
            const to = handles.in(session, destination)
            if (to === undefined) return yield* Effect.fail(stale("MQMoveMessage"))
            const argument = yield* transactionOf(session, "MQMoveMessage", transaction)
            const given = { key: link.nextKey(), source: from, destination: to, lookupId, transaction: argument }
            yield* changing(session, "MQMoveMessage", "moveMessage", given, () => stale("MQMoveMessage"))
          })
        )
      ),
    markMessageRejected: (handle, lookupId) =>
      using(handle, staleLater("MQMarkMessageRejected"), (session, number) =>
        changing(
          session,
          "MQMarkMessageRejected",
          "markMessageRejected",
          { key: link.nextKey(), handle: number, lookupId },
          () => stale("MQMarkMessageRejected")
        )
      ),

    beginTransaction: opened<TransactionHandle, "beginTransaction">("MQBeginTransaction", "beginTransaction", {}),
    commitTransaction: (handle) => ended("ITransaction::Commit", "commitTransaction", handle),
    abortTransaction: (handle) => ended("ITransaction::Abort", "abortTransaction", handle),
    releaseTransaction: (handle) => Effect.ignore(closed("ITransaction::Release", "releaseTransaction", handle))
  }

  const ended = (
    functionName: string,
    name: "commitTransaction" | "abortTransaction",
    handle: TransactionHandle
  ): Effect.Effect<void, MqrtFailure> => {
    const gone = () => withoutTransaction(functionName, handle)
    const end = afterSettling(
      using(handle, gone, (session, number) =>
        changing(session, functionName, name, { key: link.nextKey(), handle: number }, gone)
      )
    )
    // Rolled back is what it is.
    return name === "abortTransaction"
      ? Effect.catchIf(
          end,
          ({ gateway }) => gateway?.kind === "GatewayUnavailable",
          () => Effect.void
        )
      : end
  }

  return { functions, settled }
}
