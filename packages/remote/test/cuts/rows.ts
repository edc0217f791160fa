/** Ways to use a gateway, each with what it promises where connections are cut. */
import {
  type Consumer,
  MessageQueue,
  type Receiver,
  type Sender,
  SecurityContext,
  Transaction,
  type MsmqError
} from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { RemoteMqrt } from "@effect-msmq/remote"
import { Deferred, Effect, Fiber, Option, Schedule, type Scope } from "effect"

/** Numbers of messages, in the order in which they came. */
export type Numbers = Array<number>

const bytesOf = (number: number): Uint8Array => {
  const body = new Uint8Array(600)
  new DataView(body.buffer).setUint32(0, number)
  return body
}

/** Returns the message of a number. */
export const messageOf = (number: number) => ({ body: bytesOf(number) })

/** Returns the number of a message. */
export const numberOf = ({ body }: { readonly body: Uint8Array }): number =>
  new DataView(body.buffer, body.byteOffset).getUint32(0)

/** Queues of a row, and the numbers of a batch. */
interface Batch {
  readonly input: string
  readonly output: string
  readonly numbers: ReadonlyArray<number>
}

/** Use of a gateway through connections that are cut. */
export interface Row {
  readonly name: string
  readonly transactional: boolean
  readonly options?: Partial<RemoteMqrt.Options>
  /** `true` where the messages of a batch are in the queue before, and `false` where the row sends them. */
  readonly receives: boolean
  /** Messages that may be lost, and that may come more than once, for each cut. */
  readonly lost: 0 | 1
  readonly again: 0 | 1
  /** Uses the gateway for one batch. Returns the numbers that it had; `undefined`: they are in the other queue. */
  readonly use: (batch: Batch) => Effect.Effect<Numbers | undefined, MsmqError.MsmqError, Mqrt | Scope.Scope>
}

/** Tries again whatever may succeed later, and nothing else: a cut leaves nobody in doubt. */
const persistent = <A, R>(effect: Effect.Effect<A, MsmqError.MsmqError, R>) =>
  Effect.retry(effect, { while: ({ isRetryable }) => isRetryable })

/** Receives until all numbers of a batch have come. */
const receiveAll = (receiver: Receiver.Receiver, numbers: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const received: Numbers = []
    const missing = new Set(numbers)
    while (missing.size > 0) {
      const number = numberOf(yield* persistent(receiver.receive))
      received.push(number)
      missing.delete(number)
    }
    return received
  })

/** Receives until the queue is empty. */
const drain = (receiver: Receiver.Receiver) =>
  Effect.gen(function* () {
    const received: Numbers = []
    for (;;) {
      const message = yield* persistent(receiver.poll)
      if (Option.isNone(message)) return received
      received.push(numberOf(message.value))
    }
  })

const receivesBy =
  (
    use: (receiver: Receiver.Receiver, numbers: ReadonlyArray<number>) => Effect.Effect<Numbers, MsmqError.MsmqError>
  ): Row["use"] =>
  ({ input, numbers }) =>
    Effect.flatMap(persistent(MessageQueue.openReceiver(input)), (receiver) => use(receiver, numbers))

/** Schedule of further calls of a consumer: the cuts come quickly, too. */
const quickly = Schedule.spaced("5 millis")

/** Consumes until it is over. `handle`: what the handler does beside noting the number. */
const consumesBy =
  (shareMode: "denyNone" | "denyReceive", policy: Consumer.ConsumePolicy<never>): Row["use"] =>
  ({ input, numbers }) =>
    Effect.gen(function* () {
      const receiver = yield* persistent(MessageQueue.openReceiver(input, { shareMode }))
      const handled: Numbers = []
      const missing = new Set(numbers)
      const all = yield* Deferred.make<void>()
      const handle = (message: { readonly body: Uint8Array }) =>
        Effect.suspend(() => {
          handled.push(numberOf(message))
          missing.delete(numberOf(message))
          return missing.size === 0 ? Deferred.succeed(all, undefined) : Effect.void
        })
      const consume = receiver.consume(handle, { reopen: quickly, ...policy })
      const consuming = yield* Effect.forkScoped(persistent(consume))
      yield* Effect.raceFirst(Deferred.await(all), Fiber.join(consuming))
      yield* Fiber.interrupt(consuming)
      return handled
    })

/** Consumes in transactions, in which the handler sends each message on. */
const sendsOn: Row["use"] = ({ input, numbers, output }) =>
  Effect.gen(function* () {
    const receiver = yield* persistent(MessageQueue.openReceiver(input))
    const sender = yield* persistent(MessageQueue.openSender(output))
    const committed = new Set<number>()
    const all = yield* Deferred.make<void>()
    const consuming = yield* receiver
      .consume((message) => sender.send({ body: message.body }), {
        reopen: quickly,
        retry: Schedule.spaced("1 millis"),
        onEvent: (event) =>
          Effect.suspend(() => {
            if (event._tag !== "Handled") return Effect.void
            committed.add(numberOf(event.message))
            return committed.size === numbers.length ? Effect.asVoid(Deferred.succeed(all, undefined)) : Effect.void
          })
      })
      .pipe(Effect.forkScoped)
    yield* Effect.raceFirst(Deferred.await(all), Fiber.join(consuming))
    yield* Fiber.interrupt(consuming)
    return undefined
  })

const sendsBy =
  (
    use: (
      sender: Sender.Sender,
      numbers: ReadonlyArray<number>
    ) => Effect.Effect<unknown, MsmqError.MsmqError, Mqrt | Scope.Scope>
  ): Row["use"] =>
  ({ output, numbers }) =>
    Effect.as(
      Effect.flatMap(persistent(MessageQueue.openSender(output)), (sender) => use(sender, numbers)),
      undefined
    )

/** Sends a batch, and after a failure what was not accepted. */
const sendRest = <R>(
  send: (messages: ReadonlyArray<ReturnType<typeof messageOf>>) => Effect.Effect<unknown, MsmqError.MsmqError, R>,
  messages: ReadonlyArray<ReturnType<typeof messageOf>>
): Effect.Effect<void, MsmqError.MsmqError, R> =>
  Effect.catch(Effect.asVoid(send(messages)), (error) =>
    error.isRetryable
      ? Effect.suspend(() => sendRest(send, messages.slice(error.progress?.accepted ?? 0)))
      : Effect.fail(error)
  )

/** Moves each message to the other queue, in transactions of its own. */
const movesAll: Row["use"] = ({ input, numbers, output }) =>
  Effect.gen(function* () {
    const receiver = yield* persistent(MessageQueue.openReceiver(input))
    const sender = yield* persistent(MessageQueue.openSender(output))
    const move = Transaction.run(Effect.flatMap(receiver.receive, ({ body }) => sender.send({ body })))
    yield* Effect.forEach(numbers, () => persistent(move), { discard: true })
    return undefined
  })

const poison = ".\\private$\\poison"

/** All rows. */
export const rows: ReadonlyArray<Row> = [
  {
    name: "receives from a plain queue, at least once",
    transactional: false,
    receives: true,
    lost: 0,
    again: 1,
    use: receivesBy(receiveAll)
  },
  {
    name: "receives from a plain queue, at most once",
    transactional: false,
    options: { plainReceives: "atMostOnce" },
    receives: true,
    lost: 1,
    again: 0,
    use: receivesBy(drain)
  },
  {
    name: "receives from a transactional queue outside of transactions",
    transactional: true,
    receives: true,
    lost: 0,
    again: 1,
    use: receivesBy(receiveAll)
  },
  {
    name: "transactions that receive and send",
    transactional: true,
    receives: true,
    lost: 0,
    again: 0,
    use: movesAll
  },
  { name: "consume in transactions", transactional: true, receives: true, lost: 0, again: 0, use: sendsOn },
  {
    name: "consume that peeks, handles and removes",
    transactional: false,
    receives: true,
    lost: 0,
    again: 1,
    use: consumesBy("denyReceive", {})
  },
  {
    name: "consume that receives and handles",
    transactional: false,
    receives: true,
    lost: 0,
    again: 1,
    use: consumesBy("denyNone", { poison: { queue: poison } })
  },
  {
    name: "sends, one at a time",
    transactional: false,
    receives: false,
    lost: 0,
    again: 0,
    use: sendsBy((sender, numbers) =>
      Effect.forEach(numbers, (number) => persistent(sender.send(messageOf(number))), { discard: true })
    )
  },
  {
    name: "sends, each in a transaction of its own",
    transactional: true,
    receives: false,
    lost: 0,
    again: 0,
    use: sendsBy((sender, numbers) =>
      Effect.forEach(
        numbers,
        (number) => persistent(sender.send(messageOf(number), { transaction: "singleMessage" })),
        { discard: true }
      )
    )
  },
  {
    name: "sends of a batch",
    transactional: false,
    receives: false,
    lost: 0,
    again: 0,
    use: sendsBy((sender, numbers) => sendRest((messages) => sender.sendAll(messages), numbers.map(messageOf)))
  },
  {
    name: "sends of a batch, signed by a security context",
    transactional: false,
    receives: false,
    lost: 0,
    again: 0,
    use: sendsBy((sender, numbers) =>
      Effect.flatMap(persistent(SecurityContext.acquire()), (securityContext) =>
        sendRest((messages) => sender.sendAll(messages, { securityContext }), numbers.map(messageOf))
      )
    )
  },
  {
    name: "sends in transactions",
    transactional: true,
    receives: false,
    lost: 0,
    again: 0,
    use: sendsBy((sender, numbers) => persistent(Transaction.run(sender.sendAll(numbers.map(messageOf)))))
  }
]
