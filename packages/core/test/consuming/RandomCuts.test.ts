/** Consumers that are cut short at random moments, one after the other, until one of them is left alone. */
import type { Consumer } from "@effect-msmq/core"
import { MessageQueue } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References, Schedule, Scheduler } from "effect"
import { invoices, labelsIn, orders, poison, type Queues, queues, send } from "../support/consuming.ts"
import { numbers, Yielding } from "../support/schedulers.ts"

const backend = HandleLedger.layer(InMemoryMqrt.layer).pipe(
  Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
)

interface Mode extends Queues {
  /** `true` parks the messages that fail. */
  readonly parks?: boolean
  /** `true` handles the messages in batches. */
  readonly batches?: boolean
}

const modes: Readonly<Record<string, Mode>> = {
  "in transactions": {},
  "in transactions, parked between attempts": { parks: true },
  "peek, then remove": { transactional: false, shareMode: "denyReceive" },
  "peek, then remove, parked between attempts": { transactional: false, shareMode: "denyReceive", parks: true },
  "in transactions, in batches": { batches: true },
  "peek, then remove, in batches": { transactional: false, shareMode: "denyReceive", batches: true },
  "receive, then handle": { transactional: false, poisonTransactional: false }
}

/**
 * Schedulers by name, and the most turns after which a consumer is cut short, of single messages and of batches, which take a turn
 * more for each of their halves.
 */
const schedulers: ReadonlyArray<
  readonly [string, (seed: number) => Scheduler.Scheduler, turns: number, turnsOfBatches: number]
> = [
  ["the usual scheduler", () => new Scheduler.MixedScheduler("async"), 15, 90],
  ["a scheduler that yields at random", (seed) => new Yielding(seed), 2500, 2500]
]

/** Messages of one run: some are handled at once, some in the second attempt, and some never. */
const sent = ["0", "1 later", "2", "3 never", "4", "5 later", "6", "7 never", "8"]

/** Ways to learn which messages were handled. */
const witnesses = {
  /** The handler itself. It is never interrupted, and nobody listens to the events. */
  "the handler": "1 hour",
  /** The events. Running handlers are interrupted at once. */
  "the events": 0
} as const

type Witness = keyof typeof witnesses

interface Places {
  readonly handled: ReadonlyArray<string>
  readonly moved: ReadonlyArray<string>
  readonly left: ReadonlyArray<string>
}

/** Returns the labels of the messages in a subqueue; none where it does not exist. */
const labelsOr = (queue: string) =>
  labelsIn(queue).pipe(Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed([])))

/** Runs three consumers that are cut short after random numbers of turns, and returns where the messages are. */
const cutShort = Effect.fnUntraced(function* (
  { batches = false, parks = false, ...mode }: Mode,
  scheduler: Scheduler.Scheduler,
  witness: Witness,
  most: number,
  seed: number
): Effect.fn.Return<Places, unknown, Effect.Services<ReturnType<typeof queues>>> {
  const next = numbers(seed)
  const receiver = yield* queues(mode)
  yield* send(orders, ...sent)
  const invoice = yield* MessageQueue.openSender(invoices)
  const seen: Array<string> = []
  const tried = new Set<string>()
  const isTransactional = mode.transactional !== false
  const handle = ({ label }: { readonly label: string }) =>
    Effect.gen(function* () {
      if (isTransactional) yield* invoice.send({ label })
      yield* Effect.yieldNow
      if (label.endsWith("never") || (label.endsWith("later") && !tried.has(label))) {
        tried.add(label)
        return yield* Effect.fail("broken")
      }
      if (witness === "the handler" && !batches) seen.push(label)
    })
  const handleAll = (messages: ReadonlyArray<{ readonly label: string }>) =>
    Effect.andThen(
      Effect.forEach(messages, handle),
      Effect.sync(() => {
        if (witness === "the handler") seen.push(...messages.map(({ label }) => label))
      })
    )
  const onEvent = (event: Consumer.ConsumeEvent) =>
    Effect.sync(() => {
      if (event._tag === "Handled") seen.push(event.message.label)
    })
  for (let cut = 0; cut < 3; cut++) {
    const policy = {
      concurrency: next() < 0.5 ? 1 : 3,
      retry: Schedule.recurs(2),
      poison: { queue: poison },
      shutdownTimeout: witnesses[witness],
      ...(parks ? { park: { subqueue: "retry" } } : {}),
      ...(witness === "the events" ? { onEvent } : {})
    }
    const consume = batches
      ? receiver.consumeBatches(handleAll, { ...policy, size: 4 })
      : receiver.consume(handle, policy)
    const consumer = yield* Effect.forkChild(Effect.provideService(consume, Scheduler.Scheduler, scheduler), {
      startImmediately: next() < 0.5
    })
    const turns = Math.floor(next() ** 2 * most)
    for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
    yield* Fiber.interrupt(consumer)
  }
  return {
    handled: isTransactional ? yield* labelsIn(invoices) : seen,
    moved: yield* labelsIn(poison),
    left: [...(yield* labelsIn(orders)), ...(parks ? yield* labelsOr(`${orders};retry`) : [])]
  }
})

for (const [schedulerName, make, most, mostOfBatches] of schedulers) {
  describe.each(Object.entries(modes))(`cut short at random under ${schedulerName}: %s`, (_, mode) => {
    it.live.each(["the handler", "the events"] as const)(
      "each message is handled, moved or left, and in one place only, as seen by %s",
      (witness) =>
        Effect.gen(function* () {
          const counts = { handled: 0, moved: 0, left: 0 }
          for (let seed = 0; seed < (mode.parks === true || mode.batches === true ? 20 : 40); seed++) {
            const places = yield* cutShort(
              mode,
              make(seed),
              witness,
              mode.batches === true ? mostOfBatches : most,
              seed
            ).pipe(Effect.scoped, Effect.tap(HandleLedger.expectNoLeaks), Effect.provide(backend, { local: true }))
            const found = [...places.handled, ...places.moved, ...places.left]
            assert.deepStrictEqual(found.toSorted(), sent, JSON.stringify({ seed, ...places }))
            for (const place of ["handled", "moved", "left"] as const) counts[place] += places[place].length
          }
          for (const count of Object.values(counts)) assert.isAbove(count, 0, JSON.stringify(counts))
        })
    )
  })
}
