/** Programs with a consumer, of which each prints what it sees. The argument is the name of one. */
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Layer, References } from "effect"

const orders = ".\\private$\\orders"

const msmq = await connect(Layer.merge(InMemoryMqrt.layer, Layer.succeed(References.MinimumLogLevel, "None")))
await msmq.createQueue(orders, { transactional: true })
const sender = await msmq.openSender(orders)
const receiver = await msmq.openReceiver(orders)
await sender.send({ label: "order" }, { transaction: "singleMessage" })

const nothing = () => Promise.resolve()
const failing = () => Promise.reject(new Error("broken"))
const noRetries = { times: 0, delay: 0 } as const

const programs: Readonly<Record<string, () => Promise<void>>> = {
  "forgets a consumer that fails": async () => {
    receiver.consume(failing, { retry: noRetries })
  },
  "disposes a consumer that has failed, and forgets its end": async () => {
    const poisoned = Promise.withResolvers<void>()
    {
      await using consumer = receiver.consume(failing, {
        retry: () => {
          poisoned.resolve()
          return "poison"
        }
      })
      await poisoned.promise
      if (consumer.isPaused) return
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    console.log("nothing ended it")
  },
  "disposes a consumer that has failed, and reads its end": async () => {
    const consumer = receiver.consume(failing, { retry: noRetries })
    await consumer.done.catch(({ code }: { readonly code: string }) => console.log(code))
    await consumer[Symbol.asyncDispose]()
    console.log("disposed")
  },
  "pauses its consumer and has nothing else to do": async () => {
    const consumer = receiver.consume(nothing)
    await consumer.pause()
    setTimeout(() => {
      console.log("still there")
      consumer.resume()
      void consumer.stop().then(() => console.log("stopped"))
    }, 50).unref()
  },
  "waits in its consumer": async () => {
    const consumer = receiver.consume(nothing)
    setTimeout(() => void consumer.stop().then(() => console.log("stopped")), 50).unref()
  }
}

await programs[process.argv[2] ?? ""]?.()
