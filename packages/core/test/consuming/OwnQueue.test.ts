import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openOwnQueue } from "../../src/internal/arrival/OwnQueue.ts"
import * as operations from "../../src/internal/telemetry/Operation.ts"

const purpose = {
  owner: { kind: "consumer", name: null },
  prefix: "own-queue-",
  label: "a queue of this process",
  transactional: false
}

const failure = (name: string, code: number): Mqrt.MqrtFailure =>
  new Mqrt.MqrtFailure({ function: name, code, properties: [] })

const exists = failure("MQCreateQueue", errors.MQ_ERROR_QUEUE_EXISTS)
const denied = failure("MQCreateQueue", errors.MQ_ERROR_ACCESS_DENIED)
const notAvailable = failure("MQPathNameToFormatName", errors.MQ_ERROR_SERVICE_NOT_AVAILABLE)

/** Opens a queue of the process, where the first creation fails, and a search as given. */
const open = (creation: Mqrt.MqrtFailure, search?: Mqrt.MqrtFailure) =>
  Mqrt.Mqrt.use((mqrt) => {
    let isFirst = true
    const decorated: Mqrt.Mqrt["Service"] = {
      ...mqrt,
      createQueue: (...given) => {
        if (!isFirst) return mqrt.createQueue(...given)
        isFirst = false
        return Effect.fail(creation)
      },
      pathNameToFormatName: (pathName) =>
        search === undefined ? mqrt.pathNameToFormatName(pathName) : Effect.fail(search)
    }
    return openOwnQueue(decorated, operations.Receiver.consume, purpose)
  }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))

describe("a queue of a process", () => {
  it.effect("is the next one where another process has just deleted the first", () =>
    Effect.map(open(exists), ({ name }) => assert.strictEqual(name, ".\\private$\\own-queue-2"))
  )

  it.effect("is opened later where the service did not answer meanwhile", () =>
    Effect.gen(function* () {
      for (const creation of [exists, denied]) {
        const error = yield* Effect.flip(open(creation, notAvailable))
        assert.strictEqual(error.reason._tag, "ServiceNotAvailable")
        assert.isTrue(error.isRetryable)
      }
    })
  )

  it.effect("fails with why it cannot be created where there is none", () =>
    Effect.map(Effect.flip(open(denied)), ({ reason }) => assert.strictEqual(reason._tag, "AccessDenied"))
  )
})
