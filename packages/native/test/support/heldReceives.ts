/** Receives from a queue whose name does not tell that it is on this computer, while their calls are held. */
import { MessageQueue } from "@effect-msmq/core"
import type { MsmqError, Receiver } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { control, files } from "../theDouble.ts"

/** Name of the queue that does not tell that it is on this computer. */
export const elsewhere = "DIRECT=OS:DOUBLE\\private$\\orders"

export const orders = ".\\private$\\orders"

export const layer = NativeMqrt.layerWith(files)

export const setup = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  return {
    sender: yield* MessageQueue.openSender(orders),
    receiver: yield* MessageQueue.openReceiver(elsewhere)
  }
})

const functions = ["MQReceiveMessage", "MQReceiveMessageByLookupId"] as const

export const setDelay = (milliseconds: number): void => {
  for (const name of functions) control.setDelay(name, milliseconds)
}

/** Holds the calls that begin from now on, until {@link endCalls}. None may be made on the main thread meanwhile. */
export const holdCalls = (): void => {
  for (const name of functions) control.hold(name)
}

export const endCalls = (): void => {
  for (const name of functions) control.letGo(name)
}

export const calls = (): number => functions.reduce((sum, name) => sum + control.callCount(name), 0)

/** Runs something and waits until it has begun another call, which then runs until {@link endCalls}. */
export const whileCalling = <A, E>(run: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>> =>
  Effect.gen(function* () {
    const before = calls()
    holdCalls()
    const fiber = yield* Effect.forkDetach(run, { startImmediately: true })
    while (calls() === before) yield* Effect.sleep(1)
    return fiber
  })

export const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `${from + index}` }))

export const labelOf = (found: Option.Option<{ readonly label: string }>): string | undefined =>
  Option.getOrUndefined(found)?.label

/** Takes the labels of all messages that are left. */
export const takeAll = (receiver: Receiver.Receiver): Effect.Effect<ReadonlyArray<string>, MsmqError.MsmqError> =>
  Effect.gen(function* () {
    const labels: Array<string> = []
    for (;;) {
      const label = labelOf(yield* receiver.poll)
      if (label === undefined) return labels
      labels.push(label)
    }
  })
