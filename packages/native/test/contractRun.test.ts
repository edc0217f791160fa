import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { whatIsMissing } from "./support/capabilities.ts"
import { runContract, sumLine } from "./support/contractRun.ts"

/** A machine in a workgroup: its users have no internal certificate. */
const workgroup = Layer.effect(
  Mqrt.Mqrt,
  Effect.flatMap(Mqrt.Mqrt, (backend) =>
    Mqrt.make({
      ...backend,
      getSecurityContext: () =>
        Effect.fail(
          new Mqrt.MqrtFailure({
            function: "MQGetSecurityContextEx",
            code: ErrorCode.errors.MQ_ERROR_NO_INTERNAL_USER_CERT,
            properties: []
          })
        )
    })
  )
).pipe(Layer.provide(InMemoryMqrt.layer))

/** Queues that promises created or deleted, and those that were there after one. */
const seen = { touched: new Set<string>(), left: new Array<string>() }

/** A machine whose queues are {@link seen}. */
const recorded = (machine: Layer.Layer<Mqrt.Mqrt>) =>
  Layer.effect(
    Mqrt.Mqrt,
    Effect.flatMap(Mqrt.Mqrt, (backend) =>
      Mqrt.make({
        ...backend,
        createQueue: (properties, descriptor) =>
          Effect.suspend(() => {
            seen.touched.add(properties.pathName)
            return backend.createQueue(properties, descriptor)
          }),
        deleteQueue: (formatName) =>
          Effect.suspend(() => {
            seen.touched.add(formatName)
            return backend.deleteQueue(formatName)
          })
      })
    )
  ).pipe(Layer.provide(machine))

/** All promises but the slowest, each of which looks at the end which queues are there. */
const promises = MqrtContract.promises
  .filter(({ name }) => !name.includes("event loop"))
  .map(({ check, name, needs }) => ({
    name,
    needs,
    check: Effect.gen(function* () {
      yield* Effect.scoped(check)
      seen.left.push(...(yield* QueueManager.privateQueues()))
    })
  }))

/** Runs the promises on the machine in a workgroup, once for all tests. */
const workgroupRun = Effect.runSync(
  Effect.cached(
    Effect.gen(function* () {
      const missing = yield* Effect.provide(whatIsMissing(false), workgroup)
      const failures: Array<string> = []
      const print = (line: string) => void (line.startsWith("not ok") && failures.push(line))
      const { skipped } = yield* runContract({ layer: recorded(workgroup), missing, promises, print })
      return { failures, missing, skipped }
    })
  )
)

describe("a run of the contract", () => {
  it.live("skips and counts the promises that the machine cannot keep, and says why", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.provide(whatIsMissing(false), workgroup)
      assert.deepStrictEqual([...missing.keys()], ["authentication", "internal certificate"])
      const lines: Array<string> = []
      const promises = MqrtContract.promises.filter(
        ({ name }) => name.startsWith("a security context") || name.startsWith("label arrives")
      )
      const sum = yield* runContract({ layer: workgroup, missing, promises, print: (line) => void lines.push(line) })
      assert.deepStrictEqual(lines, [
        "ok - label arrives as it was sent",
        "skipped - a security context is refused after its release, and what was sent before arrives: " +
          "MQGetSecurityContextEx returned MQ_ERROR_NO_INTERNAL_USER_CERT, and it works with the directory"
      ])
      assert.strictEqual(sumLine(sum), "1 passed, 0 failed, 1 skipped")
    })
  )

  it.live("keeps all other promises on a machine without an internal certificate", () =>
    Effect.gen(function* () {
      const { failures, skipped } = yield* workgroupRun
      assert.deepStrictEqual(failures, [])
      assert.strictEqual(skipped, 5)
    })
  )

  it.live("reports the difference of a broken promise, and goes on", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const check = Effect.fail("one line\nand another")
      const promises = [
        { name: "broken", needs: [], check },
        { name: "kept", needs: [], check: Effect.void }
      ]
      const print = (line: string) => void lines.push(line)
      const sum = yield* runContract({ layer: InMemoryMqrt.layer, missing: new Map(), promises, print })
      assert.deepStrictEqual(lines, ["not ok - broken\n  one line\n  and another", "ok - kept"])
      assert.strictEqual(sumLine(sum), "1 passed, 1 failed, 0 skipped")
    })
  )

  it.effect("leaves copies in the journal of a real machine only on request", () =>
    Effect.gen(function* () {
      const missing = yield* whatIsMissing(true)
      assert.match(missing.get("journal of the machine") ?? "", /EFFECT_MSMQ_MACHINE_JOURNAL is not 1/)
      const needing = MqrtContract.promises.filter(({ needs }) => needs.includes("journal of the machine"))
      assert.deepStrictEqual(
        needing.map(({ name }) => name),
        ["journaling arrives as it was sent"]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the queues of the contract", () => {
  it.effect("are deleted by their prefix, in any letter case, and no other queue is", () =>
    Effect.gen(function* () {
      const others = ["orders", `x${MqrtContract.queuePrefix}1`, "effect-msmq"]
      const ours = [`${MqrtContract.queuePrefix}1`, `${MqrtContract.queuePrefix.toUpperCase()}2`]
      for (const name of [...others, ...ours]) yield* MessageQueue.create(`.\\private$\\${name}`)
      assert.deepStrictEqual(new Set(yield* MqrtContract.sweep), new Set(ours))
      const left = (yield* QueueManager.privateQueues()).map((pathName) => pathName.split("\\").at(-1))
      assert.deepStrictEqual(new Set(left), new Set(others))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.live("are the only ones that the contract creates, besides those for acknowledgments, and are all deleted", () =>
    Effect.gen(function* () {
      const { missing } = yield* workgroupRun
      // And those that a workgroup cannot keep.
      const others = promises.filter(({ needs }) => needs.some((need) => missing.has(need)))
      assert.strictEqual(others.length, 5)
      const layer = recorded(InMemoryMqrt.layer)
      const sum = yield* runContract({ layer, missing: new Map(), promises: others, print: () => {} })
      assert.strictEqual(sumLine(sum), "5 passed, 0 failed, 0 skipped")
      assert.deepStrictEqual(seen.left, [])
      assert.isAbove(seen.touched.size, 100)
      const foreign = [...seen.touched].filter((name) => {
        const queue = name.split("\\").at(-1) ?? ""
        const own = [MqrtContract.queuePrefix, "effect-msmq-acknowledgments-", "effect-msmq-responses-"]
        return !name.startsWith("PRIVATE=") && !own.some((prefix) => queue.toLowerCase().startsWith(prefix))
      })
      assert.deepStrictEqual(foreign, [])
    })
  )
})
