import type { Consumer, MessageBody, MsmqError, Receiver } from "@effect-msmq/core"
import { MessageQueue, Transaction } from "@effect-msmq/core"
import type { ReceivedMessage } from "@effect-msmq/core/Message"
import type { ShareMode } from "@effect-msmq/core/Mqrt"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Layer, Option, References, Schedule, type Scope, Stream } from "effect"
import * as CallLog from "./CallLog.ts"
import { start } from "./settled.ts"

export const orders = ".\\private$\\orders"
export const invoices = ".\\private$\\invoices"
export const poison = ".\\private$\\poison"

/** Backend in memory with counts of handles, faults and calls. */
export const loud = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

/** The same without a consumer's log lines in the output. */
export const backend = Layer.merge(loud, Layer.succeed(References.MinimumLogLevel, "None"))

export const stopService = MsmqControl.MsmqControl.use((msmq) => msmq.stopService)
export const startService = MsmqControl.MsmqControl.use((msmq) => msmq.startService)

/** Returns the labels of the messages in a queue, a subqueue or a journal. */
export const labelsIn = Effect.fnUntraced(function* (queue: string) {
  const receiver = yield* MessageQueue.openReceiver(queue, { access: "peek" })
  return yield* Effect.map(Stream.runCollect(receiver.browse), (all) => all.map(({ label }) => label))
}, Effect.scoped)

export const send = Effect.fnUntraced(function* (queue: string, ...labels: ReadonlyArray<string>) {
  const sender = yield* MessageQueue.openSender(queue)
  const all = sender.sendAll(labels.map((label) => ({ label, delivery: "recoverable" as const })))
  yield* sender.transactional === true ? Transaction.run(all) : all
}, Effect.scoped)

export interface Queues {
  readonly transactional?: boolean
  readonly poisonTransactional?: boolean
  readonly shareMode?: ShareMode
}

/** Creates three queues, transactional by default, and opens the first for receiving. */
export const queues = Effect.fnUntraced(function* <Body = Uint8Array>(
  options: Queues & { readonly body?: MessageBody.MessageBody<Body> } = {}
) {
  const { poisonTransactional = true, transactional = true, ...opening } = options
  yield* MessageQueue.create(orders, { transactional })
  yield* MessageQueue.create(invoices, { transactional: true })
  yield* MessageQueue.create(poison, { transactional: poisonTransactional })
  return yield* MessageQueue.openReceiver(orders, opening)
})

/** Records the events of a consumer but for `Idle`, each as its tag and the message's label: `Handled order`. */
export const eventLog = () => {
  const events: Array<string> = []
  const onEvent = (event: Consumer.ConsumeEvent) =>
    Effect.sync(() => {
      if (event._tag !== "Idle") events.push("message" in event ? `${event._tag} ${event.message.label}` : event._tag)
    })
  return { events, onEvent }
}

/** Makes a handler that waits until `open` has run, and a list of the labels that it began with. */
export const gate = () => {
  const begun: Array<string> = []
  const opened = Deferred.makeUnsafe<void>()
  return {
    begun,
    open: Deferred.succeed(opened, undefined),
    handle: ({ label }: { readonly label: string }) =>
      Effect.andThen(
        Effect.sync(() => begun.push(label)),
        Deferred.await(opened)
      )
  }
}

/** Makes a handler that fails in its first `times` attempts, and a list of the labels that it was tried with. */
export const failing = (times: number, error: unknown = "no") => {
  const tries: Array<string> = []
  return {
    tries,
    handle: ({ label }: { readonly label: string }) =>
      Effect.suspend(() => {
        tries.push(label)
        return tries.length <= times ? Effect.fail(error) : Effect.void
      })
  }
}

/** Runs a test on {@link backend}, closes what it opened, and fails if a handle leaks. */
export const leakFree = <A, E>(
  test: Effect.Effect<A, E, Layer.Success<typeof backend> | Scope.Scope>
): Effect.Effect<void, E | HandleLedger.HandlesLeaked, Scope.Scope> =>
  test.pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))

/** Returns the error that a consumer failed with. */
export const errorOf = <A>(exit: Exit.Exit<A, MsmqError.MsmqError>): MsmqError.MsmqError => {
  assert(Exit.isFailure(exit))
  return Option.getOrThrow(Cause.findErrorOption(exit.cause))
}

/** Returns the reason of the error that a consumer failed with. */
export const reasonOf = <A>(exit: Exit.Exit<A, MsmqError.MsmqError>) => errorOf(exit).reason

/** Starts a consumer in the background. */
export const consuming = <Body, E, R>(
  receiver: Receiver.Receiver<Body>,
  handler: Parameters<typeof receiver.consume<E, R>>[0],
  policy: Consumer.ConsumePolicy<E> & Consumer.KeyPolicy<ReceivedMessage<Body>> = {}
) => start(receiver.consume(handler, policy))

/** Schedule of `times` more attempts, a second apart. */
export const retries = (times: number) => Schedule.spaced("1 second").pipe(Schedule.upTo({ times }))

export const never = retries(0)
