/** Figures of security contexts: one that is kept for all messages beside one for each message. */
import {
  MessageQueue,
  type Mqrt,
  type MsmqError,
  SecurityContext,
  SecurityContexts,
  type Sender
} from "@effect-msmq/core"
import { Context, Effect, Layer, type Scope } from "effect"
import * as Seam from "../floors/seam.ts"
import { native } from "../harness/backends.ts"
import { speedUp, type Ways } from "../harness/comparison.ts"
import type { Plan, Room } from "../harness/Room.ts"
import { body } from "./queueToFill.ts"

const orders = ".\\private$\\orders"

/** Number of messages of a run. */
const many = 200
const message = { body, label: "order", priority: 4 }

const sendWith = (sender: Sender.Sender) => (securityContext: SecurityContext.SecurityContext) =>
  sender.send(message, { securityContext })

type Sends = Effect.Effect<void, MsmqError.MsmqError, Mqrt.Mqrt>

/** Acquires what many sends share, and returns the sends. */
type OpenSends = (sender: Sender.Sender) => Effect.Effect<Sends, MsmqError.MsmqError, Mqrt.Mqrt | Scope.Scope>

/** Ways to have a context for each of many sends. */
const ways = {
  "one context": (sender) =>
    Effect.map(SecurityContext.acquire(), (context) => Seam.times(many, sendWith(sender)(context))),
  SecurityContexts: (sender) =>
    Effect.map(Layer.build(SecurityContexts.layer()), (services) => {
      const { get } = Context.get(services, SecurityContexts.SecurityContexts)
      return Seam.times(many, Effect.scoped(Effect.flatMap(get(), sendWith(sender))))
    }),
  "one each": (sender) =>
    Effect.succeed(Seam.times(many, Effect.scoped(Effect.flatMap(SecurityContext.acquire(), sendWith(sender)))))
} satisfies Record<string, OpenSends>

const open = Effect.gen(function* () {
  const opened = yield* native.open
  yield* opened.provide(MessageQueue.create(orders))
  const sender = yield* opened.provide(MessageQueue.openSender(orders))
  opened.double.setDiscard(true)
  return { ...opened, sender }
})

/** Compares a kept context with one for each message. */
const timesAsFast = (name: keyof typeof ways): Plan =>
  speedUp({
    name: `send, ${name}, times as fast`,
    against: "a context for each message",
    ways: Effect.gen(function* () {
      const { provide, run, sender } = yield* open
      const [kept, each] = [yield* provide(ways[name](sender)), yield* provide(ways["one each"](sender))]
      const compared: Ways = {
        way: { run: () => run(kept), operations: many },
        floor: { run: () => run(each), operations: many }
      }
      return compared
    })
  })

/** Counts the contexts that the double was asked for. */
const contextsGot = (name: keyof typeof ways): Plan => ({
  name: `contexts for ${many} messages, ${name}`,
  against: "",
  unit: "count",
  clock: "none",
  measure: () =>
    Effect.gen(function* () {
      const { double, provide, sender } = yield* open
      const before = double.callCount("MQGetSecurityContextEx")
      yield* provide(Effect.flatten(ways[name](sender)))
      return { values: [double.callCount("MQGetSecurityContextEx") - before] }
    })
})

/** Room of security contexts. */
export const contexts: Room = {
  name: "contexts",
  plans: [
    timesAsFast("one context"),
    timesAsFast("SecurityContexts"),
    contextsGot("one context"),
    contextsGot("SecurityContexts"),
    contextsGot("one each")
  ]
}
