/** A backend with queues, of which everything is open that a public function needs, in both faces. */
import {
  Certificate,
  Consumer,
  MessageQueue,
  Mqrt,
  Requester,
  SecurityContext,
  SecurityContexts,
  Senders,
  Transaction
} from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { Effect, Layer, ManagedRuntime, Scope } from "effect"
import * as CallLog from "../support/CallLog.ts"
import { certificates } from "../support/certificates.ts"

export const orders = ".\\private$\\orders"

const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ certificates }))))
const layer = Layer.provideMerge(Layer.merge(SecurityContexts.layer(), Senders.layer()), backend)

/** Services that effects may need here. */
export type Needs = Layer.Success<typeof layer> | Scope.Scope

export const makeWorld = async () => {
  const runtime = ManagedRuntime.make(layer)
  const scope = Scope.makeUnsafe()
  const run = <A, E>(effect: Effect.Effect<A, E, Needs>): Promise<A> => runtime.runPromise(Scope.provide(effect, scope))
  const mqrt = await run(Mqrt.Mqrt)
  await run(MessageQueue.create(orders))
  const msmq = await connect(Layer.effect(Mqrt.Mqrt, Mqrt.make(mqrt)))
  const sender = await run(MessageQueue.openSender(orders))
  await run(sender.send({ label: "order 1" }))
  const receiver = await run(MessageQueue.openReceiver(orders))
  const inPromises = await msmq.openReceiver(orders)
  // It has ended, since the queue is plain and its policy names no queue for poison.
  const consumer = inPromises.consume(() => Promise.resolve())
  await consumer.done.catch(() => {})
  return {
    run,
    msmq,
    sender,
    receiver,
    message: await run(receiver.peek),
    cursor: await run(receiver.cursor),
    control: await run(MsmqControl.MsmqControl),
    consumerControl: await run(Consumer.makeControl),
    faults: await run(FaultInjection.FaultInjection),
    contexts: await run(SecurityContexts.SecurityContexts),
    senders: await run(Senders.Senders),
    requester: await run(Requester.open(orders)),
    transaction: await run(Transaction.begin()),
    context: await run(SecurityContext.acquire()),
    certificate: await run(Certificate.fromDer(certificates[0]!.certificate)),
    promises: {
      sender: await msmq.openSender(orders),
      receiver: inPromises,
      consumer,
      requester: await msmq.openRequester(orders),
      cursor: await inPromises.cursor(),
      transaction: await msmq.beginTransaction(),
      contexts: await msmq.securityContexts()
    },
    calls: () => run(CallLog.calls),
    close: async () => {
      await msmq.close()
      await run(Scope.close(scope, Effect.runSync(Effect.exit(Effect.void))))
      await runtime.dispose()
    }
  }
}

export type World = Awaited<ReturnType<typeof makeWorld>>
