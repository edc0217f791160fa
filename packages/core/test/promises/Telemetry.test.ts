import { Mqrt } from "@effect-msmq/core"
import { connect, MessageHeaders, MsmqError } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Layer, Tracer } from "effect"

const orders = ".\\private$\\orders"

/** Connects with a tracer, and returns the spans that it saw, too. */
const connectTraced = async (propagateTraceContext: boolean | undefined) => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const layer: Layer.Layer<Mqrt.Mqrt> = Layer.merge(InMemoryMqrt.layer, Layer.succeed(Tracer.Tracer)(tracer))
  const msmq = await connect(layer, { propagateTraceContext })
  await msmq.createQueue(orders)
  const sender = await msmq.openSender(orders)
  const receiver = await msmq.openReceiver(orders)
  return { msmq, receiver, sender, spans, named: (name: string) => spans.filter((span) => span.name === name) }
}

const parentOf = (span: Tracer.NativeSpan | undefined) =>
  span?.parent._tag === "Some" ? span.parent.value.spanId : undefined

describe("telemetry in promises", () => {
  it("a message carries the context of its send, where the connection says so, and is handled in a span of that trace", async () => {
    const { msmq, named, receiver, sender } = await connectTraced(true)
    await using _ = msmq
    await sender.send({ label: "order 1" })
    const message = await receiver.receive()
    const [sent] = named(`send ${orders}`)
    assert.deepStrictEqual(MessageHeaders.traceContext(message), {
      traceId: sent?.traceId,
      spanId: sent?.spanId,
      sampled: true
    })
    const label = await msmq.process(message, async () => message.label, { queue: receiver.queue, parent: "sender" })
    assert.strictEqual(label, "order 1")
    const [handled] = named(`process ${orders}`)
    assert.deepStrictEqual([handled?.traceId, parentOf(handled)], [sent?.traceId, sent?.spanId])
  })

  it("no message carries a context by default", async () => {
    const { msmq, receiver, sender } = await connectTraced(undefined)
    await using _ = msmq
    await sender.send({ label: "order 1" })
    assert.isUndefined(MessageHeaders.traceContext(await receiver.receive()))
  })

  it("the calls of a function that handles a message are in its span, also after a wait, and others are not", async () => {
    const { msmq, named, receiver, sender } = await connectTraced(false)
    await using _ = msmq
    await sender.send({ label: "order 1" })
    const message = await receiver.receive()
    await msmq.process(message, async () => {
      await new Promise((resolve) => setImmediate(resolve))
      await sender.send({ label: "order 2" })
    })
    await sender.send({ label: "order 3" })
    const [handled] = named("process DIRECT=OS:.\\private$\\orders").concat(
      named(`process ${message.destinationQueue}`)
    )
    const [first, second, third] = named(`send ${orders}`)
    assert.deepStrictEqual([first, second, third].map(parentOf), [undefined, handled?.spanId, undefined])
  })

  it("the calls of a consumer's handler are in the span of its attempt", async () => {
    const { msmq, named, receiver, sender } = await connectTraced(false)
    await using _ = msmq
    await msmq.createQueue(`${orders}.done`)
    await using done = await msmq.openSender(`${orders}.done`)
    await sender.send({ label: "order 1" })
    const stop = new AbortController()
    const consuming = receiver.consume(
      async () => {
        await done.send({ label: "done" })
        stop.abort(stop)
      },
      { poison: { queue: `${orders}.done` }, signal: stop.signal }
    )
    assert.strictEqual(await consuming.done.catch((error: unknown) => error), stop)
    const [attempt] = named(`process ${orders}`)
    const [sent] = named(`send ${orders}.done`)
    assert.isDefined(attempt)
    assert.strictEqual(parentOf(sent), attempt?.spanId)
  })

  it("a function that rejects rejects its span and its promise, and a signal ends it", async () => {
    const { msmq, named, receiver, sender } = await connectTraced(false)
    await using _ = msmq
    await sender.send({})
    const message = await receiver.receive()
    const broken = new Error("out of stock")
    const rejected = msmq.process(message, () => Promise.reject(broken), { queue: orders })
    assert.strictEqual(await rejected.catch((error: unknown) => error), broken)
    const [handled] = named(`process ${orders}`)
    assert.strictEqual(handled?.attributes.get("error.type"), "_OTHER")
    const stop = new AbortController()
    const seen: Array<boolean> = []
    const stopped = msmq.process(
      message,
      (signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => seen.push(signal.aborted))
        }),
      { signal: stop.signal }
    )
    stop.abort(stop)
    assert.strictEqual(await stopped.catch((error: unknown) => error), stop)
    assert.deepStrictEqual(seen, [true])
    await msmq.close()
    const late: unknown = await msmq.process(message, async () => 1).catch((error: unknown) => error)
    assert(late instanceof MsmqError && late.code === "Released", String(late))
  })
})
