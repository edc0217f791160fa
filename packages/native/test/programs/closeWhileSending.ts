/**
 * Closes what an unawaited batch uses while that batch waits for its source, which never answers:
 * `node closeWhileSending.ts LIBRARY HOW`. `memory` as the library: the in-memory one. Writes what the batch told.
 */
import { MessageQueue, type MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Fiber, Stream } from "effect"

const [library = "", how = ""] = process.argv.slice(2)
const layer = library === "memory" ? InMemoryMqrt.layer : NativeMqrt.layerWith({ library })
const orders = ".\\private$\\orders"
const single = { transaction: "singleMessage" } as const

const sent = Promise.withResolvers<void>()
const messages = [{ label: "1" }, { label: "2" }, { label: "3" }]
const onProgress = ({ accepted }: { readonly accepted: number }) => {
  if (accepted === messages.length) sent.resolve()
}

const waiting = async function* () {
  yield* messages
  await new Promise(() => {})
}

const tell = (error: MsmqError.MsmqError) => console.log(`${error.code} ${error.progress?.accepted}`)

const openOrders = async () => {
  const msmq = await connect(layer)
  await msmq.createQueue(orders, { transactional: true })
  return { msmq, sender: await msmq.openSender(orders) }
}

const endings: Readonly<Record<string, () => Promise<void>>> = {
  sender: async () => {
    const { msmq, sender } = await openOrders()
    sender.sendAll(waiting(), { ...single, onProgress }).catch(tell)
    await sent.promise
    await sender.close()
    await msmq.close()
  },
  connection: async () => {
    const { msmq, sender } = await openOrders()
    await using _ = msmq
    sender.sendAll(waiting(), { ...single, onProgress }).catch(tell)
    await sent.promise
  },
  abort: async () => {
    const { msmq, sender } = await openOrders()
    await using _ = msmq
    const transaction = await msmq.beginTransaction()
    sender.sendAll(waiting(), { transaction, onProgress }).catch(tell)
    await sent.promise
    await transaction.abort()
  },
  signal: async () => {
    const { msmq, sender } = await openOrders()
    await using _ = msmq
    const controller = new AbortController()
    const body = async (transaction: Parameters<Parameters<typeof msmq.transaction>[0]>[0]) => {
      sender.sendAll(waiting(), { transaction, onProgress }).catch(tell)
      await sent.promise
      controller.abort()
      await new Promise(() => {})
    }
    await msmq.transaction(body, { signal: controller.signal }).catch(() => {})
  },
  context: async () => {
    const { msmq, sender } = await openOrders()
    await using _ = msmq
    using securityContext = msmq.securityContext()
    sender.sendAll(waiting(), { ...single, onProgress, securityContext }).catch(tell)
    await sent.promise
  },
  itself: async () => {
    const { msmq, sender } = await openOrders()
    const source = async function* () {
      yield* messages
      await sender.close()
      yield* messages
    }
    await sender.sendAll(source(), single).catch(tell)
    await msmq.close()
  },
  scope: () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sending = yield* Effect.scoped(
        Effect.gen(function* () {
          const sender = yield* MessageQueue.openSender(orders)
          const source = Stream.concat(Stream.fromArray(messages), Stream.never)
          const fiber = yield* Effect.forkDetach(sender.sendAll(source, { ...single, onProgress }))
          yield* Effect.promise(() => sent.promise)
          return fiber
        })
      )
      tell(yield* Effect.flip(Fiber.join(sending)))
    }).pipe(Effect.provide(layer), Effect.runPromise)
}

const ending = endings[how]
if (ending === undefined) throw new Error(`no such ending: ${how}`)
await ending()
console.log("closed")
