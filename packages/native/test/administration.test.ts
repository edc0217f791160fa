import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Health from "@effect-msmq/core/Health"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import * as QueueSecurity from "@effect-msmq/core/QueueSecurity"
import * as Transaction from "@effect-msmq/core/Transaction"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { control, files, missing } from "./theDouble.ts"

const orders = ".\\private$\\orders"
const there = "DIRECT=OS:warehouse\\private$\\orders"

const assertNothingIsOpen = Effect.sync(() => {
  const { counts, violations } = control.ledger()
  assert.deepStrictEqual(violations, [])
  for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, kind)
})

/** Runs a program on the double, which then has nothing open and nothing to complain of. */
const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt>) =>
  Effect.andThen(Effect.provide(effect, NativeMqrt.layerWith(files), { local: true }), assertNothingIsOpen)

const send = (queue: string, ...labels: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(MessageQueue.openSender(queue), (sender) => sender.sendAll(labels.map((label) => ({ label }))))
  )

describe.skipIf(missing !== null)("administration on the double of mqrt.dll", () => {
  beforeEach(() => control.reset())

  it.live("a queue's properties are read and changed", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders, { label: "Orders", quota: 10 })
      assert.strictEqual(yield* MessageQueue.formatName(orders), formatName)
      yield* MessageQueue.setProperties(orders, { journal: true, quota: "unlimited", multicastAddress: "234.1.1.1:80" })
      const properties = yield* MessageQueue.properties(orders)
      assert.deepInclude(properties, { label: "Orders", journal: true, quota: undefined, type: undefined })
      assert.strictEqual(properties.multicastAddress, "234.1.1.1:80")
      assert.isAbove(properties.createTime.getTime(), Date.UTC(2020, 0))
      yield* MessageQueue.setProperties(orders, { multicastAddress: "none" })
      assert.isUndefined((yield* MessageQueue.properties(orders)).multicastAddress)
    }).pipe(onDouble)
  )

  it.live("a purge removes the messages, and closes the handle that it opened", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* send(orders, "1", "2")
      assert.strictEqual(yield* QueueManager.messageCount(orders), 2)
      yield* MessageQueue.purge(orders)
      assert.strictEqual(yield* QueueManager.messageCount(orders), 0)
      control.failNext("MQPurgeQueue", 0xc00e_0056)
      assert.strictEqual((yield* Effect.flip(MessageQueue.purge(orders))).reason._tag, "StaleHandle")
    }).pipe(onDouble)
  )

  it.live("a subqueue that is named by its path name is of the kind of its queue (B-31)", () =>
    Effect.gen(function* () {
      const [poison, retries] = [`${orders};poison`, ".\\private$\\retries"] as const
      for (const queue of [orders, retries]) yield* MessageQueue.create(queue, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "1" }, { transaction: "singleMessage" })
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* receiver.move(yield* receiver.peek, "poison")
      const { checks } = yield* Health.check({ queues: [{ queue: poison, transactional: true }], maximumDepth: 0 })
      assert.deepStrictEqual(
        checks.slice(1).map(({ healthy, value }) => [healthy, value]),
        [
          [true, undefined],
          [false, 1]
        ]
      )
      // Both queues take part in a transaction, which is known beforehand.
      const redrive = Transaction.run(Effect.andThen(MessageQueue.redrive(poison, retries), Effect.fail("undo")))
      assert.strictEqual(yield* Effect.flip(redrive), "undo")
      assert.strictEqual(yield* QueueManager.messageCount(retries), 0)
      yield* Transaction.run(MessageQueue.redrive(poison, retries))
      assert.strictEqual(yield* QueueManager.messageCount(retries), 1)
    }).pipe(Effect.scoped, onDouble)
  )

  it.live("messages that wait for another machine are counted, paused, resumed, resent and purged", () =>
    Effect.gen(function* () {
      yield* send(there, "1", "2", "3")
      const { endOfData, isLocal, messageCount } = yield* QueueManager.queueInfo(there)
      assert.deepStrictEqual([endOfData, isLocal, messageCount], [undefined, false, 3])
      yield* QueueManager.pause(there)
      yield* QueueManager.resume(there)
      yield* QueueManager.resend(there)
      yield* MessageQueue.purge(there, { outgoing: true })
      assert.strictEqual(yield* QueueManager.messageCount(there), 0)
      yield* MessageQueue.create(orders)
      assert.strictEqual((yield* Effect.flip(QueueManager.pause(orders))).reason._tag, "QueueNotActive")
    }).pipe(onDouble)
  )

  it.live(
    "messages that wait for another machine are read as an administrator, by the name that they were sent to",
    () =>
      Effect.gen(function* () {
        const openAs = (access: "receiveAndAdmin" | "peekAndAdmin") => MessageQueue.openReceiver(there, { access })
        const missing = yield* Effect.flip(Effect.scoped(openAs("peekAndAdmin")))
        assert.strictEqual(missing.reason._tag, "QueueNotFound")
        yield* send(there, "1", "2", "3")
        yield* Effect.gen(function* () {
          const peeker = yield* openAs("peekAndAdmin")
          const receiver = yield* openAs("receiveAndAdmin")
          assert.deepStrictEqual([peeker.transactional, receiver.transactional], [undefined, undefined])
          assert.strictEqual((yield* peeker.peek).label, "1")
          assert.strictEqual((yield* receiver.receive).label, "1")
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.map(peeker.browse, ({ label }) => label)), ["2", "3"])
          assert.strictEqual(Option.getOrThrow(yield* receiver.poll).label, "2")
        }).pipe(Effect.scoped)
        assert.strictEqual(yield* QueueManager.messageCount(there), 1)
        yield* MessageQueue.purge(there, { outgoing: true })
      }).pipe(onDouble)
  )

  it.live("public queues are located page by page, and the search ends once, even if the loop ends early", () =>
    Effect.gen(function* () {
      for (let index = 0; index < 150; index++) control.addPublicQueue(`DOUBLE\\q${index}`, index < 100 ? "A" : "B")
      const all = yield* Stream.runCollect(MessageQueue.locate())
      assert.strictEqual(new Set(all.map(({ pathName }) => pathName)).size, 150)
      assert.strictEqual(control.callCount("MQLocateNext"), 4)
      const [first] = all
      assert.strictEqual(yield* MessageQueue.exists(first?.formatName ?? ""), true)
      const some = MessageQueue.locate([{ property: "label", relation: "equal", value: "B" }])
      assert.strictEqual((yield* Stream.runCollect(some)).length, 50)
      assert.isTrue(Option.isSome(yield* Stream.runHead(some)))
      control.failNext("MQLocateNext", 0xc00e_0013, 2)
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(MessageQueue.locate()))).reason._tag, "NoDs")
      assert.deepStrictEqual([control.callCount("MQLocateBegin"), control.callCount("MQLocateEnd")], [4, 4])
    }).pipe(onDouble)
  )

  it.live("public queues are located by their GUID and by their multicast address", () =>
    Effect.gen(function* () {
      for (const name of ["a", "b", "c"]) control.addPublicQueue(`DOUBLE\\${name}`, name)
      const [first, second] = yield* Stream.runCollect(MessageQueue.locate())
      yield* MessageQueue.setProperties(first?.formatName ?? "", { multicastAddress: "234.1.1.1:8001" })
      yield* MessageQueue.setProperties(second?.formatName ?? "", { multicastAddress: "234.1.1.1:8002" })
      const labels = (restriction: MessageQueue.Restriction) =>
        Effect.map(Stream.runCollect(MessageQueue.locate([restriction])), (found) => found.map(({ label }) => label))
      const value = second?.instance ?? ""
      assert.deepStrictEqual(yield* labels({ property: "instance", relation: "equal", value }), ["b"])
      assert.deepStrictEqual(yield* labels({ property: "instance", relation: "notEqual", value }), ["a", "c"])
      const address = { property: "multicastAddress", value: "234.1.1.1:8001" } as const
      assert.deepStrictEqual(yield* labels({ ...address, relation: "equal" }), ["a"])
      assert.deepStrictEqual(yield* labels({ ...address, relation: "notEqual" }), ["b", "c"])
    }).pipe(onDouble)
  )

  it.live("queues are listed by kind, with their counts, active or not", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(".\\private$\\idle", { transactional: true })
      yield* MessageQueue.create(orders)
      yield* send(orders, "1", "2")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const outgoing = yield* MessageQueue.openSender(there)
          yield* outgoing.send({ label: "1" })
          const [own, ...others] = yield* Stream.runCollect(QueueManager.queues({ kind: "outgoing" }))
          assert.deepStrictEqual(others, [])
          assert.deepStrictEqual([own?.isLocal, own?.messageCount, own?.isActive], [false, 1, true])
          assert.strictEqual(own?.name.toLowerCase(), there.toLowerCase())
        })
      )
      const queues = yield* Stream.runCollect(QueueManager.queues({ kind: "private" }))
      assert.deepStrictEqual(
        queues.map(({ isActive, messageCount, name, state, transactional }) => [
          name.split("\\").at(-1),
          isActive,
          messageCount,
          state,
          transactional
        ]),
        [
          ["idle", false, 0, "INACTIVE", true],
          ["orders", true, 2, "LOCAL CONNECTION", false]
        ]
      )
      const { pathName } = yield* QueueManager.machineProperties()
      control.addPublicQueue(`${pathName}\\orders`, "Orders")
      const [found, ...others] = yield* Stream.runCollect(QueueManager.queues({ kind: "public" }))
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual([found?.name.toLowerCase(), found?.type], [`${pathName}\\orders`.toLowerCase(), "PUBLIC"])
    }).pipe(onDouble)
  )

  it.live("a health check does not wait for a call that does not return, and counts dead letters", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { quota: 0 })
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "1", journaling: { deadLetter: true } })
      control.hold("MQGetQueueProperties")
      const report = yield* Health.check({ queues: [orders], maximumDeadLetters: 0, timeout: "1 second" })
      control.letGo("MQGetQueueProperties")
      assert.deepStrictEqual(
        report.checks.map(({ healthy, message, value }) => [healthy, message, value]),
        [
          [true, "Message Queuing runs", undefined],
          [false, "no answer came within 1s", undefined],
          [
            false,
            "there are more than 0 dead letters of messages that were sent outside of transactions: their class says why they " +
              "failed; MessageQueue.redrive sends them again",
            1
          ],
          [true, "there are 0 dead letters of transactional messages, and may be 0", 0]
        ]
      )
    }).pipe(Effect.scoped, onDouble)
  )

  it.live("a security descriptor is set and read as text", () =>
    Effect.gen(function* () {
      const first = "O:BAG:SYD:P(D;;0x4;;;AN)(A;OICI;0xf003f;;;S-1-5-21-1-2-3-1001)S:AI(AU;FA;GA;;;WD)"
      yield* MessageQueue.create(orders, { securityDescriptor: first })
      assert.strictEqual(yield* QueueSecurity.get(orders, ["owner", "group", "dacl", "sacl"]), first)
      const second = `D:${Array.from({ length: 100 }, (_, user) => `(A;;0x24;;;S-1-5-21-1-2-3-${user})`).join("")}`
      yield* QueueSecurity.set(orders, second)
      assert.strictEqual(yield* QueueSecurity.get(orders, ["dacl"]), second)
      yield* MessageQueue.create(".\\private$\\other")
      assert.match(yield* QueueSecurity.get(".\\private$\\other"), /^O:S-1-5-21-/)
    }).pipe(onDouble)
  )

  it.live("the queue manager tells its own properties", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders)
      assert.deepStrictEqual(yield* QueueManager.activeQueues(), [])
      yield* send(orders, "1")
      assert.deepStrictEqual(yield* QueueManager.activeQueues(), [formatName])
      const [own, ...others] = yield* QueueManager.privateQueues()
      assert.deepStrictEqual(others, [])
      assert.include(own, "\\private$\\orders")
      const { connected, directoryServer } = yield* QueueManager.info()
      assert.deepStrictEqual([connected, directoryServer], [true, undefined])
      assert.deepStrictEqual(yield* QueueManager.privateComputerInformation(), {
        version: { major: 6, minor: 3, build: 0x4563 },
        directoryEnabled: false
      })
      const { machineId, pathName, siteId } = yield* QueueManager.machineProperties()
      assert.strictEqual((yield* QueueManager.machineProperties(machineId)).pathName, pathName)
      const unknown = yield* Effect.flip(QueueManager.machineProperties("00000000-0000-4000-8000-000000000000"))
      assert.strictEqual(unknown.reason._tag, "NoDs")
      assert.strictEqual(own?.split("\\")[0]?.toLowerCase(), pathName.toLowerCase())
      assert.isUndefined(siteId)
      yield* QueueManager.disconnect()
      yield* QueueManager.connect()
      yield* QueueManager.tidy()
      const error = yield* Effect.flip(QueueManager.info("elsewhere"))
      assert.deepStrictEqual([error.reason._tag, error.computer], ["RemoteMachineNotAvailable", "elsewhere"])
      assert.strictEqual(
        (yield* Effect.flip(QueueManager.messageCount(".\\private$\\none"))).reason._tag,
        "QueueNotFound"
      )
    }).pipe(onDouble)
  )

  it.live("an internal certificate that exists stays, or is made again", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* QueueManager.registerCertificate({ ifNotExists: true }), "existed")
      assert.strictEqual(yield* QueueManager.registerCertificate(), "registered")
    }).pipe(onDouble)
  )
})
