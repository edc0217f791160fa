import { connect, type Receiver as PromiseReceiver } from "@effect-msmq/core/promises"
import type { MsmqError, Receiver } from "@effect-msmq/core"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { setTimeout as sleep } from "node:timers/promises"
import { inTurn } from "../../core/test/programs/inTurn.ts"
import { control, missing } from "./theDouble.ts"
import { elsewhere, layer, numbered, orders, setDelay, setup, takeAll } from "./support/heldReceives.ts"

/** Numbers from 0 to 1, the same each time for a seed. */
const randomOf = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state / 0x7fff_ffff
  }
}

type Tell = (label: string) => void

type Loop<A> = (receiver: A, tell: Tell) => Effect.Effect<unknown, MsmqError.MsmqError>

const telling =
  (
    find: (receiver: Receiver.Receiver) => Effect.Effect<Option.Option<{ readonly label: string }>, MsmqError.MsmqError>
  ) =>
  (receiver: Receiver.Receiver, tell: Tell) =>
    Effect.forever(
      Effect.tap(find(receiver), (found) => Effect.sync(() => Option.isSome(found) && tell(found.value.label)))
    )

/** Loops that take the messages of a queue, and tell of each. */
const loops: Readonly<Record<string, Loop<Receiver.Receiver>>> = {
  receive: telling((receiver) => Effect.asSome(receiver.receive)),
  receiveWithin: telling((receiver) => receiver.receiveWithin("2 millis")),
  poll: telling((receiver) => receiver.poll),
  lookup: telling((receiver) => receiver.lookup("receiveFirst")),
  messages: (receiver, tell) => Stream.runForEach(receiver.messages, ({ label }) => Effect.sync(() => tell(label))),
  cursor: (receiver, tell) =>
    Effect.scoped(
      Effect.flatMap(receiver.cursor, (cursor) =>
        telling(() => Effect.andThen(cursor.nextWithin("2 millis"), cursor.receive))(receiver, tell)
      )
    )
}

/** The same in promises, until a signal aborts. */
const promiseLoops: Readonly<
  Record<string, (receiver: PromiseReceiver, tell: Tell, signal: AbortSignal) => Promise<unknown>>
> = {
  receive: (receiver, tell, signal) => repeat(signal, async () => tell((await receiver.receive({ signal })).label)),
  receiveWithin: (receiver, tell, signal) =>
    repeat(signal, async () => {
      const message = await receiver.receiveWithin(2, { signal })
      if (message !== undefined) tell(message.label)
    }),
  poll: (receiver, tell, signal) =>
    repeat(signal, async () => {
      const message = await receiver.poll({ signal })
      if (message !== undefined) tell(message.label)
    }),
  lookup: (receiver, tell, signal) =>
    repeat(signal, async () => {
      const message = await receiver.lookup("receiveFirst", 0n, { signal })
      if (message !== undefined) tell(message.label)
    }),
  "for await": async (receiver, tell, signal) => {
    const messages = receiver[Symbol.asyncIterator]()
    signal.addEventListener("abort", () => void messages.return?.())
    for await (const { label } of { [Symbol.asyncIterator]: () => messages }) tell(label)
  }
}

/** Does something again and again until a signal aborts it. */
const repeat = async (signal: AbortSignal, step: () => Promise<void>): Promise<void> => {
  if (signal.aborted) return
  try {
    await step()
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return repeat(signal, step)
}

describe.skipIf(missing !== null)("receives whose calls run off the main thread", () => {
  beforeEach(() => control.reset())

  // A call on the main thread that ought to be held is one.
  afterEach(() => assert.deepStrictEqual(control.ledger().violations, []))

  it.live.each(Object.entries(loops))(
    "a %s loop loses nothing and keeps the order, wherever it is interrupted",
    ([, loop]) =>
      Effect.gen(function* () {
        const seed = Date.now() & 0xffff
        const random = randomOf(seed)
        const { receiver, sender } = yield* setup
        const taken: Array<string> = []
        let sent = 0
        setDelay(2)
        for (let cut = 0; cut < 60; cut++) {
          const messages = numbered(sent, Math.floor(random() * 4))
          sent += messages.length
          yield* sender.sendAll(messages)
          const fiber = yield* Effect.forkChild(loop(receiver, (label) => void taken.push(label)))
          yield* Effect.sleep(random() * 12)
          yield* Fiber.interrupt(fiber)
        }
        setDelay(0)
        taken.push(...(yield* takeAll(receiver)))
        assert.deepStrictEqual(
          taken,
          numbered(0, sent).map(({ label }) => label),
          `seed ${seed}`
        )
        assert.deepStrictEqual(control.ledger().violations, [])
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.each(Object.entries(promiseLoops))(
    "a %s loop in promises loses nothing and keeps the order, wherever it is aborted",
    async (_, loop) => {
      const seed = Date.now() & 0xffff
      const random = randomOf(seed)
      const msmq = await connect(layer)
      await msmq.createQueue(orders)
      const sender = await msmq.openSender(orders)
      const receiver = await msmq.openReceiver(elsewhere)
      const taken: Array<string> = []
      let sent = 0
      setDelay(2)
      await inTurn(Array.from({ length: 60 }), async () => {
        const messages = numbered(sent, Math.floor(random() * 4))
        sent += messages.length
        await sender.sendAll(messages)
        const controller = new AbortController()
        const ended = loop(receiver, (label) => void taken.push(label), controller.signal)
        await sleep(random() * 12)
        controller.abort()
        await ended
      })
      setDelay(0)
      const drain = async (): Promise<void> => {
        const message = await receiver.poll()
        if (message === undefined) return
        taken.push(message.label)
        return drain()
      }
      await drain()
      assert.deepStrictEqual(
        taken,
        numbered(0, sent).map(({ label }) => label),
        `seed ${seed}`
      )
      await msmq.close()
      assert.deepStrictEqual(control.ledger().violations, [])
    }
  )
})
