/** Two programs consume one queue through a gateway: each message is handled by one of them, once. */
import { MessageQueue } from "@effect-msmq/core"
import { GatewayPolicy, MqrtGateway } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { bundle } from "../../core/test/support/bundle.ts"
import { environment } from "../../core/test/support/environment.ts"

/** Message of a consumer to its parent. */
export type Told = { readonly ready: true } | { readonly first: string } | { readonly handled: ReadonlyArray<string> }

const program = fileURLToPath(new URL("programs/consumer.ts", import.meta.url))

const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected }).pipe(
  Layer.provideMerge(InMemoryMqrt.layer),
  Layer.provide(Logger.layer([]))
)

const queue = ".\\private$\\orders"
const poison = ".\\private$\\poison"

const start = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const consumer = fork(await bundle(program), [url, queue, poison], { env: { ...environment }, execArgv: [] })
      return { consumer, ended: once(consumer, "exit") }
    }),
    ({ consumer, ended }) =>
      Effect.promise(async () => {
        consumer.kill("SIGKILL")
        await ended
      })
  ).pipe(Effect.map(({ consumer }) => consumer))

const tells = (consumer: ChildProcess) =>
  Effect.promise(async () => {
    const ended = once(consumer, "exit").then(() => Promise.reject(new Error("the consumer ended")))
    const [told] = (await Promise.race([once(consumer, "message"), ended])) as [Told]
    return told
  })

const count = 200
const labels = Array.from({ length: count }, (_, index) => `order ${String(index).padStart(3, "0")}`)

/** Consumes with two programs, and returns what each has handled. */
const consumeTogether = (transactional: boolean) =>
  Effect.gen(function* () {
    const { url } = yield* MqrtGateway.MqrtGateway
    yield* MessageQueue.create(poison)
    yield* MessageQueue.create(queue, { transactional })
    const consumers = yield* Effect.forEach([1, 2], () => start(url), { concurrency: 2 })
    yield* Effect.forEach(consumers, tells, { concurrency: 2 })
    const sender = yield* MessageQueue.openSender(queue)
    const options = transactional ? ({ transaction: "singleMessage" } as const) : {}
    // Each has a message before either may handle another one.
    const firsts = Effect.forEach(consumers, tells, { concurrency: 2 })
    const send = (labels: ReadonlyArray<string>) =>
      sender.sendAll(
        labels.map((label) => ({ label })),
        options
      )
    yield* Effect.all([firsts, send(labels)], { concurrency: 2 })
    const ends = Effect.forEach(consumers, tells, { concurrency: 2 })
    for (const consumer of consumers) consumer.send("go on")
    const [told] = yield* Effect.all([ends, send(["end", "end"])], { concurrency: 2 })
    return told.map((told) => ("handled" in told ? told.handled : []))
  }).pipe(Effect.scoped, Effect.provide(gateway, { local: true }))

describe("a queue that two programs consume through a gateway", () => {
  it.live.each([
    { kind: "plain", transactional: false },
    { kind: "transactional", transactional: true }
  ])("gives each message to one of them, once, and some to each: $kind", ({ transactional }) =>
    Effect.gen(function* () {
      const handled = yield* consumeTogether(transactional)
      assert.deepStrictEqual(handled.flat().toSorted(), labels)
      for (const own of handled) {
        assert.isAbove(own.length, 0)
        assert.deepStrictEqual(own, own.toSorted(), "in the order of the queue")
      }
    })
  )
})
