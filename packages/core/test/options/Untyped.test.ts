import { Duration, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { Certificate, MessageQueue, MsmqError, SecurityContext, Transaction } from "@effect-msmq/core"
import * as Options from "@effect-msmq/core/mqrt/Options"
import { certificate, connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { createContext, runInContext } from "node:vm"
import { alice, certificates } from "../support/certificates.ts"
import { connectObserved } from "../support/connection.ts"

const orders = ".\\private$\\orders"
const backend = InMemoryMqrt.layerWith({ certificates })

/** Gives a value as a program without types does. */
const untyped = (value: unknown) => value as never

const refusalOf = (promise: Promise<unknown>): Promise<MsmqError.MsmqError> =>
  promise.then(
    () => assert.fail("it was not refused"),
    (error: unknown) =>
      error instanceof MsmqError.MsmqError ? error : assert.fail(`not an MsmqError: ${String(error)}`)
  )

/** Does something with each value, one after the other. */
const each = <A>(values: ReadonlyArray<A>, does: (value: A) => Promise<void>): Promise<void> =>
  values.reduce((before, value) => before.then(() => does(value)), Promise.resolve())

const labelsIn = Effect.gen(function* () {
  const control = yield* MsmqControl.MsmqControl
  const messages = yield* control.messagesIn(yield* MessageQueue.formatName(orders))
  return messages.map(({ label }) => label)
})

describe("nobody else's name is signed", () => {
  const pem = readFileSync(new URL("../certificates/alice.pem", import.meta.url), "utf8")

  it.effect("by what is given in the place of a certificate: nothing is acquired and nothing is sent", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      for (const certificate of [pem, Buffer.from(pem), alice.der, { ...alice }, null, true]) {
        const acquiring = yield* Effect.flip(SecurityContext.acquire({ certificate: untyped(certificate) }))
        const sending = yield* Effect.flip(sender.send({}, { senderCertificate: untyped(certificate) }))
        for (const error of [acquiring, sending]) {
          assert.strictEqual(error.reason._tag, "IllegalOption")
          assert.notInclude(error.message, "BEGIN")
        }
      }
      const { message } = yield* Effect.flip(SecurityContext.acquire(untyped({ cert: alice })))
      assert.strictEqual(
        message,
        'SecurityContext.acquire: the option "cert" does not exist; did you mean "certificate"? ' +
          "Options are: certificate, api, as"
      )
      assert.deepInclude(yield* control.counters, { contextsAcquired: 0, signatures: 0 })
      assert.deepStrictEqual(yield* labelsIn, [])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("by a context, nor anything done in a transaction, of another connection", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const elsewhere = yield* Layer.buildWithScope(Layer.fresh(backend), scope)
      const [securityContext, transaction] = yield* Effect.all([SecurityContext.acquire(), Transaction.begin()]).pipe(
        Effect.provideContext(elsewhere),
        Scope.provide(scope)
      )
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      const single = { transaction: "singleMessage" } as const
      yield* sender.send({ label: "there" }, single)
      const uses: ReadonlyArray<readonly [string, Effect.Effect<unknown, MsmqError.MsmqError>]> = [
        ["securityContext", sender.send({}, { ...single, securityContext })],
        ["securityContext", sender.sendAll([{}], { ...single, securityContext })],
        ["transaction", sender.send({}, { transaction })],
        ["transaction", Transaction.within(sender.send({}), transaction)],
        ["transaction", Transaction.within(receiver.poll, transaction)]
      ]
      for (const [option, use] of uses) {
        const { message, reason } = yield* Effect.flip(use)
        assert(reason._tag === "IllegalOption", message)
        assert.strictEqual(reason.option, option)
        assert.include(message, "another connection")
      }
      assert.deepStrictEqual(yield* labelsIn, ["there"])
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("and no password is shown", () =>
    Effect.gen(function* () {
      for (const as of [
        { user: "clerk", password: "secret" },
        { user: 7, password: Redacted.make("secret") },
        "clerk:secret"
      ]) {
        const error = yield* Effect.flip(SecurityContext.acquire({ as: untyped(as) }))
        assert.strictEqual(error.reason._tag, "IllegalOption")
        assert.notInclude(`${error.message} ${JSON.stringify(error.reason)}`, "secret")
      }
    }).pipe(Effect.scoped, Effect.provide(backend))
  )
})

describe("in promises", () => {
  it("options that a program makes in other ways are options all the same", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    await msmq.createQueue(orders, Object.assign(Object.create(null), { label: "Orders" }))
    const elsewhere: object = runInContext("({ access: 'receive' })", createContext({}))
    const receiver = await msmq.openReceiver(orders, elsewhere)
    // The signal of a controller is a getter of its class.
    const sender = await msmq.openSender(orders, new AbortController())
    class Sending {
      readonly transaction = "none"
    }
    await sender.send({ label: "order" }, new Sending())
    assert.strictEqual((await receiver.receiveWithin(Duration.seconds(1)))?.label, "order")
    await msmq.close()
    await expectNoLeaks()
  })

  it("what would be read as no options, or as an empty message, is refused", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    const options = [new AbortController().signal, new Map([["transaction", "none"]]), [], "none", null, () => {}]
    await each<unknown>(options, async (given) => {
      assert.strictEqual((await refusalOf(sender.send({ label: "lost" }, untyped(given)))).code, "IllegalOption")
      assert.strictEqual((await refusalOf(receiver.receive(untyped(given)))).code, "IllegalOption")
    })
    const message = [Promise.resolve({ label: "lost" }), Buffer.from("lost"), [{}], new Map(), new Date()]
    await each<unknown>(message, async (given) => {
      assert.strictEqual((await refusalOf(sender.send(untyped(given)))).code, "IllegalMessage")
    })
    const messages = [42, "text", { label: "lost" }, Promise.resolve([]), new Map(), new Uint8Array(2), undefined]
    await each<unknown>(messages, async (given) => {
      assert.strictEqual((await refusalOf(sender.sendAll(untyped(given)))).code, "IllegalOption")
    })
    assert.isUndefined(await receiver.pollPeek())
    await msmq.close()
    await expectNoLeaks()
  })

  it("a message is kept where its handler is none, or does nothing when it is called", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    await msmq.createQueue(orders, { transactional: true })
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    await sender.send({ label: "order" }, { transaction: "singleMessage" })
    const nothing = { times: 0, delay: 0 }
    const idle = function* () {}
    await each<unknown>([42, undefined, Effect.void, idle, async function* () {}], async (handler) => {
      assert.strictEqual((await refusalOf(receiver.consume(untyped(handler)).done)).code, "IllegalOption")
    })
    await each<unknown>([Effect.void, idle()], async (returned) => {
      const error = await refusalOf(receiver.consume(() => untyped(returned), { retry: nothing }).done)
      assert.strictEqual(error.code, "PoisonMessage")
      assert.include(error.message, "handler is")
    })
    await each<unknown>([undefined, 42, Effect.void, idle], async (body) => {
      assert.strictEqual((await refusalOf(msmq.transaction(untyped(body)))).code, "IllegalOption")
    })
    assert.strictEqual((await refusalOf(msmq.transaction(() => untyped(Effect.void)))).code, "IllegalOption")
    assert.strictEqual((await receiver.pollPeek())?.label, "order")
    await msmq.close()
    await expectNoLeaks()
  })

  it("a lookup without the id of its message is refused, in both faces; the first and the last message need none", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    await msmq.createQueue(orders)
    const receiver = await msmq.openReceiver(orders)
    const inPromises = await refusalOf(receiver.lookup("peekNext", untyped(undefined)))
    const inEffect = await Effect.runPromise(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const opened = yield* MessageQueue.openReceiver(orders)
        yield* opened.lookup("receiveLast")
        return yield* Effect.flip(opened.lookup("peekNext", untyped(undefined)))
      }).pipe(Effect.scoped, Effect.provide(backend))
    )
    for (const error of [inPromises, inEffect]) {
      assert.include(
        error.message,
        `Receiver.lookup.peekNext on ${orders}: lookupId is undefined, but it must be a lookup id`
      )
    }
    assert.isUndefined(await receiver.lookup("peekFirst"))
    await msmq.close()
    await expectNoLeaks()
  })

  it("a connection is made of a layer that provides Mqrt, and of nothing else", async () => {
    const layers = [undefined, {}, Certificate.Certificate, Promise.resolve(InMemoryMqrt.layer), Layer.empty]
    await each<unknown>(layers, async (layer) => {
      const error = await refusalOf(connect(untyped(layer)))
      assert.include(error.message, "promises.connect: layer is")
    })
  })
})

describe("the objects in a message", () => {
  const cases: ReadonlyArray<readonly [object, string]> = [
    [{ acknowledge: true }, "acknowledge is true, but it must be an object with options of: positiveArrival"],
    [{ acknowledge: { positiveArival: true } }, 'but that does not exist; did you mean "positiveArrival"?'],
    [
      { acknowledge: { positiveArrival: "false" } },
      'whose positiveArrival is "false", but there it must be true or false'
    ],
    [{ journaling: true }, "journaling is true, but it must be an object with options of: deadLetter, journal"],
    [{ journaling: { journal: 1 } }, "whose journal is 1, but there it must be true or false"],
    [{ trace: "false" }, 'trace is "false", but it must be true or false'],
    [{ headers: new Map([["tenant", "north"]]) }, "headers"],
    [{ headers: ["north"] }, "headers"],
    [{ soap: { heder: "<a/>", header: null, body: null } }, 'did you mean "header"?'],
    [
      { connector: { type: "6d736d71-0000-4000-8000-000000000001", class: 0, authenticated: "no" } },
      'whose authenticated is "no"'
    ]
  ]
  it.effect.each(cases)("are checked, and what is around them is not: %j", ([message, rule]) =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const error = yield* Effect.flip(sender.send(message))
      assert.strictEqual(error.reason._tag, "IllegalMessage")
      assert.include(error.message, rule)
      yield* sender.send(untyped({ label: "as it is", whatever: true }))
      assert.deepStrictEqual(yield* labelsIn, ["as it is"])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("and a message that was received is sent on as it is", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.send({ label: "on", acknowledge: { negativeReceive: true }, journaling: { journal: true } })
      const { adminQueue: _, ...message } = yield* receiver.receive
      yield* sender.send(message)
      assert.deepStrictEqual(yield* labelsIn, ["on"])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )
})

describe("Options", () => {
  interface Inner {
    readonly size?: number | undefined
  }
  interface Given {
    readonly name: string
    readonly inner?: Inner | undefined
  }
  const inner = Options.table<Inner>()({ size: Options.wholeNumber(1, 9) })
  const table = Options.table<Given>()({
    name: Options.required(Options.text),
    inner: Options.nested<Inner>("an object", inner)
  })
  const check = (given: unknown) => Options.check<Given>({ operation: "test" }, table, untyped(given), "given")
  const messageOf = (given: unknown) => Effect.map(Effect.flip(check(given)), ({ message }) => message)

  it.effect("name the path of what is wrong, what was given, what is allowed, and the nearest option", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* messageOf({}), "test: name is undefined, but it must be a string")
      assert.strictEqual(
        yield* messageOf({ name: "a", inner: { size: 10 } }),
        "test: inner.size is 10, but it must be a whole number from 1 to 9"
      )
      assert.strictEqual(
        yield* messageOf({ name: "a", inner: { sise: 1 } }),
        'test: the option "inner.sise" does not exist; did you mean "size"? Options are: size'
      )
      assert.strictEqual(
        yield* messageOf({ name: null }),
        "test: name is null, but it must be a string; to leave it out, give nothing or undefined"
      )
      assert.strictEqual(
        yield* messageOf({ quite: "another" }),
        'test: the option "quite" does not exist. Options are: name, inner'
      )
    })
  )

  it.effect("are read once, so that they stay what they were when they were checked", () =>
    Effect.gen(function* () {
      let reads = 0
      const given = {
        get name() {
          reads++
          return reads === 1 ? "first" : 7
        }
      }
      const read = yield* check(given)
      assert.deepStrictEqual([read.name, read.name, reads], ["first", "first", 1])
    })
  )

  it.effect("that throw when they are read are refused", () =>
    Effect.gen(function* () {
      const given = {
        get name() {
          throw new Error("broken")
        }
      }
      assert.strictEqual(
        yield* messageOf(given),
        "test: name is something that throws, but it must be possible to read it: broken"
      )
    })
  )
})

describe("a certificate", () => {
  it("that a program makes of something else is refused at once", () => {
    for (const source of [undefined, 5, {}, alice]) {
      assert.throws(() => certificate(untyped(source)), MsmqError.MsmqError)
    }
    assert.isTrue(Certificate.isCertificate(certificate(alice.der)))
  })
})
