import type { Consumer, MessageBody, Receiver } from "@effect-msmq/core"
import { MessageQueue, Transaction } from "@effect-msmq/core"
import type { ShareMode } from "@effect-msmq/core/Mqrt"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { Effect, Layer, References, Schedule, Stream } from "effect"
import * as CallLog from "./CallLog.ts"
import { start } from "./settled.ts"

export const orders = ".\\private$\\orders"
export const invoices = ".\\private$\\invoices"
export const poison = ".\\private$\\poison"

/** Everything that a test looks at. */
export const loud = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

/** The same, where what consuming logs is not for the test's output. */
export const backend = Layer.merge(loud, Layer.succeed(References.MinimumLogLevel, "None"))

export const stopService = MsmqControl.MsmqControl.use((msmq) => msmq.stopService)
export const startService = MsmqControl.MsmqControl.use((msmq) => msmq.startService)

/** The labels of what can be had from a queue, a subqueue or a journal, by its name. */
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

/** A queue that is open for receiving, and two more; transactional unless it is said otherwise. */
export const queues = Effect.fnUntraced(function* <Body = Uint8Array>(
  options: Queues & { readonly body?: MessageBody.MessageBody<Body> } = {}
) {
  const { poisonTransactional = true, transactional = true, ...opening } = options
  yield* MessageQueue.create(orders, { transactional })
  yield* MessageQueue.create(invoices, { transactional: true })
  yield* MessageQueue.create(poison, { transactional: poisonTransactional })
  return yield* MessageQueue.openReceiver(orders, opening)
})

/** What happened, one word and label each: `Handled order`. */
export const journal = () => {
  const events: Array<string> = []
  const onEvent = (event: Consumer.ConsumeEvent) =>
    Effect.sync(() => {
      events.push("message" in event ? `${event._tag} ${event.message.label}` : event._tag)
    })
  return { events, onEvent }
}

/** Consumes in the background, begun when this returns. */
export const consuming = <Body, E, R>(
  receiver: Receiver.Receiver<Body>,
  handler: Parameters<typeof receiver.consume<E, R>>[0],
  policy: Consumer.ConsumePolicy<E> = {}
) => start(receiver.consume(handler, policy))

/** So many more tries, a second apart. */
export const retries = (times: number) => Schedule.spaced("1 second").pipe(Schedule.upTo({ times }))

export const never = retries(0)
