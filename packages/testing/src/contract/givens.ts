import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type {
  OutgoingProperties,
  ReceivedProperties,
  ReceiveParameters,
  SendParameters,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { Access, MqrtFailure, QueueHandle, ShareMode } from "@effect-msmq/core/Mqrt"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as assert from "node:assert/strict"
import { plainMessage, plainReceive, plainSend } from "./plainRecords.ts"

/**
 * Prefix of the names of all queues that the contract creates, on every machine. It creates, changes and deletes no other
 * queue.
 *
 * @category testing
 * @since 0.1.0
 */
export const queuePrefix = "effect-msmq-contract-"

let queues = 0

/** Creates a queue for one promise and deletes it when the scope closes. A queue that an earlier run left is deleted first. */
export const newQueue = (
  options: MessageQueue.CreateOptions = {}
): Effect.Effect<string, MsmqError, Mqrt | Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const queue = `.\\private$\\${queuePrefix}${++queues}`
      return Effect.ignore(MessageQueue.delete(queue)).pipe(
        Effect.andThen(MessageQueue.create(queue, options)),
        Effect.as(queue)
      )
    }),
    (queue) => Effect.ignore(MessageQueue.delete(queue))
  )

/** Creates a queue and opens a sender and a receiver on it. */
export const newChannel = (options: MessageQueue.CreateOptions = {}) =>
  Effect.gen(function* () {
    const queue = yield* newQueue(options)
    const sender = yield* MessageQueue.openSender(queue)
    const receiver = yield* MessageQueue.openReceiver(queue)
    return { queue, sender, receiver }
  })

/** Opens a queue of this machine at the seam; a path name that ends with `;name` is that of a subqueue. */
export const openHandle = (
  queue: string,
  access: Access,
  shareMode: ShareMode = "denyNone"
): Effect.Effect<QueueHandle, MqrtFailure, Mqrt | Scope.Scope> =>
  Mqrt.use((mqrt) =>
    Effect.acquireRelease(mqrt.openQueue(`DIRECT=OS:${queue}`, access, shareMode), (handle) =>
      Effect.ignore(mqrt.closeQueue(handle))
    )
  )

/** Sends messages at the seam, and fails where not all of them are accepted. */
export const sendTo = (
  handle: QueueHandle,
  messages: ReadonlyArray<Partial<OutgoingProperties>>,
  options: Partial<SendParameters> = {}
): Effect.Effect<ReadonlyArray<string>, MqrtFailure, Mqrt> =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const whole = messages.map((message) => ({ ...plainMessage, ...message }))
    const outcome = yield* mqrt.sendMessages(handle, whole, {
      ...plainSend,
      messageIds: true,
      ...options
    })
    if (outcome.failure !== null) return yield* outcome.failure
    assert.equal(outcome.accepted, messages.length, "accepted messages")
    return outcome.messageIds ?? []
  })

/** Receives at the seam, by default without waiting. */
export const receiveFrom = (
  handle: QueueHandle,
  options: Partial<ReceiveParameters> = {}
): Effect.Effect<ReceivedProperties, MqrtFailure, Mqrt> =>
  Mqrt.use((mqrt) => mqrt.receiveMessage(handle, { ...plainReceive, ...options }))

/** Receives all messages of a queue, and returns their labels. */
export const labelsIn = (
  handle: QueueHandle,
  transaction: TransactionArgument = "none"
): Effect.Effect<ReadonlyArray<string>, MqrtFailure, Mqrt> =>
  Effect.gen(function* () {
    const labels: Array<string> = []
    while (true) {
      const label = yield* receiveFrom(handle, { transaction }).pipe(
        Effect.map((message) => message.label),
        Effect.catchTag("MqrtFailure", (failure) =>
          nameOf(failure) === "MQ_ERROR_IO_TIMEOUT" ? Effect.void : Effect.fail(failure)
        )
      )
      if (label === undefined) return labels
      labels.push(label)
    }
  })

const nameOf = (failure: MqrtFailure): string => ErrorCode.nameOf(failure.code) ?? ErrorCode.format(failure.code)

/** Asserts that a call at the seam fails with an error code. */
export const failsWith = <A, R>(
  call: Effect.Effect<A, MqrtFailure, R>,
  name: ErrorCode.ErrorCodeName
): Effect.Effect<void, never, R> =>
  Effect.matchEffect(call, {
    onFailure: (failure) => Effect.sync(() => assert.equal(nameOf(failure), name)),
    onSuccess: () => Effect.sync(() => assert.fail(`it succeeded instead of failing with ${name}`))
  })

/** Asserts that a program fails with a reason. */
export const failsBecause = <A, R>(
  program: Effect.Effect<A, MsmqError, R>,
  tag: MsmqError["reason"]["_tag"]
): Effect.Effect<void, never, R> =>
  Effect.matchEffect(program, {
    onFailure: (error) => Effect.sync(() => assert.equal(error.reason._tag, tag, error.message)),
    onSuccess: () => Effect.sync(() => assert.fail(`it succeeded instead of failing with ${tag}`))
  })

/** Forks an effect that waits when the next step begins. */
export const fork = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

/** Asserts that bytes are equal, and fails with the place of the first difference, as a print of all bytes is too long. */
export const sameBytes = (actual: Uint8Array | null, expected: Uint8Array, what: string): void => {
  if (actual === null) assert.fail(`${what} is missing`)
  assert.equal(actual.length, expected.length, `the length of ${what}`)
  if (Buffer.compare(actual, expected) === 0) return
  const at = actual.findIndex((byte, index) => byte !== expected[index])
  assert.fail(`${what} differs at byte ${at}: ${actual[at]} instead of ${expected[at]}`)
}

/** Returns bytes whose values depend on their places. */
export const patternedBytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >>> 8)) & 0xff)
