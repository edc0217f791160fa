/** Answers to the calls of one session. */
import type {
  CursorHandle,
  LocateHandle,
  QueueHandle,
  SecurityContextHandle,
  TransactionHandle
} from "@effect-msmq/core/Mqrt"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import type {
  LookupAction,
  ReadProperties,
  ReceivedProperties,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import { leastRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { errors } from "@effect-msmq/core/ErrorCode"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import { type Plain, plain, type WireOutcome } from "../wire/calls.ts"
import type { Handlers } from "../wire/rpcs.ts"
import { refusalOf, toWire, type WireFailure } from "../wire/Failure.ts"
import { usualMachineRights } from "../rights.ts"
import { version } from "../version.ts"
import type { Entry, HandleKind } from "./HandleTable.ts"
import { type Held, isTaken, type Take } from "./Holding.ts"
import { limitsOf } from "./limits.ts"
import { accessRights, handleRights, permissions, permitMessages } from "./permissions.ts"
import type { Restore, Session } from "./Session.ts"

/** Lookups that peek, for those that receive. */
const peekActions: { readonly [Action in LookupAction]?: LookupAction } = {
  receiveCurrent: "peekCurrent",
  receiveNext: "peekNext",
  receivePrevious: "peekPrevious",
  receiveFirst: "peekFirst",
  receiveLast: "peekLast",
  receiveAllowPeek: "peekCurrent"
}

/**
 * Returns a function that holds a message which was received in a transaction of the client. Given back, it dooms the transaction:
 * a commit would lose the message.
 */
const dooms = (session: Session, transaction: number) =>
  Effect.map(
    session.handles.get(transaction, "transaction", "MQReceiveMessage"),
    (entry) =>
      (message: ReceivedProperties): Held => ({
        message,
        complete: Effect.void,
        abandon: Effect.sync(() => session.doom(entry))
      })
  )

const queue = ({ native }: Entry): QueueHandle => native as QueueHandle

const lift = <A>(effect: Effect.Effect<A, MqrtFailure>): Effect.Effect<A, WireFailure> =>
  Effect.mapError(effect, toWire)

/** Returns what became of a call, as it crosses the wire. */
const outcomeOf = (exit: Exit.Exit<unknown, WireFailure> | undefined): WireOutcome => {
  const nothing = { text: null, sent: null, failure: null }
  if (exit === undefined) return { state: "never", ...nothing }
  if (Exit.isFailure(exit)) {
    const problem = Cause.squash(exit.cause)
    const isFailure = typeof problem === "object" && problem !== null && "refusal" in problem
    const failure = isFailure ? (problem as WireFailure) : refusalOf("the call", String(problem))
    return { state: "failed", ...nothing, failure }
  }
  const { value } = exit
  if (typeof value === "string") return { state: "succeeded", ...nothing, text: value }
  return { state: "succeeded", ...nothing, sent: (value ?? null) as WireOutcome["sent"] }
}

/** Returns the answers to the calls without handles. */
const plainHandlers = (session: Session) => {
  const { mqrt } = session.shared
  type Permit = (session: Session, name: string, given: ReadonlyArray<unknown>) => Effect.Effect<unknown, WireFailure>
  return Object.fromEntries(
    Object.entries(plain as { readonly [name: string]: Plain }).map(([name, row]) => [
      name,
      ({ given, key }: { readonly key: number; readonly given: ReadonlyArray<unknown> }) => {
        const call = mqrt[name as keyof typeof plain] as (
          ...given: ReadonlyArray<unknown>
        ) => Effect.Effect<unknown, MqrtFailure>
        const made = Effect.suspend(() => lift(call(...given)))
        const permitted = (permissions[name as keyof typeof plain] as Permit)(session, name, given)
        return Effect.andThen(permitted, row.changes ? session.keyed(key, made) : made)
      }
    ])
  ) as unknown as Pick<Handlers, keyof typeof plain>
}

/**
 * Returns the answers to the calls of a session. `hello`: answer to its first call. `isBlocked`: `true` while the client has too many
 * answers to read.
 */
export const handlersOf = (session: Session, hello: Handlers["hello"], isBlocked: () => boolean): Handlers => {
  const { handles, shared } = session
  const { lines, mqrt } = shared
  const entry = (number: number, kind: HandleKind, functionName: string) => handles.get(number, kind, functionName)
  const close = (kind: HandleKind, functionName: string) => (given: { readonly handle: number }) =>
    handles.close(given.handle, kind, functionName)
  const holding = (held: Effect.Effect<Held, MqrtFailure>) =>
    Effect.uninterruptibleMask((restore) => Effect.flatMap(lift(restore(held)), (held) => session.hold(held)))
  return {
    ...plainHandlers(session),
    hello,
    heartbeat: () => Effect.void,
    describe: () =>
      Effect.map(Clock.currentTimeMillis, (time) => ({
        version,
        client: session.client.name,
        time,
        machine: session.client.machine ?? usualMachineRights,
        queues: session.client.queues ?? [],
        limits: limitsOf(session.client)
      })),
    cancel: ({ key }) => session.cancel(key),
    outcomeOf: ({ key }) => Effect.sync(() => outcomeOf(session.remote?.outcomeOf(key))),
    currentUserSid: () => Effect.andThen(session.onMachine("OpenProcessToken", "security"), lift(mqrt.currentUserSid)),

    getSecurityContext: ({ api, as, certificate }) =>
      Effect.andThen(
        // Somebody else's password could be tried here.
        Effect.andThen(
          session.onMachine(api, "sign"),
          as === null ? Effect.void : session.onMachine(api, "impersonate")
        ),
        handles.open({
          kind: "security context",
          function: api,
          acquire: mqrt.getSecurityContext(certificate, api, as),
          release: (native) => mqrt.freeSecurityContext(native as SecurityContextHandle)
        })
      ),
    freeSecurityContext: close("security context", "MQFreeSecurityContext"),

    locateBegin: ({ restrictions }) =>
      Effect.andThen(
        session.onMachine("MQLocateBegin", "directory"),
        handles.open({
          kind: "locate",
          function: "MQLocateBegin",
          acquire: mqrt.locateBegin(restrictions),
          release: (native) => mqrt.locateEnd(native as LocateHandle)
        })
      ),
    locateNext: ({ count, handle }) =>
      Effect.flatMap(entry(handle, "locate", "MQLocateNext"), ({ native }) =>
        lift(mqrt.locateNext(native as LocateHandle, count))
      ),
    locateEnd: close("locate", "MQLocateEnd"),

    openQueue: ({ access, formatName, shareMode }) =>
      Effect.flatMap(session.onQueue("MQOpenQueue", accessRights[access], formatName), (permitted) =>
        handles.open({
          kind: "queue",
          function: "MQOpenQueue",
          ...permitted,
          formatName,
          acquire: Effect.tap(mqrt.openQueue(formatName, access, shareMode), () =>
            Effect.sync(() => lines.open(formatName))
          ),
          release: (native) => {
            const handle = native as QueueHandle
            return Effect.andThen(lines.close(formatName, handle), mqrt.closeQueue(handle))
          }
        })
      ),
    closeQueue: close("queue", "MQCloseQueue"),
    purgeQueue: ({ handle, key }) =>
      Effect.flatMap(entry(handle, "queue", "MQPurgeQueue"), (opened) =>
        Effect.andThen(
          session.onEntry("MQPurgeQueue", handleRights.MQPurgeQueue, opened),
          session.keyed(key, lift(mqrt.purgeQueue(queue(opened))))
        )
      ),
    createCursor: ({ handle }) =>
      Effect.flatMap(entry(handle, "queue", "MQCreateCursor"), (parent) =>
        Effect.andThen(
          session.onEntry("MQCreateCursor", handleRights.MQCreateCursor, parent),
          handles.open({
            kind: "cursor",
            function: "MQCreateCursor",
            parent,
            acquire: mqrt.createCursor(queue(parent)),
            release: (native) => mqrt.closeCursor(native as CursorHandle)
          })
        )
      ),
    closeCursor: close("cursor", "MQCloseCursor"),

    sendMessages: ({ handle, key, messages, options }) =>
      Effect.gen(function* () {
        const opened = yield* entry(handle, "queue", "MQSendMessage")
        yield* session.onEntry("MQSendMessage", handleRights.MQSendMessage, opened)
        yield* permitMessages(session, messages)
        const transaction = yield* session.transaction(options.transaction, "MQSendMessage")
        const context =
          options.securityContext === null
            ? null
            : yield* entry(options.securityContext, "security context", "MQSendMessage")
        const parameters = {
          ...options,
          transaction,
          securityContext: context === null ? null : (context.native as SecurityContextHandle)
        }
        // A cancelled batch ends early, and still tells what was accepted.
        const sent = (restore: Restore) =>
          Effect.map(
            mqrt.sendMessages(queue(opened), messages, parameters, restore),
            ({ accepted, failure, messageIds }) => ({
              accepted,
              messageIds,
              failure: failure === null ? null : toWire(failure)
            })
          )
        return yield* session.keyedBatch(key, sent)
      }),

    peekMessage: ({ action, cursor, handle, key, read, timeout, transaction }) =>
      Effect.gen(function* () {
        const opened = yield* entry(handle, "queue", "MQReceiveMessage")
        yield* session.onEntry("MQReceiveMessage", "peek", opened)
        const place = yield* session.cursor(cursor, "MQReceiveMessage")
        const argument = yield* session.transaction(transaction, "MQReceiveMessage")
        const peek = mqrt.receiveMessage(queue(opened), { action, timeout, cursor: place, transaction: argument, read })
        return yield* session.waiting(key, "MQReceiveMessage", lift(peek))
      }),
    holdMessage: ({ cursor, handle, key, outright, read, timeout, transaction }) =>
      Effect.gen(function* () {
        const opened = yield* entry(handle, "queue", "MQReceiveMessage")
        yield* session.onEntry("MQReceiveMessage", "receive", opened)
        const place = yield* session.cursor(cursor, "MQReceiveMessage")
        const native = queue(opened)
        const line = lines.of(opened.formatName)
        if (typeof transaction === "number") {
          const dooming = yield* dooms(session, transaction)
          const argument = yield* session.transaction(transaction, "MQReceiveMessage")
          const take: Take = (handle, lookupId, read) =>
            Effect.map(
              mqrt.receiveMessageByLookupId(handle, lookupId, "receiveCurrent", { transaction: argument, read }),
              dooming
            )
          const receive = (timeout: number | null) =>
            Effect.map(
              mqrt.receiveMessage(native, { action: "receive", timeout, cursor: place, transaction: argument, read }),
              dooming
            )
          // The first attempt says whether the queue takes part in the transaction at all.
          const held =
            place === null && timeout !== 0
              ? Effect.catchIf(receive(0), isTaken, () =>
                  line.receive(native, read, timeout, take, undefined, isBlocked)
                )
              : receive(timeout)
          return yield* session.waiting(key, "MQReceiveMessage", holding(held))
        }
        const receive = (action: "receive" | "peekCurrent", timeout: number | null, argument: TransactionArgument) =>
          mqrt.receiveMessage(native, { action, timeout, cursor: place, transaction: argument, read })
        const lose = (message: ReceivedProperties) => line.losing(message)
        const keep = (message: ReceivedProperties) => line.keeping(message)
        if (outright && place === null && transaction === "none") {
          const held = line.receive(native, read, timeout, line.outright, lose, isBlocked)
          return yield* session.waiting(key, "MQReceiveMessage", holding(held))
        }
        if (outright || (transaction !== "none" && !(yield* line.isTransactional))) {
          const held = Effect.map(receive("receive", timeout, transaction), outright ? lose : keep)
          return yield* session.waiting(key, "MQReceiveMessage", holding(held))
        }
        const held =
          place === null
            ? line.receive(native, read, timeout, undefined, keep, isBlocked)
            : Effect.andThen(
                receive("peekCurrent", timeout, "none"),
                line.takeAtCursor((argument) => receive("receive", 0, argument))
              )
        return yield* session.waiting(key, "MQReceiveMessage", holding(held))
      }),
    lookupMessage: ({ action, handle, lookupId, outright, read, transaction }) =>
      Effect.gen(function* () {
        const opened = yield* entry(handle, "queue", "MQReceiveMessageByLookupId")
        const native = queue(opened)
        const lookup = (action: LookupAction, transaction: TransactionArgument, read: ReadProperties) =>
          mqrt.receiveMessageByLookupId(native, lookupId, action, { transaction, read })
        const takes = action in peekActions
        yield* session.onEntry("MQReceiveMessageByLookupId", takes ? "receive" : "peek", opened)
        const argument = yield* session.transaction(transaction, "MQReceiveMessageByLookupId")
        if (!takes) return { ticket: 0, message: yield* lift(lookup(action, argument, read)) }
        if (typeof transaction === "number") {
          const dooming = yield* dooms(session, transaction)
          return yield* holding(Effect.map(lookup(action, argument, read), dooming))
        }
        const line = lines.of(opened.formatName)
        if (outright)
          return yield* holding(Effect.map(lookup(action, argument, read), (message) => line.losing(message)))
        const peek = peekActions[action] ?? "peekCurrent"
        return yield* holding(
          Effect.flatMap(lookup(peek, "none", leastRead), (found) => line.take(native, found.lookupId, read))
        )
      }),
    completeMessage: ({ ticket }) => session.complete(ticket),
    abandonMessage: ({ ticket }) => session.abandon(ticket),
    moveMessage: ({ destination, key, lookupId, source, transaction }) =>
      Effect.gen(function* () {
        const from = yield* entry(source, "queue", "MQMoveMessage")
        const to = yield* entry(destination, "queue", "MQMoveMessage")
        yield* session.onEntry("MQMoveMessage", handleRights.MQMoveMessage, from)
        yield* session.onEntry("MQMoveMessage", handleRights.MQMoveMessage, to)
        const argument = yield* session.transaction(transaction, "MQMoveMessage")
        yield* session.keyed(key, lift(mqrt.moveMessage(queue(from), queue(to), lookupId, argument)))
      }),
    markMessageRejected: ({ handle, key, lookupId }) =>
      Effect.flatMap(entry(handle, "queue", "MQMarkMessageRejected"), (opened) =>
        Effect.andThen(
          session.onEntry("MQMarkMessageRejected", handleRights.MQMarkMessageRejected, opened),
          session.keyed(key, lift(mqrt.markMessageRejected(queue(opened), lookupId)))
        )
      ),

    beginTransaction: () =>
      handles.open({
        kind: "transaction",
        function: "MQBeginTransaction",
        acquire: mqrt.beginTransaction,
        release: (native) => mqrt.releaseTransaction(native as TransactionHandle)
      }),
    commitTransaction: ({ handle, key }) =>
      Effect.flatMap(entry(handle, "transaction", "ITransaction::Commit"), (transaction) => {
        const { native } = transaction
        return session.isDoomed(transaction)
          ? Effect.fail({
              function: "ITransaction::Commit",
              code: errors.MQ_ERROR_TRANSACTION_SEQUENCE,
              properties: [],
              refusal: null
            })
          : session.keyed(key, lift(mqrt.commitTransaction(native as TransactionHandle)))
      }),
    abortTransaction: ({ handle, key }) =>
      Effect.flatMap(entry(handle, "transaction", "ITransaction::Abort"), ({ native }) =>
        session.keyed(key, lift(mqrt.abortTransaction(native as TransactionHandle)))
      ),
    releaseTransaction: close("transaction", "ITransaction::Release")
  }
}
