/** Checks of the service and of queues, each with its result. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as FormatName from "../../FormatName.ts"
import { leastRead } from "../../mqrt/MessagePropertyTable.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Check, CheckOptions, QueueCheck } from "./CheckOptions.ts"
import { countOf } from "../errors/describeValue.ts"
import { thrownText } from "../errors/thrownText.ts"
import { lookupIdsIn } from "../receiving/lookupIds.ts"
import { optional, Reader } from "../receiving/Reader.ts"
import { formatNameOf, nameOf, type QueueName } from "../names/queueName.ts"
import { openQueue, wholeOf } from "../queues/opening.ts"
import { infoOf, messageCountOf } from "../queues/managementRecords.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Result of a check that was made: everything but its subject. */
type Found = Pick<Check, "healthy" | "message"> & { readonly value?: number }

/** Check that is made. */
interface Making {
  readonly name: Check["name"]
  readonly queue?: string
  readonly limit?: number
  readonly find: Effect.Effect<Found, MsmqError, Mqrt>
}

const passed = (message: string, value?: number): Found => ({
  healthy: true,
  message,
  ...(value === undefined ? {} : { value })
})

const failed = (message: string, value?: number): Found => ({ ...passed(message, value), healthy: false })

/** Finds out whether the service runs. A user who may not ask whether it is online is told that it runs. */
const service = (operation: Operation): Effect.Effect<Found, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) => Effect.mapError(mqrt.getPrivateComputerInformation(null), operation.lift())).pipe(
    Effect.andThen(
      infoOf(operation, undefined).pipe(
        Effect.map(({ connected }) => connected),
        Effect.catchReason("MsmqError", "AccessDenied", () => Effect.succeed(true))
      )
    ),
    Effect.map((connected) =>
      connected
        ? passed("Message Queuing runs")
        : failed(
            "Message Queuing is offline: it exchanges no messages with other machines until QueueManager.connect brings it online"
          )
    )
  )

const word = (transactional: boolean): string => (transactional ? "transactional" : "not transactional")

/** Finds out whether a queue exists and has its kind; of a journal or subqueue, the queue that it is a part of (behaviour B-31). */
const existence = (
  operation: Operation,
  queue: QueueName,
  expected: boolean | undefined
): Effect.Effect<Found, MsmqError, Mqrt> =>
  Effect.flatMap(formatNameOf(operation, queue), (formatName) => {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    const whole = wholeOf(name, formatName)
    const subject = whole === formatName ? "the queue" : "its queue"
    const exists = ({ transactional }: { readonly transactional: boolean }): Found =>
      expected === undefined || expected === transactional
        ? passed(`${subject} exists, and is ${word(transactional)}`)
        : failed(
            `${subject} is ${word(transactional)}, and must be ${word(expected)}: messages of the other kind are dropped. ` +
              "Delete it and create it anew, or correct the program"
          )
    // Message Queuing has its own queues always, and no properties of them.
    if (name !== undefined && "systemQueue" in name) {
      return Effect.succeed(exists({ transactional: name.systemQueue === "deadxact" }))
    }
    if (name !== undefined && !FormatName.supports(name, "receive")) {
      return Effect.succeed(
        passed("messages can only be sent by this name, so that it is not known here whether a queue exists")
      )
    }
    return Mqrt.use((mqrt) => mqrt.getQueueProperties(whole)).pipe(
      Effect.mapError(operation.lift({ queue: nameOf(queue) })),
      Effect.map(exists),
      Effect.catchReason("MsmqError", "UnsupportedFormatnameOperation", () =>
        Effect.succeed(passed(`${subject} is on another machine, so that it is not known here whether it exists`))
      ),
      Effect.catchReason("MsmqError", "AccessDenied", (_, error) =>
        expected === undefined
          ? Effect.succeed(passed(`${subject} exists, and this user may not read its properties`))
          : Effect.fail(error)
      )
    )
  })

/** Counts the messages of a queue; of one that can only be read, such as a subqueue, no more than one above the limit. */
const depth = (operation: Operation, queue: QueueName, limit: number): Effect.Effect<Found, MsmqError, Mqrt> =>
  Effect.gen(function* () {
    const name = FormatName.parse(yield* formatNameOf(operation, queue))
    const isCounted = Result.isFailure(name) || FormatName.supports(name.success, "send")
    const count = yield* isCounted
      ? messageCountOf(operation, queue, undefined)
      : peekedCountOf(operation, queue, limit + 1)
    if (count <= limit) return passed(`the queue has ${countOf(count, "message")}, and may have ${limit}`, count)
    const found = isCounted
      ? `${countOf(count, "message")}, more than ${limit}`
      : `more than ${countOf(limit, "message")}`
    return failed(`the queue has ${found}: see that its consumers run and keep up`, count)
  })

/** Opens a queue to look at its messages, with as few of their properties as possible. The scope closes it. */
const openToPeek = (
  operation: Operation,
  queue: QueueName
): Effect.Effect<Reader<Uint8Array>, MsmqError, Mqrt | Scope.Scope> =>
  Effect.map(openQueue(queue, operation, "peek", "denyNone"), ({ handle, mqrt }) => {
    const how = { kind: { transactional: undefined }, exclusive: false, reopens: true }
    return new Reader({ mqrt, handle, queue: nameOf(queue), ...how, codec: undefined, read: leastRead })
  })

const age = (operation: Operation, queue: QueueName, limit: number): Effect.Effect<Found, MsmqError, Mqrt> =>
  Effect.gen(function* () {
    const reader = yield* openToPeek(operation, queue)
    const peek = reader.take({ operation, action: "peekCurrent", timeout: 0, cursor: null })
    const first = yield* optional(peek, "IoTimeout")
    if (Option.isNone(first)) return passed("the queue is empty", 0)
    const milliseconds = Math.max((yield* Clock.currentTimeMillis) - first.value.arrivedTime.getTime(), 0)
    const text = (length: number) => Duration.format(Duration.millis(length))
    return milliseconds <= limit
      ? passed(`the first message arrived ${text(milliseconds)} ago, and may be ${text(limit)} old`, milliseconds)
      : failed(
          `the first message arrived ${text(milliseconds)} ago, more than ${text(limit)}: see that its consumers run and keep up`,
          milliseconds
        )
  }).pipe(Effect.scoped)

/** Dead-letter queues of a machine, by their path names, and the messages that they have. */
const deadLetterQueues: ReadonlyArray<readonly [string, string]> = [
  [".\\system$;deadletter", "messages that were sent outside of transactions"],
  [".\\system$;deadxact", "transactional messages"]
]

/**
 * Counts the messages in a queue by peeking at them, up to a number: of a subqueue Message Queuing has no count (behaviour B-34), and it
 * is not documented that it has one of a journal or a dead-letter queue by its name.
 */
const peekedCountOf = (
  operation: Operation,
  queue: QueueName,
  maximum: number
): Effect.Effect<number, MsmqError, Mqrt> =>
  Effect.flatMap(openToPeek(operation, queue), (reader) => lookupIdsIn(operation, reader, maximum)).pipe(
    Effect.scoped,
    Effect.map(({ length }) => length)
  )

/** Counts the messages in a dead-letter queue, up to one more than is allowed. */
const deadLetters = (
  operation: Operation,
  queue: string,
  kind: string,
  limit: number
): Effect.Effect<Found, MsmqError, Mqrt> =>
  Effect.map(peekedCountOf(operation, queue, limit + 1), (count) =>
    count <= limit
      ? passed(`there are ${countOf(count, "dead letter")} of ${kind}, and may be ${limit}`, count)
      : failed(
          `there are more than ${countOf(limit, "dead letter")} of ${kind}: their class says why they failed; ` +
            "MessageQueue.redrive sends them again",
          count
        )
  )

/** Returns the result of a check that could not be made. */
const failure = (cause: Cause.Cause<MsmqError>): Found & { readonly error?: MsmqError } => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  return error === undefined ? failed(thrownText(Cause.squash(cause))) : { ...failed(error.message), error }
}

/**
 * Makes a check within a time. A call that does not answer is not waited for: it goes on by itself, and its result is not used.
 */
const make = ({ find, limit, name, queue }: Making, timeout: Duration.Duration): Effect.Effect<Check, never, Mqrt> =>
  Effect.flatMap(Effect.forkDetach(find, { startImmediately: true }), (fiber) => {
    const abandon = Effect.sync(() => fiber.interruptUnsafe())
    const late = failed(`no answer came within ${Duration.format(timeout)}`)
    const answer = Effect.map(Fiber.await(fiber), (exit): Found & { readonly error?: MsmqError } =>
      Exit.isSuccess(exit) ? exit.value : failure(exit.cause)
    )
    return Effect.raceFirst(answer, Effect.as(Effect.sleep(timeout), late)).pipe(
      Effect.ensuring(abandon),
      Effect.map(({ healthy, message, ...found }) => ({
        name,
        queue,
        healthy,
        message,
        value: found.value,
        limit,
        error: "error" in found ? found.error : undefined
      }))
    )
  })

/** Returns the checks of a queue: those that its own limits, or those of the options, ask for. */
const queueChecks = (
  operation: Operation,
  { queue, transactional, ...own }: QueueCheck,
  options: CheckOptions
): ReadonlyArray<Making> => {
  const name = nameOf(queue)
  const maximumDepth = own.maximumDepth ?? options.maximumDepth
  const given = own.maximumAge ?? options.maximumAge
  const maximumAge = given === undefined ? undefined : Duration.toMillis(given)
  return [
    { name: "queue", queue: name, find: existence(operation, queue, transactional) },
    ...(maximumDepth === undefined
      ? []
      : [{ name: "depth", queue: name, limit: maximumDepth, find: depth(operation, queue, maximumDepth) } as const]),
    ...(maximumAge === undefined
      ? []
      : [{ name: "age", queue: name, limit: maximumAge, find: age(operation, queue, maximumAge) } as const])
  ]
}

/** Makes all checks at once. */
export const checksOf = (
  operation: Operation,
  queues: ReadonlyArray<QueueCheck>,
  options: CheckOptions
): Effect.Effect<ReadonlyArray<Check>, never, Mqrt> => {
  const { maximumDeadLetters, timeout = "5 seconds" } = options
  const makings: ReadonlyArray<Making> = [
    { name: "service", find: service(operation) },
    ...queues.flatMap((queue) => queueChecks(operation, queue, options)),
    ...(maximumDeadLetters === undefined
      ? []
      : deadLetterQueues.map(([queue, kind]): Making => ({
          name: "deadLetters",
          queue,
          limit: maximumDeadLetters,
          find: deadLetters(operation, queue, kind, maximumDeadLetters)
        })))
  ]
  const within = Duration.fromInputUnsafe(timeout)
  return Effect.forEach(makings, (making) => make(making, within), { concurrency: "unbounded" })
}
