/** Figures of security contexts: one that is kept for all messages beside one for each message. */
import { MessageQueue, SecurityContext, SecurityContexts } from "@effect-msmq/core"
import type { Sender } from "@effect-msmq/core"
import { Context, Effect, Layer, type Scope } from "effect"
import * as Seam from "../floors/seam.ts"
import { native } from "../harness/backends.ts"
import { speedUp, type Ways } from "../harness/comparison.ts"
import type { Plan, Room } from "../harness/Room.ts"
import type { Way } from "../harness/rounds.ts"
import { body } from "./queueToFill.ts"

const orders = ".\\private$\\orders"

/** Number of messages of a run. */
const many = 200
const message = { body, label: "order", priority: 4 }

const sendWith = (sender: Sender.Sender) => (securityContext: SecurityContext.SecurityContext) =>
  sender.send(message, { securityContext })

/** Ways to have a context for each of many sends. */
const cached = {
  "one context": (sender: Sender.Sender) =>
    Effect.map(SecurityContext.acquire(), (context) => Seam.times(many, sendWith(sender)(context))),
  SecurityContexts: (sender: Sender.Sender) =>
    Effect.map(Layer.build(SecurityContexts.layer()), (services) => {
      const { get } = Context.get(services, SecurityContexts.SecurityContexts)
      return Seam.times(many, Effect.scoped(Effect.flatMap(get(), sendWith(sender))))
    })
}

/** Compares a kept context with one for each message. The double counts the contexts that it was asked for. */
const besideOneEach = (way: keyof typeof cached): Effect.Effect<Ways, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const { double, mqrt, provide, run } = yield* native.open
    const formatName = yield* provide(MessageQueue.create(orders))
    const sender = yield* provide(MessageQueue.openSender(orders))
    const reader = yield* Seam.openQueue(mqrt, formatName, "receive")
    const keeps = yield* provide(cached[way](sender))
    const oneEach = Seam.times(many, Effect.scoped(Effect.flatMap(SecurityContext.acquire(), sendWith(sender))))
    double.setDiscard(true)
    const tidy = () => run(mqrt.purgeQueue(reader))
    const contexts = { kept: 0, each: 0 }
    const counted = (name: keyof typeof contexts, sends: () => Promise<void>): Way => {
      let before = 0
      return {
        prepare: () => {
          before = double.callCount("MQGetSecurityContextEx")
        },
        run: sends,
        tidy: async () => {
          contexts[name] = double.callCount("MQGetSecurityContextEx") - before
          await tidy()
        },
        operations: many
      }
    }
    return {
      way: counted("kept", () => run(keeps)),
      floor: counted("each", () => run(oneEach)),
      details: () => ({
        "contexts for 200 messages": contexts.kept,
        "contexts for 200 messages, against": contexts.each
      })
    }
  })

/** Room of security contexts. */
export const contexts: Room = {
  name: "contexts",
  plans: (["one context", "SecurityContexts"] as const).map((way): Plan =>
    speedUp({
      name: `send, ${way}, times as fast`,
      against: "a context for each message",
      ways: besideOneEach(way)
    })
  )
}
