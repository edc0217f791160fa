import { Mqrt, MsmqError } from "@effect-msmq/core"
import * as promises from "@effect-msmq/core/promises"
import { certificate, connect } from "@effect-msmq/core/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { alice, bob } from "../support/certificates.ts"
import { connectObserved } from "../support/connection.ts"

const orders = ".\\private$\\orders"

const rejection = async (promise: Promise<unknown>): Promise<MsmqError.MsmqError> => {
  const error = await promise.then(
    () => assert.fail("it was not rejected"),
    (error: unknown) => error
  )
  assert.instanceOf(error, MsmqError.MsmqError)
  return error
}

const count = (calls: ReadonlyArray<string>, name: string): number => calls.filter((call) => call === name).length

describe("new", () => {
  const made = {
    Connection: promises.Connection,
    Consumer: promises.Consumer,
    Cursor: promises.Cursor,
    QueueManager: promises.QueueManager,
    Receiver: promises.Receiver,
    Requester: promises.Requester,
    SecurityContext: promises.SecurityContext,
    SecurityContexts: promises.SecurityContexts,
    Selection: promises.Selection,
    Sender: promises.Sender,
    Transaction: promises.Transaction
  }
  const given = [[], [orders], [{ queue: orders }], [Layer.empty, orders, {}, {}]]

  it.each(Object.entries(made))("%s is refused, with the functions that open and begin instead", (_, made) => {
    for (const parts of given) {
      assert.throws(
        () => Reflect.construct(made, parts),
        TypeError,
        /not made with new: .*connect\(layer\).*openSender\(queue\)/
      )
    }
  })

  it("is refused for every class of this face, except for the errors that programs make", () => {
    const usable = new Set(["HandlerTimeout", "MsmqError", "Unrecoverable"])
    const classes = Object.entries(promises).filter(
      ([, value]) => typeof value === "function" && String(value).startsWith("class")
    )
    assert.deepStrictEqual(
      classes.flatMap(([name]) => (usable.has(name) ? [] : [name])).toSorted(),
      Object.keys(made).toSorted()
    )
  })
})

describe("disposal", () => {
  it("leaving the block closes all handles, the youngest first", async () => {
    const { calls, expectNoLeaks, msmq: connection } = await connectObserved()
    {
      await using msmq = connection
      await msmq.createQueue(orders, { authenticate: true })
      using securityContext = msmq.securityContext({ certificate: alice })
      await using sender = await msmq.openSender(orders)
      await sender.send({ label: "one" }, { securityContext })
      await using receiver = await msmq.openReceiver(orders)
      assert.strictEqual((await receiver.receive()).label, "one")
    }
    assert.deepStrictEqual((await calls()).slice(-3), ["closeQueue", "closeQueue", "freeSecurityContext"])
    await expectNoLeaks()
  })

  it("closing twice, or closing and leaving the block, releases once", async () => {
    const { calls, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    {
      using securityContext = msmq.securityContext()
      securityContext.close()
      securityContext.close()
      await using sender = await msmq.openSender(orders)
      await Promise.all([sender.close(), sender.close()])
      await sender.close()
    }
    await Promise.all([msmq.close(), msmq.close()])
    await msmq.close()
    assert.strictEqual(count(await calls(), "freeSecurityContext"), 1)
    assert.strictEqual(count(await calls(), "closeQueue"), 1)
  })

  it("an error that is thrown in the block is the error of the program, and all handles are closed", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const body = async () => {
      using _context = msmq.securityContext()
      await using _sender = await msmq.openSender(orders)
      await using _receiver = await msmq.openReceiver(orders)
      throw new Error("of the body")
    }
    const error = await body().catch((error: unknown) => error)
    assert.instanceOf(error, Error)
    assert.strictEqual((error as Error).message, "of the body")
    await expectNoLeaks()
  })

  it("a queue that fails to close does not hide the error of the block", async () => {
    const { inject, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    await inject({ function: "MQCloseQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
    const body = async () => {
      await using _sender = await msmq.openSender(orders)
      throw new Error("of the body")
    }
    const error = await body().catch((error: unknown) => error)
    assert.strictEqual((error as Error).message, "of the body")
  })

  it("a use after closing fails with the resource and the place of the closing, without a call", async () => {
    const { calls, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const securityContext = msmq.securityContext({ certificate: bob })
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    securityContext.close()
    const before = await calls()
    const withContext = await rejection(sender.send({}, { securityContext }))
    assert(withContext.reason._tag === "Released")
    assert.include(withContext.reason.resource, "CN=Bob")
    assert.include(withContext.reason.releasedAt, "Connection.test.ts")
    assert.deepStrictEqual(await calls(), before)
    await sender.close()
    await receiver.close()
    assert.include((await rejection(sender.send({}))).message, `sender of ${orders}`)
    assert.include((await rejection(receiver.poll())).message, `receiver of ${orders}`)
    assert.strictEqual(count(await calls(), "sendMessages") + count(await calls(), "receiveMessage"), 0)
  })

  it("closing the connection closes forgotten handles", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    msmq.securityContext()
    const sender = await msmq.openSender(orders)
    await msmq.openReceiver(orders)
    await msmq.close()
    await expectNoLeaks()
    assert.strictEqual((await rejection(sender.send({}))).reason._tag, "Released")
    assert.strictEqual((await rejection(msmq.openSender(orders))).reason._tag, "Released")
    assert.throws(() => msmq.securityContext(), MsmqError.MsmqError)
  })

  it("closing a receiver ends its waits", async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const receiver = await msmq.openReceiver(orders)
    const waiting = [rejection(receiver.receive()), rejection(receiver.receiveWithin("1 minute"))]
    await receiver.close()
    for (const error of await Promise.all(waiting)) assert.strictEqual(error.reason._tag, "Released")
  })

  it("closing a sender ends the batch that waits for its source, with the number of accepted messages", async () => {
    const { calls, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const source = async function* () {
      yield { label: "one" }
      await new Promise(() => {})
    }
    const sent = Promise.withResolvers<void>()
    const sending = rejection(sender.sendAll(source(), { onProgress: () => sent.resolve() }))
    await sent.promise
    const [error] = await Promise.all([sending, sender.close()])
    assert.deepStrictEqual([error.reason._tag, error.progress], ["Released", { accepted: 1 }])
    assert.strictEqual((await calls()).at(-1), "closeQueue")
  })

  it("a context that is disposed between two slices is freed at once, and the batch ends with the number of accepted messages", async () => {
    const { calls, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const securityContext = msmq.securityContext()
    const [twoSent, disposed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const sending = sender.sendAll(
      (async function* () {
        yield { label: "one" }
        yield { label: "two" }
        await disposed.promise
        yield { label: "three" }
      })(),
      { securityContext, onProgress: ({ accepted }) => (accepted === 2 ? twoSent.resolve() : undefined) }
    )
    await twoSent.promise
    securityContext.close()
    assert.strictEqual((await calls()).at(-1), "freeSecurityContext")
    disposed.resolve()
    const error = await rejection(sending)
    assert.strictEqual(error.reason._tag, "Released")
    assert.deepStrictEqual(error.progress, { accepted: 2 })
    assert.strictEqual(count(await calls(), "freeSecurityContext"), 1)
  })

  it("a dropped handle is reported, with the place that opened it", async () => {
    const { msmq } = await connectObserved()
    // Other tests drop their connections.
    const warned = new Promise<Error & { readonly detail?: string }>((resolve) =>
      process.on("warning", (warning) => {
        if (warning.message.includes("security context")) resolve(warning)
      })
    )
    const forget = () => void msmq.securityContext({ certificate: alice })
    forget()
    const collecting = setInterval(() => globalThis.gc?.(), 2)
    const warning = await warned
    clearInterval(collecting)
    assert.strictEqual(warning.name, "MsmqHandleDropped")
    assert.include(warning.message, "CN=Alice")
    assert.include(warning.detail, "Connection.test.ts")
  })

  it("each disposable has one of the two symbols, and close()", async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const asynchronous = [msmq, await msmq.openSender(orders), await msmq.openReceiver(orders)]
    for (const disposable of asynchronous) {
      assert.isTrue(Symbol.asyncDispose in disposable && "close" in disposable && !(Symbol.dispose in disposable))
    }
    const context = msmq.securityContext()
    assert.isTrue(Symbol.dispose in context && "close" in context && !(Symbol.asyncDispose in context))
  })
})

describe("promises", () => {
  it("an abort rejects with the signal's reason and leaves the message in the queue", async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    await using receiver = await msmq.openReceiver(orders)
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const reason = new Error("no longer wanted")
    const waiting = receiver.receive({ signal: controller.signal }).catch((error: unknown) => error)
    controller.abort(reason)
    assert.strictEqual(await waiting, reason)
    await sender.send({ label: "kept" })
    assert.strictEqual((await receiver.poll())?.label, "kept")
    const already = await sender.send({}, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)
    assert.strictEqual(already, reason)
    assert.isUndefined(await receiver.poll())
  })

  it("an open that is aborted leaves nothing open", async () => {
    const [begun, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { expectNoLeaks, msmq } = await connectObserved((mqrt) => ({
      openQueue: (...given) =>
        Effect.promise(() => {
          begun.resolve()
          return aborted.promise
        }).pipe(Effect.andThen(mqrt.openQueue(...given)))
    }))
    await msmq.createQueue(orders)
    const reason = new Error("no longer wanted")
    const controller = new AbortController()
    const opening = msmq.openSender(orders, { signal: controller.signal }).catch((error: unknown) => error)
    await begun.promise
    controller.abort(reason)
    aborted.resolve()
    assert.strictEqual(await opening, reason)
    await expectNoLeaks()
  })

  it("for await receives the messages, and none after the loop is left", async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders)
    await sender.sendAll([{ label: "one" }, { label: "two" }, { label: "three" }])
    await using receiver = await msmq.openReceiver(orders)
    const labels: Array<string> = []
    for await (const { label } of receiver) {
      labels.push(label)
      if (labels.length === 2) break
    }
    assert.deepStrictEqual(labels, ["one", "two"])
    assert.strictEqual((await receiver.poll())?.label, "three")
    assert.isUndefined(await receiver.receiveWithin(1))
  })

  it("an error of an async iterable is the cause of the batch's, which has the number of accepted messages", async () => {
    const { msmq } = await connectObserved()
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders)
    const torn = new Error("torn")
    const error = await rejection(
      sender.sendAll(
        (async function* () {
          yield {}
          throw torn
        })()
      )
    )
    assert.strictEqual(error.reason._tag, "SourceFailed")
    assert.strictEqual(error.cause, torn)
    assert.deepStrictEqual(error.progress, { accepted: 1 })
  })

  it("a certificate is read from PEM or DER, and refused with an error", () => {
    assert.strictEqual(certificate(alice.der).fingerprint, alice.fingerprint)
    assert.throws(() => certificate("no certificate"), MsmqError.MsmqError)
  })

  it("connecting to a backend that fails rejects with its error", async () => {
    const failing = Layer.effect(Mqrt.Mqrt, Effect.fail("no mqrt.dll" as const))
    const error = await connect(failing).catch((error: unknown) => error)
    assert.strictEqual(error, "no mqrt.dll")
  })
})
