/**
 * Receives from a queue whose calls do not end before the event loop has gone on: `node slowReceives.ts LIBRARY NAME`. A call
 * on the main thread would keep it for ever. Prints what each way to receive came to, and what the double has against it.
 *
 * `NAME`: a format name of the queue `.\private$\orders`. Where it is known to be on this computer, the queue is made to prove
 * slow first.
 */
import { MessageQueue } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import type { Receiver } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect, Option, Stream } from "effect"
import koffi from "koffi"
import { inTurn } from "../../../core/test/programs/inTurn.ts"
import { doubleLedger } from "../support/doubleLedger.ts"

const [library = "", name = ""] = process.argv.slice(2)
const layer = NativeMqrt.layerWith({ library })
const orders = ".\\private$\\orders"
const functions = ["MQReceiveMessage", "MQReceiveMessageByLookupId"] as const

const double = koffi.load(library)
const setDelay = double.func("int Double_SetDelay(const char *function, double milliseconds)")
const hold = double.func("int Double_Hold(const char *function)")
const endDelays = double.func("int Double_EndDelays(const char *function)")
const callCount = double.func("uint32_t Double_CallCount(const char *function)")

const delay = (milliseconds: number): void => {
  for (const function_ of functions) setDelay(function_, milliseconds)
}

const calls = (): number => functions.reduce((sum, function_) => sum + Number(callCount(function_)), 0)

/** Milliseconds that each call takes at least: longer than one may take that is to be tried on the main thread. */
const shortest = 10

/** Runs something during which no call ends before a timer has fired on the main thread since it began. */
const whileHeld = async <A>(run: () => Promise<A>): Promise<A> => {
  let before = calls()
  for (const function_ of functions) hold(function_)
  const timer = setInterval(() => {
    const now = calls()
    // Those that had begun by the time before.
    if (now === before) for (const function_ of functions) endDelays(function_)
    before = now
  }, shortest)
  try {
    return await run()
  } finally {
    clearInterval(timer)
    delay(0)
  }
}

const labelOf = (message: { readonly label: string } | undefined): string => message?.label ?? "nothing"

/** The ways to receive in effects, each from a queue with messages `a`, `b` and `c`. */
const effects: Readonly<Record<string, (receiver: Receiver.Receiver) => Effect.Effect<string, unknown>>> = {
  receive: (receiver) => Effect.map(receiver.receive, labelOf),
  receiveWithin: (receiver) =>
    Effect.map(receiver.receiveWithin("1 hour"), (found) => labelOf(Option.getOrUndefined(found))),
  poll: (receiver) => Effect.map(receiver.poll, (found) => labelOf(Option.getOrUndefined(found))),
  peek: (receiver) => Effect.map(receiver.peek, labelOf),
  peekWithin: (receiver) => Effect.map(receiver.peekWithin("1 hour"), (found) => labelOf(Option.getOrUndefined(found))),
  pollPeek: (receiver) => Effect.map(receiver.pollPeek, (found) => labelOf(Option.getOrUndefined(found))),
  messages: (receiver) =>
    Effect.map(Stream.runCollect(Stream.take(receiver.messages, 2)), (all) => all.map(labelOf).join(" ")),
  browse: (receiver) => Effect.map(Stream.runCollect(receiver.browse), (all) => all.map(labelOf).join(" ")),
  lookup: (receiver) =>
    Effect.gen(function* () {
      const first = yield* receiver.lookup("peekFirst")
      const second = yield* receiver.lookup("peekNext", Option.getOrThrow(first).lookupId)
      const taken = yield* receiver.lookup("receiveCurrent", Option.getOrThrow(second).lookupId)
      return [first, second, taken].map((found) => labelOf(Option.getOrUndefined(found))).join(" ")
    }),
  cursor: (receiver) =>
    Effect.scoped(
      Effect.gen(function* () {
        const cursor = yield* receiver.cursor
        yield* cursor.next
        const second = yield* cursor.nextWithin("1 hour")
        const current = yield* cursor.current
        const taken = yield* cursor.receive
        const third = yield* cursor.next
        const end = yield* cursor.next
        return [second, current, taken, third, end].map((found) => labelOf(Option.getOrUndefined(found))).join(" ")
      })
    )
}

/** The same in promises. */
const promises = (
  receiver: Awaited<ReturnType<Connection["openReceiver"]>>
): Readonly<Record<string, () => Promise<string>>> => ({
  receive: async () => labelOf(await receiver.receive()),
  receiveWithin: async () => labelOf(await receiver.receiveWithin("1 hour")),
  poll: async () => labelOf(await receiver.poll()),
  peek: async () => labelOf(await receiver.peek()),
  pollPeek: async () => labelOf(await receiver.pollPeek()),
  "for await": async () => {
    for await (const message of receiver) return labelOf(message)
    return "nothing"
  },
  lookup: async () => labelOf(await receiver.lookup("receiveFirst", 0n))
})

const program = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders)
  const fill = Effect.gen(function* () {
    yield* MessageQueue.purge(orders)
    yield* sender.sendAll([{ label: "a" }, { label: "b" }, { label: "c" }])
  })
  const receiver = yield* MessageQueue.openReceiver(name)
  if (name.toLowerCase().startsWith("direct=os:.")) {
    delay(5)
    yield* receiver.poll
    yield* receiver.lookup("peekFirst")
    delay(0)
  }
  for (const [way, run] of Object.entries(effects)) {
    yield* fill
    console.log(`${way}: ${yield* Effect.promise(() => whileHeld(() => Effect.runPromise(run(receiver))))}`)
  }
  // Waits: the peek that waits begins off the main thread, too.
  const waits = { receive: receiver.receive, peek: receiver.peek }
  for (const [way, wait] of Object.entries(waits)) {
    yield* MessageQueue.purge(orders)
    const label = yield* Effect.promise(() =>
      whileHeld(async () => {
        const waiting = Effect.runPromise(Effect.map(wait, labelOf))
        setTimeout(() => void Effect.runPromise(sender.send({ label: "late" })), 100)
        return waiting
      })
    )
    console.log(`${way} waits: ${label}`)
  }
  const msmq = yield* Effect.promise(() => connect(layer))
  const other = yield* Effect.promise(() => msmq.openReceiver(name))
  yield* Effect.promise(() =>
    inTurn(Object.entries(promises(other)), async ([way, run]) => {
      await Effect.runPromise(Effect.scoped(fill).pipe(Effect.provide(layer)))
      console.log(`promises, ${way}: ${await whileHeld(run)}`)
    })
  )
  yield* Effect.promise(() => msmq.close())
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))
doubleLedger(library).assertClean()
console.log("clean")
