import { MessageBody, MessageId, MessageQueue, QueueManager, Requester, Senders, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Random, Schema, Scope, Stream } from "effect"
import { setImmediate } from "node:timers/promises"
import { elapse, fork, settled, start } from "./support/settled.ts"

const prices = ".\\private$\\prices"
const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))
const layer = Layer.provideMerge(Senders.layer(), backend)

const world = <Question = Uint8Array, Answer = Uint8Array>(
  options: Requester.Options<Question, Answer> = {},
  queue: MessageQueue.CreateOptions = {}
) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(prices, queue)
    const server = yield* MessageQueue.openReceiver(prices)
    const requester = yield* Requester.open(prices, options)
    return { requester, server }
  })

/** Starts requests, which are all sent when it returns. */
const ask = (requester: Requester.Requester, labels: ReadonlyArray<string>, options?: Requester.RequestOptions) =>
  Effect.forEach(labels, (label) => start(requester.request({ label }, options)))

const labels = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

const ownQueues = Effect.map(QueueManager.privateQueues(), (names) =>
  names.filter((name) => name.includes("effect-msmq"))
)

describe("a request", () => {
  it.effect("gets its own response, in whatever order the responses to many requests come", () =>
    Effect.gen(function* () {
      const { requester, server } = yield* world()
      const asked = yield* ask(requester, labels(50))
      assert.strictEqual(requester.pending, 50)
      const questions = yield* Stream.runCollect(Stream.take(server.messages, 50))
      for (const question of questions.toReversed()) {
        assert.strictEqual(question.responseQueue, requester.responseQueue)
        yield* MessageQueue.reply(question, { label: `answer ${question.label}` })
      }
      const answers = yield* Effect.forEach(asked, Fiber.join)
      assert.deepStrictEqual(
        answers.map(({ label }) => label),
        labels(50).map((label) => `answer ${label}`)
      )
      assert.deepStrictEqual([requester.pending, requester.unexpected], [0, 0])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect(
    "has its own time limit, and ends with NoResponse after it; the question is not handled any more then",
    () =>
      Effect.gen(function* () {
        const { requester, server } = yield* world({ within: "1 minute" })
        const [short] = yield* ask(requester, ["short"], { within: "5 seconds" })
        const [long] = yield* ask(requester, ["long"])
        yield* elapse("5 seconds")
        const error = yield* Effect.flip(Fiber.join(short!))
        assert.strictEqual(error.reason._tag, "NoResponse")
        assert.include(error.message, "no response to message {")
        assert.include(error.message, "5s")
        yield* elapse("1 second")
        const question = yield* server.receive
        assert.strictEqual(question.label, "long")
        yield* MessageQueue.reply(question, { label: "answer" })
        assert.strictEqual((yield* Fiber.join(long!)).label, "answer")
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("that is interrupted disturbs no other; its response is late, counted, and given to onUnexpected", () =>
    Effect.gen(function* () {
      const unexpected: Array<readonly [string, boolean]> = []
      const { requester, server } = yield* world({
        onUnexpected: ({ isLate, message }) => Effect.sync(() => unexpected.push([message.label, isLate]))
      })
      const asked = yield* ask(requester, labels(3))
      // The first one receives for the others.
      yield* Fiber.interrupt(asked[0]!)
      for (const question of yield* Stream.runCollect(Stream.take(server.messages, 3))) {
        yield* MessageQueue.reply(question, { label: question.label })
      }
      assert.strictEqual((yield* Fiber.join(asked[2]!)).label, "2")
      assert.strictEqual((yield* Fiber.join(asked[1]!)).label, "1")
      assert.deepStrictEqual(unexpected, [["0", true]])
      assert.strictEqual(requester.unexpected, 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect(
    "gets the first of two responses; the second one, and a message that answers no request, are unexpected",
    () =>
      Effect.gen(function* () {
        const unexpected: Array<readonly [string, boolean]> = []
        const { requester, server } = yield* world({
          onUnexpected: ({ isLate, message }) => Effect.sync(() => unexpected.push([message.label, isLate]))
        })
        yield* MessageQueue.send(requester.responseQueue, { label: "stranger" })
        yield* MessageQueue.send(requester.responseQueue, { label: "other", correlationId: new Uint8Array(20).fill(1) })
        const [first] = yield* ask(requester, ["1"])
        const question = yield* server.receive
        yield* MessageQueue.reply(question, { label: "answer" })
        yield* MessageQueue.reply(question, { label: "answer again" })
        assert.strictEqual((yield* Fiber.join(first!)).label, "answer")
        const [second] = yield* ask(requester, ["2"])
        yield* MessageQueue.reply(yield* server.receive, { label: "answer 2" })
        assert.strictEqual((yield* Fiber.join(second!)).label, "answer 2")
        assert.deepStrictEqual(unexpected, [
          ["stranger", false],
          ["other", false],
          ["answer again", true]
        ])
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("leaves unexpected messages in a subqueue of a given response queue, which stays", () =>
    Effect.gen(function* () {
      const answers = ".\\private$\\answers"
      yield* MessageQueue.create(answers)
      const { requester, server } = yield* world({ responseQueue: answers, unexpected: { subqueue: "late" } })
      const [asked] = yield* ask(requester, ["1"])
      yield* MessageQueue.send(answers, { label: "stranger" })
      yield* MessageQueue.reply(yield* server.receive, { label: "answer" })
      assert.strictEqual((yield* Fiber.join(asked!)).label, "answer")
      assert.strictEqual(requester.responseQueue, "DIRECT=OS:MACHINE\\private$\\answers")
      const late = yield* MessageQueue.openReceiver(`DIRECT=OS:${answers};late`)
      assert.strictEqual((yield* late.receive).label, "stranger")
      assert.strictEqual(requester.unexpected, 1)
      const other = yield* Effect.flip(Requester.open(prices, { responseQueue: answers }))
      assert.strictEqual(other.reason._tag, "SharingViolation")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect(
    "rejects unexpected messages of a transactional response queue, which become dead letters of their sender",
    () =>
      Effect.gen(function* () {
        const { requester, server } = yield* world({ unexpected: "reject" }, { transactional: true })
        const [asked] = yield* ask(requester, ["1"])
        yield* MessageQueue.send(
          requester.responseQueue,
          { label: "stranger", journaling: { deadLetter: true } },
          { transaction: "singleMessage" }
        )
        yield* MessageQueue.reply(yield* server.receive, { label: "answer" })
        assert.strictEqual((yield* Fiber.join(asked!)).label, "answer")
        const dead = yield* MessageQueue.openReceiver("DIRECT=OS:.\\SYSTEM$;DEADXACT")
        assert.strictEqual((yield* dead.receive).label, "stranger")
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("is sent outside of the transaction that runs, since it could not be answered before the commit", () =>
    Effect.gen(function* () {
      const { requester, server } = yield* world({}, { transactional: true })
      const answering = Effect.flatMap(server.receive, (question) => MessageQueue.reply(question, { label: "answer" }))
      yield* start(Transaction.outside(answering))
      const answer = yield* Transaction.run(requester.request({ label: "question" }))
      assert.strictEqual(answer.label, "answer")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("is answered in the transaction of its handler, once, however often the handler is attempted", () =>
    Effect.gen(function* () {
      const { requester, server } = yield* world({}, { transactional: true })
      let attempts = 0
      const consuming = yield* start(
        server.consume((question) =>
          Effect.gen(function* () {
            attempts++
            yield* MessageQueue.reply(question, { label: `attempt ${attempts}` })
            if (attempts < 3) return yield* Effect.fail("try again")
          })
        )
      )
      const [asked] = yield* ask(requester, ["question"])
      yield* elapse("10 seconds")
      assert.strictEqual((yield* Fiber.join(asked!)).label, "attempt 3")
      yield* Fiber.interrupt(consuming)
      assert.strictEqual(requester.unexpected, 0)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("has typed bodies, and fails with UndecodableBody where the response has another one", () =>
    Effect.gen(function* () {
      const question = MessageBody.json(Schema.Struct({ article: Schema.String }))
      const answer = MessageBody.json(Schema.Struct({ cents: Schema.Finite }))
      const { requester, server } = yield* world({ body: question, responseBody: answer })
      const asked = yield* start(requester.request({ body: { article: "lamp" } }))
      yield* MessageQueue.reply(yield* server.receive, { body: { cents: 400 } }, { body: answer })
      assert.deepStrictEqual((yield* Fiber.join(asked)).body, { cents: 400 })
      const wrong = yield* start(Effect.flip(requester.request({ body: { article: "lamp" } })))
      yield* MessageQueue.reply(yield* server.receive, { body: Uint8Array.of(1) })
      const { reason } = yield* Fiber.join(wrong)
      assert.strictEqual(reason._tag, "UndecodableBody")
      const illegal = yield* Effect.flip(requester.request({ body: { article: 5 } as never }))
      assert.strictEqual(illegal.reason._tag, "IllegalMessage")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("fails at once with Undelivered by a negative acknowledgment, if the requester asks for these", () =>
    Effect.gen(function* () {
      const { requester, server } = yield* world({ negativeAcknowledgments: true, within: "1 hour" }, { quota: 1 })
      const full = yield* Effect.flip(requester.request({ body: new Uint8Array(5000) }))
      assert.strictEqual(full.reason._tag, "Undelivered")
      const [purged, kept] = yield* ask(requester, ["purged"]).pipe(
        Effect.tap(() => MessageQueue.purge(prices)),
        Effect.flatMap((first) => Effect.map(ask(requester, ["kept"]), (second) => [first[0]!, second[0]!] as const))
      )
      assert.match((yield* Effect.flip(Fiber.join(purged))).message, /purged before it was received/)
      yield* MessageQueue.reply(yield* server.receive, { label: "answer" })
      assert.strictEqual((yield* Fiber.join(kept)).label, "answer")
      assert.strictEqual((yield* ownQueues).length, 2)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("ends with Released when the requester closes, which deletes its queues and reports what is left", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(prices)
      const server = yield* MessageQueue.openReceiver(prices)
      const scope = yield* Scope.make()
      const unexpected: Array<string> = []
      const requester = yield* Scope.provide(
        Requester.open(prices, {
          negativeAcknowledgments: true,
          onUnexpected: ({ message }) => Effect.sync(() => unexpected.push(message.label))
        }),
        scope
      )
      const asked = yield* ask(requester, labels(3))
      const question = yield* server.receive
      yield* Fiber.interrupt(asked[0]!)
      const closing = yield* start(Scope.close(scope, Exit.void))
      for (const fiber of asked.slice(1)) {
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.deepStrictEqual([error.operation, error.reason._tag], ["Requester.request", "Released"])
      }
      yield* Fiber.join(closing)
      assert.deepStrictEqual([requester.isOpen, yield* ownQueues], [false, []])
      const late = yield* Effect.flip(requester.request({}))
      assert.strictEqual(late.reason._tag, "Released")
      const gone = yield* Effect.flip(MessageQueue.reply(question, { label: "too late" }))
      assert.strictEqual(gone.reason._tag, "QueueNotFound")
      assert.deepStrictEqual(unexpected, [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("reports the responses that are left when its requester closes", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(prices)
      const unexpected: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const requester = yield* Requester.open(prices, {
            onUnexpected: ({ message }) => Effect.sync(() => unexpected.push(message.label))
          })
          yield* MessageQueue.send(requester.responseQueue, { label: "left over" })
        })
      )
      assert.deepStrictEqual(unexpected, ["left over"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("survives a restart of the service", () =>
    Effect.gen(function* () {
      const { requester, server } = yield* world()
      yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 2, code: "MQ_ERROR_STALE_HANDLE" })
      const [asked] = yield* ask(requester, ["1"])
      yield* elapse("2 seconds")
      yield* MessageQueue.reply(yield* server.receive, { label: "answer" })
      yield* elapse("2 seconds")
      assert.strictEqual((yield* Fiber.join(asked!)).label, "answer")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("fails where its response queue was deleted meanwhile", () =>
    Effect.gen(function* () {
      const { requester } = yield* world()
      const asked = yield* ask(requester, labels(3))
      yield* MessageQueue.delete(".\\private$\\effect-msmq-responses-1")
      for (const fiber of asked) {
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.include(["QueueDeleted", "QueueNotFound"], error.reason._tag)
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("is refused where the requester sets what it has itself, and where settings do not go together", () =>
    Effect.gen(function* () {
      const { requester } = yield* world()
      const own = yield* Effect.flip(requester.request({ responseQueue: prices }))
      assert.match(own.message, /Requester.request sets it: leave it out/)
      for (const options of [
        { unexpected: { subqueue: "late" } },
        { unexpected: "reject" },
        { within: "Infinity" }
      ] as const) {
        const error = yield* Effect.flip(Requester.open(prices, options))
        assert.strictEqual(error.reason._tag, "IllegalOption")
      }
      assert.strictEqual((yield* ownQueues).length, 2)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect(
    "interrupted at random times: each response is the result of its request, or is reported, and none of them twice",
    () =>
      Effect.gen(function* () {
        const reported: Array<string> = []
        const answered: Array<string> = []
        const replied: Array<string> = []
        let interrupted = 0
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { requester, server } = yield* world({
              onUnexpected: ({ message }) => Effect.sync(() => reported.push(message.label))
            })
            const answer = Effect.gen(function* () {
              const question = yield* server.receive
              yield* Effect.repeat(Effect.yieldNow, { times: yield* Random.nextIntBetween(0, 20) })
              replied.push(question.label)
              yield* MessageQueue.reply(question, { label: question.label })
            })
            const serving = yield* start(Effect.forever(Effect.uninterruptibleMask((restore) => restore(answer))))
            for (let round = 0; round < 60; round++) {
              const asked = yield* Effect.forEach(labels(5), (label) =>
                fork(requester.request({ label: `${round}-${label}` }))
              )
              for (const [index, fiber] of asked.entries()) {
                const turns = yield* Random.nextIntBetween(0, 30)
                yield* Effect.repeat(Effect.yieldNow, { times: turns })
                if (turns % 2 === 0) yield* Fiber.interrupt(fiber)
                const exit = yield* Fiber.await(fiber)
                if (Exit.isSuccess(exit)) {
                  answered.push(exit.value.label)
                  assert.strictEqual(exit.value.label, `${round}-${index}`)
                } else {
                  interrupted++
                  assert.isTrue(Exit.hasInterrupts(exit), String(exit))
                }
              }
            }
            const last = yield* fork(requester.request({ label: "last" }))
            answered.push((yield* Fiber.join(last)).label)
            yield* settled
            yield* Fiber.interrupt(serving)
            assert.strictEqual(requester.pending, 0)
          })
        )
        assert.strictEqual(answered.length + interrupted, 301)
        assert.isAbove(reported.length, 0)
        assert.deepStrictEqual([...answered, ...reported].toSorted(), replied.toSorted())
      }).pipe(Effect.provide(layer))
  )
})

describe("a reply", () => {
  it.effect("is refused to a message that names no response queue, or where it has a correlation id of its own", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(prices)
      yield* MessageQueue.send(prices, {})
      const receiver = yield* MessageQueue.openReceiver(prices)
      const message = yield* receiver.receive
      const none = yield* Effect.flip(MessageQueue.reply(message, {}))
      assert.match(none.message, /names a response queue/)
      const own = yield* Effect.flip(
        MessageQueue.reply({ ...message, responseQueue: prices }, { correlationId: message.messageId })
      )
      assert.match(own.message, /correlationId.+leave it out/)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect(
    "to a transactional queue outside of a transaction is sent in one of its own; in one, a plain queue refuses it",
    () =>
      Effect.gen(function* () {
        const transactional = ".\\private$\\transactional"
        const plain = ".\\private$\\plain"
        yield* MessageQueue.create(transactional, { transactional: true })
        yield* MessageQueue.create(plain)
        const messageId = "{6d736d71-0000-4000-8000-000000000001}\\4711"
        yield* MessageQueue.reply({ messageId, responseQueue: transactional }, { label: "answer" })
        const receiver = yield* MessageQueue.openReceiver(transactional)
        const answer = yield* receiver.receive
        assert.isTrue(MessageId.equals(answer.correlationId, messageId))
        const refused = yield* Transaction.run(
          Effect.flip(MessageQueue.reply({ messageId, responseQueue: plain }, { label: "answer" }))
        )
        assert.strictEqual(refused.reason._tag, "TransactionMismatch")
        yield* Transaction.run(
          MessageQueue.reply({ messageId, responseQueue: plain }, { label: "answer" }, { transaction: "none" })
        )
        assert.isTrue(Option.isNone(yield* receiver.poll))
      }).pipe(Effect.scoped, Effect.provide(layer))
  )
})

/** Waits until something holds, for a thousand turns of the event loop at most. */
const until = async (holds: () => boolean, turns = 1000): Promise<void> => {
  if (holds() || turns === 0) return
  await setImmediate()
  return until(holds, turns - 1)
}

describe("in promises, a requester", () => {
  it("answers, ends by an abort alone, and by the closing of the connection, which deletes its queue", async () => {
    const unexpected: Array<string> = []
    const msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(prices)
    const server = await msmq.openReceiver(prices)
    const requester = await msmq.openRequester(prices, {
      within: "1 hour",
      onUnexpected: ({ message }) => {
        unexpected.push(message.label)
      }
    })
    const abort = new AbortController()
    const aborted = requester.request({ label: "aborted" }, { signal: abort.signal })
    const kept = requester.request({ label: "kept" })
    await until(() => requester.pending === 2)
    abort.abort(new Error("enough"))
    const reason = await aborted.catch(String)
    assert.strictEqual(reason, "Error: enough")
    const answer = async () => {
      const question = await server.receive()
      await msmq.reply(question, { label: `answer to ${question.label}` })
    }
    await answer()
    await answer()
    assert.strictEqual((await kept).label, "answer to kept")
    assert.deepStrictEqual(unexpected, ["answer to aborted"])
    const pending = requester.request({ label: "pending" }).catch(String)
    const queues = await msmq.queueManager.privateQueues()
    assert.strictEqual(queues.length, 2)
    await requester.close()
    assert.include(await pending, "requester of .\\private$\\prices is closed")
    assert.strictEqual((await msmq.queueManager.privateQueues()).length, 1)
    const other = await msmq.openRequester(prices)
    const last = other.request({ label: "last" }).catch(String)
    await msmq.close()
    assert.include(await last, "closed")
    assert.isFalse(other.isOpen)
  })
})
