/** Figures of `consume`: an empty handler in each of the three modes, beside the calls that it makes. */
import { type Consumer, MessageQueue, type Receiver } from "@effect-msmq/core"
import { Deferred, Effect, Fiber } from "effect"
import * as Seam from "../floors/seam.ts"
import { peeksAndRemoves, receives, receivesInTransactions, type SeamLoop } from "../floors/seamLoops.ts"
import { type Backend, backends, type Opened } from "../harness/backends.ts"
import { ratio, type Ways } from "../harness/comparison.ts"
import type { Plan, Room } from "../harness/Room.ts"
import type { Way } from "../harness/rounds.ts"
import { outgoing, queueToFill } from "./queueToFill.ts"

const orders = ".\\private$\\orders"
/** Queue that the other way reads, as nobody else may receive from the first one. */
const others = ".\\private$\\others"
const poison = ".\\private$\\poison"

/** Number of messages that are consumed in a run. */
const batch = 500
const messages = outgoing(batch)

/** Mode of a consumer, by the kind of its queue and the share mode that it is opened with. */
interface Mode {
  readonly transactional: boolean
  readonly shareMode: "denyNone" | "denyReceive"
  readonly policy: Consumer.ConsumePolicy<never>
  /** Calls that the consumer makes. */
  readonly calls: SeamLoop
}

const modes: Readonly<Record<string, Mode>> = {
  "in transactions": { transactional: true, shareMode: "denyNone", policy: {}, calls: receivesInTransactions },
  "peek, then remove": { transactional: false, shareMode: "denyReceive", policy: {}, calls: peeksAndRemoves },
  "receive, then handle": {
    transactional: false,
    shareMode: "denyNone",
    // A message that was received and cannot be handled must have a place to go to.
    policy: { poison: { queue: poison } },
    calls: receives
  }
}

/**
 * Returns the way of a consumer. It begins before the run, with the first message in its handler, and ends after it: a run is
 * as long as the messages take.
 */
const consumer = (
  { run }: Opened<unknown>,
  receiver: Receiver.Receiver,
  policy: Mode["policy"],
  fill: () => Promise<void>
): Way => {
  let [began, released, ended] = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
  let left = 0
  let fiber: Fiber.Fiber<unknown, unknown> | undefined
  const handle = (): Effect.Effect<unknown> => {
    left--
    if (left === batch - 1) return Effect.andThen(Deferred.succeed(began, undefined), Deferred.await(released))
    return left === 0 ? Deferred.succeed(ended, undefined) : Effect.void
  }
  return {
    prepare: async () => {
      await fill()
      ;[began, released, ended] = [Deferred.makeUnsafe(), Deferred.makeUnsafe(), Deferred.makeUnsafe()]
      left = batch
      fiber = Effect.runFork(receiver.consume(handle, policy))
      await run(Effect.raceFirst(Deferred.await(began), Fiber.join(fiber)))
    },
    run: () => run(Effect.andThen(Deferred.succeed(released, undefined), Deferred.await(ended))),
    tidy: async () => {
      if (fiber !== undefined) await run(Fiber.interrupt(fiber))
    },
    operations: batch
  }
}

/** Compares a consumer with its calls at the seam. */
const withSeam = (backend: Backend, { calls, policy, shareMode, transactional }: Mode) =>
  Effect.gen(function* () {
    const opened = yield* backend.open
    const { mqrt, provide, run } = opened
    yield* provide(MessageQueue.create(poison))
    const ours = yield* queueToFill(opened, orders, messages, { transactional })
    const theirs = yield* queueToFill(opened, others, messages, { transactional })
    const receiver = yield* provide(MessageQueue.openReceiver(orders, { shareMode }))
    const atSeam = calls(mqrt, yield* Seam.openQueue(mqrt, theirs.formatName, "receive"), batch)
    const ways: Ways = {
      way: consumer(opened, receiver, policy, ours.fill),
      floor: { prepare: theirs.fill, run: async () => void (await run(atSeam)), operations: batch }
    }
    return ways
  })

/** Room of consuming. */
export const consuming: Room = {
  name: "consuming",
  plans: Object.entries(modes).flatMap(([name, mode]): ReadonlyArray<Plan> =>
    backends.map((backend) =>
      ratio({
        name: `consume, ${name}, ${backend.name}`,
        against: "its calls at the seam",
        ways: withSeam(backend, mode)
      })
    )
  )
}
