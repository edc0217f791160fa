/** Arguments of each function of the seam reach the backend behind a gateway, and its answers come back. */
import { make, Mqrt, MqrtFailure, type MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { lookupActions } from "@effect-msmq/core/mqrt/MessageValues"
import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Layer, Logger, Schema } from "effect"
import { plainMessage, plainQueue, plainSend } from "../../../testing/src/contract/plainRecords.ts"
import { plain, type PlainName } from "../../src/internal/wire/calls.ts"
import * as records from "../../src/internal/wire/records.ts"

type Name = keyof MqrtFunctions
type Given = ReadonlyArray<unknown>

/** Answers that a backend gives instead of its own, by function, and what it was given. */
interface Script {
  readonly answers: Map<Name, Exit.Exit<unknown, MqrtFailure>>
  readonly given: Map<Name, Given>
}

/** Puts a script between a gateway and its backend. */
const scripted = ({ answers, given }: Script) =>
  Layer.effect(
    Mqrt,
    Effect.flatMap(Mqrt, (backend) => {
      const names = Object.keys(backend).filter((name): name is Name => name !== "openHandles")
      const functions = names.map((name) => {
        const own = backend[name] as Effect.Effect<unknown, MqrtFailure> | ((...args: Given) => unknown)
        if (Effect.isEffect(own)) return [name, Effect.suspend(() => answers.get(name) ?? own)]
        return [
          name,
          (...args: Given) =>
            Effect.suspend((): Effect.Effect<unknown, MqrtFailure> => {
              const answer = answers.get(name)
              if (answer === undefined) return own(...args) as Effect.Effect<unknown, MqrtFailure>
              given.set(name, args)
              return answer
            })
        ]
      })
      return make(Object.fromEntries(functions) as MqrtFunctions)
    })
  ).pipe(Layer.provide(InMemoryMqrt.layer))

/** Uses a backend through a gateway, with a script for the backend. */
const throughGateway = <A, E>(use: (mqrt: MqrtFunctions, script: Script) => Effect.Effect<A, E>) => {
  const script: Script = { answers: new Map(), given: new Map() }
  const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected }).pipe(
    Layer.provide(scripted(script)),
    Layer.provide(Logger.layer([]))
  )
  const remote = Layer.unwrap(
    MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(RemoteMqrt.layer({ url, plainReceives: "atMostOnce" })))
  )
  return Mqrt.use((mqrt) => use(mqrt, script)).pipe(
    Effect.provide(Layer.provide(remote, gateway), { local: true }),
    Effect.scoped
  )
}

const randoms = <A>(schema: Schema.Codec<A, unknown>, count = 3): Effect.Effect<ReadonlyArray<A>> =>
  Effect.orDie(Arbitrary.sampleEffect(Arbitrary.schema(schema), { count, size: 20 }))

const failure = new MqrtFailure({
  function: "MQSetQueueProperties",
  code: 0xc00e_0002,
  properties: [
    { property: "PROPID_Q_LABEL", status: 0x400e_0001 },
    { property: "half \ud83d", status: 0 }
  ]
})

const failureOfAnotherGateway = new MqrtFailure({
  function: "MQOpenQueue",
  code: 0,
  properties: [],
  gateway: { kind: "GatewayUnavailable", url: "wss://next.example.com", detail: "nothing listens there" }
})

const lookupActionNames = Object.keys(lookupActions) as ReadonlyArray<keyof typeof lookupActions>

const expectFailure = (actual: MqrtFailure, expected: MqrtFailure): void =>
  assert.deepStrictEqual({ ...actual, stack: "" }, { ...expected, stack: "" })

describe("a function without handles", () => {
  it.live.each(Object.keys(plain) as ReadonlyArray<PlainName>)(
    "%s: arguments and results are those of the backend",
    (name) =>
      throughGateway((mqrt, { answers, given }) =>
        Effect.gen(function* () {
          const call = mqrt[name] as (...args: Given) => Effect.Effect<unknown, MqrtFailure>
          const results = yield* randoms<unknown>(plain[name].returns)
          for (const [index, args] of (yield* randoms<Given>(plain[name].given)).entries()) {
            answers.set(name, Exit.succeed(results[index]))
            assert.deepStrictEqual(yield* call(...args), results[index])
            assert.deepStrictEqual(given.get(name), [...args])
            for (const failed of [failure, failureOfAnotherGateway]) {
              answers.set(name, Exit.fail(failed))
              expectFailure(yield* Effect.flip(call(...args)), failed)
            }
          }
        })
      )
  )
})

/** Opens the queue of a test. */
const openQueue = (mqrt: MqrtFunctions, access: "send" | "receive") =>
  Effect.flatMap(mqrt.createQueue(plainQueue, null), (formatName) => mqrt.openQueue(formatName, access, "denyNone"))

describe("a function with handles", () => {
  it.live("openQueue: name, access and share mode reach the backend", () =>
    throughGateway((mqrt, { answers, given }) =>
      Effect.gen(function* () {
        answers.set("openQueue", Exit.succeed(7n))
        answers.set("closeQueue", Exit.void)
        const args = ["DIRECT=OS:.\\private$\\half \ud83d", "peekAdmin", "denyReceive"] as const
        yield* mqrt.closeQueue(yield* mqrt.openQueue(...args))
        assert.deepStrictEqual(given.get("openQueue"), [...args])
        assert.deepStrictEqual(given.get("closeQueue"), [7n])
        for (const failed of [failure, failureOfAnotherGateway]) {
          answers.set("openQueue", Exit.fail(failed))
          expectFailure(yield* Effect.flip(mqrt.openQueue(...args)), failed)
        }
      })
    )
  )

  it.live("getSecurityContext: certificate, function and credentials reach the backend", () =>
    throughGateway((mqrt, { answers, given }) =>
      Effect.gen(function* () {
        answers.set("getSecurityContext", Exit.succeed(9n))
        answers.set("freeSecurityContext", Exit.void)
        for (const as of yield* randoms(records.credentials)) {
          const certificate = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
          const args = [certificate, "MQGetSecurityContext", as] as const
          yield* mqrt.freeSecurityContext(yield* mqrt.getSecurityContext(...args))
          assert.deepStrictEqual(given.get("getSecurityContext"), [Uint8Array.of(2, 3), "MQGetSecurityContext", as])
        }
      })
    )
  )

  it.live("locateBegin, locateNext: restrictions reach the backend, and its queues come back", () =>
    throughGateway((mqrt, { answers, given }) =>
      Effect.gen(function* () {
        const restrictions = yield* randoms(records.locateRestriction, 5)
        const queues = yield* randoms(records.locatedQueue, 5)
        answers.set("locateBegin", Exit.succeed(8n))
        answers.set("locateNext", Exit.succeed(queues))
        answers.set("locateEnd", Exit.void)
        const search = yield* mqrt.locateBegin(restrictions)
        assert.deepStrictEqual(yield* mqrt.locateNext(search, 17), queues)
        yield* mqrt.locateEnd(search)
        assert.deepStrictEqual(given.get("locateBegin"), [restrictions])
        assert.deepStrictEqual(given.get("locateNext"), [8n, 17])
      })
    )
  )

  it.live("sendMessages: messages and parameters reach the backend, and what was accepted comes back", () =>
    throughGateway((mqrt, { answers, given }) =>
      Effect.gen(function* () {
        const queue = yield* openQueue(mqrt, "send")
        const parameters = yield* randoms(records.sendParameters, 20)
        for (const [index, messages] of (yield* randoms(Schema.Array(records.outgoing), 20)).entries()) {
          const options = { ...plainSend, ...parameters[index], securityContext: null, transaction: "none" } as const
          const messageIds = options.messageIds ? messages.map((_, id) => `{guid}\\${id}`) : null
          answers.set("sendMessages", Exit.succeed({ accepted: messages.length, messageIds, failure: null }))
          const outcome = yield* mqrt.sendMessages(queue, messages, options)
          assert.deepStrictEqual(outcome, { accepted: messages.length, messageIds, failure: null })
          if (messages.length > 0) assert.deepStrictEqual(given.get("sendMessages")?.slice(1, 3), [messages, options])
        }
        for (const failed of [failure, failureOfAnotherGateway]) {
          answers.set("sendMessages", Exit.succeed({ accepted: 1, messageIds: null, failure: failed }))
          const outcome = yield* mqrt.sendMessages(queue, [plainMessage, plainMessage], plainSend)
          assert.strictEqual(outcome.accepted, 1)
          assert(outcome.failure !== null)
          expectFailure(outcome.failure, failed)
        }
      })
    )
  )

  it.live("receiveMessage: options reach the backend, and each property of its message comes back", () =>
    throughGateway((mqrt, { answers, given }) =>
      Effect.gen(function* () {
        const queue = yield* openQueue(mqrt, "receive")
        const reads = yield* randoms(records.read, 20)
        for (const [index, message] of (yield* randoms(records.received, 20)).entries()) {
          const action = (["peekCurrent", "peekNext", "receive"] as const)[index % 3] ?? "receive"
          const read = reads[index]!
          const timeout = [0, 1, 0xffff_ffff, null][index % 4] ?? null
          answers.set("receiveMessage", Exit.succeed(message))
          // A receive outside of a transaction is more calls of the backend than one.
          const transaction = action === "receive" ? "singleMessage" : "none"
          const options = { action, timeout, cursor: null, transaction, read } as const
          assert.deepStrictEqual(yield* mqrt.receiveMessage(queue, options), message)
          assert.deepStrictEqual(given.get("receiveMessage")?.[1], options)
        }
        answers.set("receiveMessage", Exit.fail(failure))
        const transaction = "singleMessage"
        const options = { action: "receive", timeout: 0, cursor: null, transaction, read: reads[0]! } as const
        expectFailure(yield* Effect.flip(mqrt.receiveMessage(queue, options)), failure)
      })
    )
  )

  it.live("receiveMessageByLookupId, moveMessage, markMessageRejected: lookup ids of 64 bits reach the backend", () =>
    throughGateway((mqrt, { answers, given }) =>
      Effect.gen(function* () {
        const queue = yield* openQueue(mqrt, "receive")
        const [message] = yield* randoms(records.received, 1)
        const [read] = yield* randoms(records.read, 1)
        answers.set("receiveMessageByLookupId", Exit.succeed(message))
        answers.set("moveMessage", Exit.void)
        answers.set("markMessageRejected", Exit.void)
        for (const lookupId of [0n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
          for (const action of lookupActionNames) {
            const options = { read: read!, transaction: "none" } as const
            assert.deepStrictEqual(yield* mqrt.receiveMessageByLookupId(queue, lookupId, action, options), message)
            assert.deepStrictEqual(given.get("receiveMessageByLookupId")?.slice(1, 3), [lookupId, action])
          }
          yield* mqrt.moveMessage(queue, queue, lookupId, "none")
          assert.deepStrictEqual(given.get("moveMessage")?.slice(2), [lookupId, "none"])
          yield* mqrt.markMessageRejected(queue, lookupId)
          assert.strictEqual(given.get("markMessageRejected")?.[1], lookupId)
        }
      })
    )
  )
})
