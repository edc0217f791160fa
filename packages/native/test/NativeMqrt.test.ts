import { errors } from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { Mqrt, type QueueHandle } from "@effect-msmq/core/Mqrt"
import { reasonOf } from "@effect-msmq/core/MsmqError"
import type { QueueChanges } from "@effect-msmq/core/mqrt/QueueProperties"
import * as SecurityContext from "@effect-msmq/core/SecurityContext"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { queueProperties } from "../src/internal/queuePropertyTable.ts"
import { control, files, missing } from "./theDouble.ts"
import { noChanges, plainMessage, plainQueue as plain, plainSend } from "../../testing/src/contract/plainRecords.ts"

const build = Effect.asVoid(Mqrt)

describe("NativeMqrt without Message Queuing", () => {
  it.effect("the layer fails and says what is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(build, NativeMqrt.layerWith({ library: "/nowhere/mqrt.so" })))
      assert.strictEqual(error.reason._tag, "MqrtUnavailable")
      if (error.reason._tag !== "MqrtUnavailable") return
      assert.strictEqual(error.reason.library, "/nowhere/mqrt.so")
      assert.strictEqual(error.reason.platform, process.platform)
      assert.notStrictEqual(error.reason.cause, "")
      assert.include(error.message, "/nowhere/mqrt.so could not be loaded")
    })
  )

  it.effect("MQRT_LIBRARY names the library", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { MQRT_LIBRARY: "/elsewhere/mqrt.so" } }))
      const error = yield* Effect.flip(
        build.pipe(Effect.provide(NativeMqrt.layer, { local: true }), Effect.provide(provider))
      )
      assert.include(error.message, "/elsewhere/mqrt.so")
    })
  )
})

/** For each property that can be set: what a queue is created with, and what it is changed to. */
const values: { readonly [Field in keyof QueueChanges]: readonly [QueueChanges[Field], QueueChanges[Field]] } = {
  label: ["Żółw 🐢", "another"],
  type: ["00112233-4455-6677-8899-aabbccddeeff", "55ee8f32-cce9-11cf-b108-0020afd61ce9"],
  authenticate: [true, false],
  journal: [true, false],
  quota: [100, 0x7fff_ffff],
  journalQuota: [200, 0],
  basePriority: [-32_768, 32_767],
  privacyLevel: ["body", "none"],
  multicastAddress: ["234.1.1.1:8001", "239.255.255.255:65535"]
}

const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt>) =>
  Effect.provide(effect, NativeMqrt.layerWith(files), { local: true })

const assertNothingIsOpen = () => {
  const { counts, violations } = control.ledger()
  assert.deepStrictEqual(violations, [])
  for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, kind)
}

describe.skipIf(missing !== null)("NativeMqrt on the double of mqrt.dll", () => {
  beforeEach(() => control.reset())

  it("this test has a value for every property that can be set", () => {
    const settable = Object.entries(queueProperties).filter(([, { set }]) => set)
    assert.deepStrictEqual(settable.map(([field]) => field).toSorted(), Object.keys(values).toSorted())
  })

  it.live.each(Object.keys(values) as ReadonlyArray<keyof QueueChanges>)(
    "%s is created, read, set and read again",
    (field) =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt
        const [first, second] = values[field]
        const formatName = yield* mqrt.createQueue({ ...plain, [field]: first }, null)
        assert.strictEqual((yield* mqrt.getQueueProperties(formatName))[field], first)
        yield* mqrt.setQueueProperties(formatName, { ...noChanges, [field]: second })
        const after = yield* mqrt.getQueueProperties(formatName)
        assert.strictEqual(after[field], second)
        assert.deepStrictEqual(
          { ...plain, ...after, pathName: plain.pathName, [field]: plain[field] },
          {
            ...after,
            ...plain
          }
        )
        yield* mqrt.deleteQueue(formatName)
      }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("the multicast address can be removed", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue({ ...plain, multicastAddress: "234.1.1.1:8001" }, null)
      yield* mqrt.setQueueProperties(formatName, { ...noChanges, multicastAddress: "" })
      assert.isNull((yield* mqrt.getQueueProperties(formatName)).multicastAddress)
    }).pipe(onDouble)
  )

  it.live("a queue is created, found, opened, used and deleted", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.createQueue(plain, null)
      assert.strictEqual(yield* mqrt.pathNameToFormatName(plain.pathName), formatName)
      const queue = yield* mqrt.openQueue(formatName, "receive", "denyNone")
      const cursor = yield* mqrt.createCursor(queue)
      yield* mqrt.closeCursor(cursor)
      yield* mqrt.purgeQueue(queue)
      const info = yield* mqrt.getQueueInfo(null, formatName)
      assert.deepStrictEqual([info.formatName, info.isLocal, info.messageCount], [formatName, true, 0])
      assert.include((yield* mqrt.getQueueManagerInfo(null)).activeQueues, formatName)
      yield* mqrt.closeQueue(queue)
      const parts = { owner: true, group: true, dacl: true, sacl: false }
      const descriptor = yield* mqrt.getQueueSecurity(formatName, parts)
      assert.isAbove(descriptor.length, 20)
      yield* mqrt.setQueueSecurity(formatName, parts, descriptor)
      assert.deepStrictEqual(yield* mqrt.getQueueSecurity(formatName, parts), descriptor)
      yield* mqrt.deleteQueue(formatName)
      const failure = yield* Effect.flip(mqrt.deleteQueue(formatName))
      assert.deepStrictEqual([failure.function, failure.code], ["MQDeleteQueue", errors.MQ_ERROR_QUEUE_NOT_FOUND])
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("an error names the refused property", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const failure = yield* Effect.flip(mqrt.createQueue({ ...plain, pathName: "no path name" }, null))
      assert.strictEqual(failure.function, "MQCreateQueue")
      if (failure.code === errors.MQ_ERROR_PROPERTY) {
        assert.deepStrictEqual(
          failure.properties.map(({ property }) => property),
          ["PROPID_Q_PATHNAME"]
        )
      }
    }).pipe(onDouble)
  )

  it.live("public queues are found in the directory", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      for (const name of ["one", "two", "three"]) control.addPublicQueue(`DOUBLE\\${name}`, name === "two" ? "b" : "a")
      const handle = yield* mqrt.locateBegin([{ property: "label", relation: "equal", value: "a" }])
      const first = yield* mqrt.locateNext(handle, 1)
      const rest = yield* mqrt.locateNext(handle, 10)
      assert.deepStrictEqual(yield* mqrt.locateNext(handle, 10), [])
      yield* mqrt.locateEnd(handle)
      const found = [...first, ...rest]
      assert.strictEqual(first.length, 1)
      assert.deepStrictEqual(found.map(({ pathName }) => pathName.toLowerCase()).toSorted(), [
        "double\\one",
        "double\\three"
      ])
      const [queue] = found
      if (queue === undefined) return
      assert.strictEqual(queue.label, "a")
      assert.isFalse(queue.transactional)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("transactions commit, abort and are released", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const committed = yield* mqrt.beginTransaction
      yield* mqrt.commitTransaction(committed)
      yield* mqrt.releaseTransaction(committed)
      const aborted = yield* mqrt.beginTransaction
      yield* mqrt.abortTransaction(aborted)
      yield* mqrt.releaseTransaction(aborted)
      const dropped = yield* mqrt.beginTransaction
      yield* mqrt.releaseTransaction(dropped)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("a queue handle of any 64 bits arrives at the library unchanged", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const handles = [2n ** 32n - 1n, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 64n - 3n]
      for (const handle of handles) {
        const { accepted, failure } = yield* mqrt.sendMessages(handle as QueueHandle, [plainMessage], plainSend)
        assert.strictEqual(accepted, 0)
        assert.strictEqual(failure?.code, errors.MQ_ERROR_INVALID_HANDLE)
      }
      const { violations } = control.ledger()
      assert.deepStrictEqual(
        violations,
        handles.map((handle) => `MQSendMessage: 0x${handle.toString(16)} is no queue handle`)
      )
    }).pipe(onDouble)
  )

  it.live("machines tell their properties", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      assert.match((yield* mqrt.getMachineProperties(null)).machineId, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      assert.isAbove((yield* mqrt.getPrivateComputerInformation(null)).version, 0)
      yield* mqrt.machineAction(null, "TIDY")
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("every error code arrives with its name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      for (const [name, code] of Object.entries(errors)) {
        control.failNext("MQDeleteQueue", code)
        const failure = yield* Effect.flip(mqrt.deleteQueue("DIRECT=OS:.\\private$\\x"))
        const reason = reasonOf(failure)
        assert.deepStrictEqual(["name" in reason ? reason.name : reason._tag, failure.code], [name, code])
      }
    }).pipe(onDouble)
  )

  describe("security contexts", () => {
    const der = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x07)

    it.live.each(["MQGetSecurityContextEx", "MQGetSecurityContext"] as const)("%s gets one, which is freed", (api) =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt
        const internal = yield* mqrt.getSecurityContext(null, api, null)
        assert.strictEqual(control.lastCertificateLength(), 0)
        const external = yield* mqrt.getSecurityContext(der, api, null)
        assert.strictEqual(control.lastCertificateLength(), der.length)
        yield* mqrt.freeSecurityContext(external)
        yield* mqrt.freeSecurityContext(internal)
      }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
    )

    it.live("a handle that does not fit 32 bits is freed and refused", () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt
        control.setHandleHighBits(1)
        const failure = yield* Effect.flip(mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null))
        assert.strictEqual(failure.code, 0x8007_0216)
        assert.strictEqual(control.callCount("MQFreeSecurityContext"), 1)
      }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
    )

    it.live("are got and freed on the main thread, and calls that may wait run on others", () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt
        yield* mqrt.freeSecurityContext(yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null))
        yield* mqrt.getPrivateComputerInformation(null)
        const main = control.threadOfLastCall("MQGetSecurityContextEx")
        assert.strictEqual(control.threadOfLastCall("MQFreeSecurityContext"), main)
        assert.notStrictEqual(control.threadOfLastCall("MQGetPrivateComputerInformation"), main)
      }).pipe(onDouble)
    )

    const alice = { user: "alice", domain: null, password: Redacted.make("secret") }
    const logged = () => control.identityLog().map((line) => line.split(" ", 1)[0])

    it.live("are got as another user, and then as the user of the process again", () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt
        const context = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", alice)
        assert.deepStrictEqual(logged(), ["LogonUserW", "ImpersonateLoggedOnUser", "RevertToSelf", "CloseHandle"])
        assert.strictEqual(control.openTokens(), 0)
        assert.notInclude(control.identityLog().join(), "violation")
        yield* mqrt.freeSecurityContext(context)
      }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
    )

    it.live.each([
      ["LogonUserW", 0x8007_052e],
      ["ImpersonateLoggedOnUser", 0x8007_0005]
    ] as const)("are not got as another user when %s fails", ([name, code]) =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt
        control.identityFailNext(name)
        const failure = yield* Effect.flip(mqrt.getSecurityContext(null, "MQGetSecurityContextEx", alice))
        assert.deepStrictEqual([failure.function, failure.code], [name, code])
        assert.strictEqual(control.openTokens(), 0)
        assert.strictEqual(control.callCount("MQGetSecurityContextEx"), 0)
      }).pipe(onDouble)
    )
  })

  it.live("closing the layer closes all handles, and then releases the library", () =>
    Effect.gen(function* () {
      const outer = yield* Scope.make()
      yield* Effect.gen(function* () {
        const mqrt = yield* Mqrt
        yield* mqrt.createQueue(plain, null)
        yield* Scope.provide(MessageQueue.openReceiver(plain.pathName), outer)
        yield* Scope.provide(SecurityContext.acquire(), outer)
        assert.strictEqual(control.ledger().counts["queue"]?.open, 1)
        assert.strictEqual(control.ledger().counts["securityContext"]?.open, 1)
      }).pipe(onDouble)
      assertNothingIsOpen()
      yield* Scope.close(outer, Exit.void)
      assert.strictEqual(control.callCount("MQCloseQueue"), 1)
    })
  )

  it.live("a service that is used after its layer has closed dies with a defect, and does not crash the process", () =>
    Effect.gen(function* () {
      const mqrt = yield* onDouble(Effect.map(Mqrt, (service) => service))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(mqrt.deleteQueue("DIRECT=OS:.\\private$\\x"))))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null))))
    })
  )

  it.live("two layers at once are independent of each other", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      yield* Effect.asVoid(Mqrt).pipe(onDouble)
      assert.isAbove((yield* mqrt.getPrivateComputerInformation(null)).version, 0)
    }).pipe(onDouble)
  )
})

describe.skipIf(missing !== null)("the place that an error names", () => {
  beforeEach(control.reset)

  it.effect("is in the program, and not in the backend that the program waited for", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\orders")
      const scope = yield* Scope.make()
      const sender = yield* Scope.provide(MessageQueue.openSender(".\\private$\\orders"), scope)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(sender.send({}))
      assert(error.reason._tag === "Released")
      assert.notInclude(error.reason.openedAt, "packages/native/src")
      assert.notInclude(error.reason.releasedAt, "packages/native/src")
      assert.notInclude(error.message, "packages/native/src")
    }).pipe(Effect.provide(NativeMqrt.layerWith(files)))
  )
})
