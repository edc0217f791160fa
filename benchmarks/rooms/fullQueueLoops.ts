/** Loops of the SDK over a full queue, in both faces. */
import { MessageQueue, type Mqrt, type Receiver } from "@effect-msmq/core"
import { Deferred, Effect, type Scope } from "effect"
import * as PromiseLoops from "../../packages/core/test/support/promiseLoops.ts"
import * as EffectLoops from "../../packages/testing/src/contract/loops.ts"
import type { Opened } from "../harness/backends.ts"
import { connection } from "../harness/connection.ts"
import type { Double } from "../harness/Double.ts"

/** Opens a queue, and returns a loop that reads so many messages of it. */
export type OpenLoop = (
  opened: Opened<Double | undefined>,
  queue: string,
  count: number
) => Effect.Effect<() => Promise<unknown>, unknown, Mqrt.Mqrt | Scope.Scope>

/** Runs a loop of the Effect face until it has handled so many messages. */
const untilHandled = (loop: EffectLoops.Loop, receiver: Receiver.Receiver, count: number) =>
  Effect.suspend(() => {
    const end = Deferred.makeUnsafe<void>()
    let left = count
    const handle = Effect.suspend(() => (--left === 0 ? Effect.asVoid(Deferred.succeed(end, undefined)) : Effect.void))
    return Effect.raceFirst(loop(receiver, handle), Deferred.await(end))
  })

const inEffect =
  (loop: EffectLoops.Loop): OpenLoop =>
  ({ run }, queue, count) =>
    Effect.map(MessageQueue.openReceiver(queue, { shareMode: "denyReceive" }), (receiver) => {
      const all = untilHandled(loop, receiver, count)
      return () => run(all)
    })

const inPromises =
  (loop: PromiseLoops.Loop): OpenLoop =>
  (opened, queue, count) =>
    Effect.gen(function* () {
      const msmq = yield* connection(opened)
      const receiver = yield* Effect.promise(() => msmq.openReceiver(queue, { shareMode: "denyReceive" }))
      return () => loop(receiver, count, () => {})
    })

/** All loops: `name` is that of the function that reads. */
export const fullQueueLoops: ReadonlyArray<{
  readonly name: string
  readonly face: "Effect" | "promises"
  readonly open: OpenLoop
}> = [
  ...Object.entries(EffectLoops.reading).map(
    ([name, loop]) => ({ name, face: "Effect", open: inEffect(loop) }) as const
  ),
  ...Object.entries(PromiseLoops.reading).map(
    ([name, loop]) => ({ name, face: "promises", open: inPromises(loop) }) as const
  )
]
