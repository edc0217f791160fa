/** Batches that are cancelled while the backend sends them. */
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { RemoteClient } from "../../src/internal/gateway/Clients.ts"
import { handlersOf } from "../../src/internal/gateway/handlers.ts"
import { Session } from "../../src/internal/gateway/Session.ts"

/** Session whose backend sends a batch, and what waits for its answer. */
const sending = Effect.gen(function* () {
  const [began, accepted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const mqrt: Pick<MqrtFunctions, "sendMessages"> = {
    sendMessages: (_, { length }) =>
      Deferred.succeed(began, undefined).pipe(
        Effect.andThen(Deferred.await(accepted)),
        Effect.as({ accepted: length, messageIds: null, failure: null })
      )
  }
  const session = new Session({ name: "orders" }, { mqrt, computer: { names: new Set(), id: undefined } } as never)
  const remote = new RemoteClient("orders")
  session.remote = remote
  const handle = yield* session.handles.open({
    kind: "queue",
    function: "MQOpenQueue",
    rights: new Set(["send"]),
    acquire: Effect.succeed(1n),
    release: () => Effect.void
  })
  const { sendMessages } = handlersOf(
    session,
    () => Effect.never,
    () => false
  )
  const options = { transaction: "none", securityContext: null, messageIds: false }
  const call = sendMessages({
    key: 1,
    handle,
    messages: [{ adminQueue: null, deadLetterQueue: null }],
    options
  } as never)
  const answer = yield* Effect.forkChild(call)
  yield* Deferred.await(began)
  // The backend has told so in the middle of the step that begins the call.
  yield* Effect.yieldNow
  return { accepted: Deferred.succeed(accepted, undefined), answer, remote, session }
})

const sent = { accepted: 1, messageIds: null, failure: null }

describe("a batch that the backend accepts", () => {
  it.effect("is known to be sent where its session ended meanwhile", () =>
    Effect.gen(function* () {
      const { accepted, remote, session } = yield* sending
      const ending = yield* Effect.forkChild(session.end, { startImmediately: true })
      yield* accepted
      yield* Fiber.join(ending)
      assert.deepStrictEqual(remote.outcomeOf(1), Exit.succeed(sent))
    })
  )

  it.effect("is answered where its client cancelled it meanwhile", () =>
    Effect.gen(function* () {
      const { accepted, answer, session } = yield* sending
      const cancelling = yield* Effect.forkChild(session.cancel(1), { startImmediately: true })
      yield* accepted
      yield* Fiber.join(cancelling)
      assert.deepStrictEqual(yield* Fiber.join(answer), sent)
    })
  )
})
