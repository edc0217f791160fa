import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import { isGuid } from "@effect-msmq/core/mqrt/Guid"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import {
  failsBecause,
  failsWith,
  newChannel,
  newQueue,
  openHandle,
  queuePrefix,
  receiveFrom,
  sendTo
} from "./givens.ts"
import { noChanges } from "./plainRecords.ts"

const propertiesOf = (queue: string) =>
  Mqrt.use((mqrt) => Effect.flatMap(mqrt.pathNameToFormatName(queue), mqrt.getQueueProperties))

/** Tells whether a full path name is that of a queue of this machine, whose name may be any. */
const names = (actual: string, queue: string): boolean =>
  actual.toLowerCase().endsWith(queue.replace(/^\./, "").toLowerCase())

/** Names with spaces, letters beyond ASCII, characters of two units and control characters, and the longest name. */
const unusualNames = [
  " of orders",
  " ",
  "Aufträge",
  "契約",
  "договор Ω",
  "\u{1f4e6}",
  "\t\u0001",
  "!#$%&'()*-./:<=>?@[]^_`{|}~",
  "契".repeat(124 - queuePrefix.length)
].map((name) => queuePrefix + name)

/** Creates, uses and deletes a queue by its path name and its direct name. */
const isUsable = (name: string, otherCase: string) =>
  Effect.gen(function* () {
    const queue = `.\\private$\\${name}`
    const created = Effect.andThen(Effect.ignore(MessageQueue.delete(queue)), MessageQueue.create(queue))
    yield* Effect.acquireRelease(created, () => Effect.ignore(MessageQueue.delete(queue)))
    assert.equal(yield* MessageQueue.exists(queue), true, queue)
    const { pathName } = yield* propertiesOf(queue)
    assert.ok(names(pathName, queue), `path name ${pathName}`)
    const sender = yield* MessageQueue.openSender(`DIRECT=OS:.\\private$\\${otherCase}`)
    const receiver = yield* MessageQueue.openReceiver(queue)
    yield* sender.send({ label: name, responseQueue: `DIRECT=OS:.\\private$\\${name}` })
    const message = yield* receiver.receive
    assert.equal(message.label, name)
    assert.equal(message.responseQueue, `DIRECT=OS:.\\private$\\${name}`)
    yield* MessageQueue.openReceiver(`DIRECT=OS:.\\private$\\${name};JOURNAL`)
  }).pipe(Effect.scoped)

export const queues: ReadonlyArray<ContractPromise> = [
  promise(
    "a queue name holds spaces, characters beyond ASCII and all others but seven, up to 124 units (B-01 to B-03)",
    Effect.forEach(unusualNames, (name) => isUsable(name, name), { discard: true })
  ),
  promise(
    "letter case makes no difference in queue names, in ASCII or beyond (B-04)",
    Effect.andThen(
      isUsable(`${queuePrefix}Case`, `${queuePrefix.toUpperCase()}cASE`),
      isUsable(`${queuePrefix}äΩЖ`, `${queuePrefix.toUpperCase()}Äωж`)
    )
  ),
  promise(
    "a queue name without a legal alphabet is illegal at the seam, too (B-02, B-25)",
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      for (const character of ['"', "+", "\r", "\n", "\\"]) {
        const name = `private$\\${queuePrefix}${character}orders`
        yield* failsWith(mqrt.pathNameToFormatName(`.\\${name}`), "MQ_ERROR_ILLEGAL_QUEUE_PATHNAME")
        yield* failsWith(mqrt.openQueue(`DIRECT=OS:.\\${name}`, "send", "denyNone"), "MQ_ERROR_ILLEGAL_FORMATNAME")
      }
    })
  ),
  promise(
    "a queue exists from its creation to its deletion",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      assert.equal(yield* MessageQueue.exists(queue), true)
      yield* failsBecause(MessageQueue.create(queue), "QueueExists")
      yield* MessageQueue.delete(queue)
      assert.equal(yield* MessageQueue.exists(queue), false)
      yield* failsBecause(MessageQueue.delete(queue), "QueueNotFound")
      yield* failsBecause(MessageQueue.openSender(queue), "QueueNotFound")
      yield* failsBecause(MessageQueue.openReceiver(queue), "QueueNotFound")
    })
  ),
  promise(
    "a queue is created with the documented defaults (C-01)",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const properties = yield* propertiesOf(queue)
      const { label, type, authenticate, transactional, journal, quota, journalQuota, privacyLevel } = properties
      assert.ok(names(properties.pathName, queue), `path name ${properties.pathName}`)
      assert.deepEqual(
        { label, type, authenticate, transactional, journal, quota, journalQuota, privacyLevel },
        {
          label: "",
          type: "00000000-0000-0000-0000-000000000000",
          authenticate: false,
          transactional: false,
          journal: false,
          quota: null,
          journalQuota: null,
          privacyLevel: "optional"
        }
      )
    })
  ),
  promise(
    "the properties of a queue are those it was created with",
    Effect.gen(function* () {
      const options = {
        label: "Aufträge 𝄞",
        type: "01234567-89ab-cdef-0123-456789abcdef",
        authenticate: true,
        transactional: true,
        journal: true,
        quota: 2048,
        journalQuota: 512,
        privacyLevel: "none"
      } as const
      const properties = yield* propertiesOf(yield* newQueue(options))
      const { label, type, authenticate, transactional, journal, quota, journalQuota, privacyLevel } = properties
      assert.deepEqual(
        { label, type: type.toLowerCase(), authenticate, transactional, journal, quota, journalQuota, privacyLevel },
        options
      )
    })
  ),
  promise(
    "properties that are set are read back, and the others stay",
    Effect.gen(function* () {
      const queue = yield* newQueue({ label: "before", quota: 100 })
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.pathNameToFormatName(queue)
      yield* mqrt.setQueueProperties(formatName, { ...noChanges, label: "after", journal: true, journalQuota: 300 })
      const changed = yield* mqrt.getQueueProperties(formatName)
      assert.deepEqual([changed.label, changed.journal, changed.journalQuota, changed.quota], ["after", true, 300, 100])
      assert.ok(changed.modifyTime >= changed.createTime, "it was modified before it was created")
    })
  ),
  promise(
    "a queue label of 124 units is taken and one of 125 refused, at the seam too",
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const label = "ü".repeat(124)
      const queue = yield* newQueue({ label })
      assert.equal((yield* propertiesOf(queue)).label, label)
      yield* failsBecause(MessageQueue.setProperties(queue, { label: `${label}x` }), "IllegalOption")
      const name = yield* mqrt.pathNameToFormatName(queue)
      const { code } = yield* Effect.flip(mqrt.setQueueProperties(name, { ...noChanges, label: `${label}x` }))
      assert.match(ErrorCode.nameOf(code) ?? "", /^MQ_ERROR_(PROPERTY|ILLEGAL_PROPERTY_VALUE)$/)
    })
  ),
  promise(
    "an open queue tells its format name",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const formatName = yield* MessageQueue.formatName(queue)
      const receiver = yield* MessageQueue.openReceiver(queue)
      assert.equal(receiver.formatName.toLowerCase(), formatName.toLowerCase())
    })
  ),
  promise(
    "an exclusive receiver keeps others from receiving until it is closed",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const scope = yield* Scope.make()
      yield* Scope.provide(MessageQueue.openReceiver(queue, { shareMode: "denyReceive" }), scope)
      yield* failsBecause(MessageQueue.openReceiver(queue), "SharingViolation")
      yield* MessageQueue.openSender(queue)
      yield* Scope.close(scope, Exit.void)
      yield* MessageQueue.openReceiver(queue)
    })
  ),
  promise(
    "a handle can do what it was opened for and nothing else",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const [peek, send] = [yield* openHandle(queue, "peek"), yield* openHandle(queue, "send")]
      yield* sendTo(send, [{ label: "stays" }])
      yield* failsWith(receiveFrom(peek), "MQ_ERROR_ACCESS_DENIED")
      yield* failsWith(receiveFrom(send), "MQ_ERROR_ACCESS_DENIED")
      yield* failsWith(sendTo(peek, [{}]), "MQ_ERROR_ACCESS_DENIED")
      assert.equal((yield* receiveFrom(peek, { action: "peekCurrent" })).label, "stays")
    })
  ),
  promise(
    "what is closed twice is closed once, and refused afterwards",
    Effect.gen(function* () {
      const { queue } = yield* newChannel()
      const scope = yield* Scope.make()
      const sender = yield* Scope.provide(MessageQueue.openSender(queue), scope)
      const receiver = yield* Scope.provide(MessageQueue.openReceiver(queue), scope)
      yield* Scope.close(scope, Exit.void)
      yield* Scope.close(scope, Exit.void)
      yield* failsBecause(sender.send({ label: "late" }), "Released")
      yield* failsBecause(receiver.receive, "Released")
      yield* failsBecause(receiver.poll, "Released")
    })
  ),
  promise(
    "the queue manager counts messages without receiving them",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* newChannel()
      const mqrt = yield* Mqrt
      const formatName = yield* mqrt.pathNameToFormatName(queue)
      yield* sender.sendAll([{ label: "one" }, { label: "two", body: new Uint8Array(1000) }])
      const two = yield* mqrt.getQueueInfo(null, formatName)
      assert.equal(two.messageCount, 2, "messages in the queue")
      assert.ok(two.bytesInQueue >= 1000, `${two.bytesInQueue} bytes in the queue`)
      assert.equal(two.isLocal, true)
      assert.equal(two.transactional, false)
      assert.deepEqual(two.sources, [], "sources of streams to a queue that no other machine sends to")
      yield* receiver.receive
      assert.equal((yield* mqrt.getQueueInfo(null, formatName)).messageCount, 1, "messages after one was received")
      const manager = yield* mqrt.getQueueManagerInfo(null)
      assert.ok(
        manager.privateQueues.some((pathName) => names(pathName, queue)),
        `${queue} is not among ${manager.privateQueues.join(", ")}`
      )
    })
  ),
  promise(
    "the journal of a queue counts what was received",
    Effect.gen(function* () {
      const { queue, receiver, sender } = yield* newChannel({ journal: true })
      const mqrt = yield* Mqrt
      yield* sender.sendAll([{ label: "one" }, { label: "two" }])
      yield* receiver.receive
      const info = yield* mqrt.getQueueInfo(null, yield* mqrt.pathNameToFormatName(queue))
      assert.deepEqual([info.messageCount, info.journalMessageCount], [1, 1])
    }),
    ["journals"]
  ),
  promise(
    "the machine tells its id, its name and its version",
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const machine = yield* mqrt.getMachineProperties(null)
      assert.ok(isGuid(machine.machineId), machine.machineId)
      assert.notEqual(machine.pathName, "")
      const computer = yield* mqrt.getPrivateComputerInformation(null)
      assert.ok(computer.version >>> 24 >= 1, `version ${computer.version}`)
      assert.equal(typeof computer.directoryEnabled, "boolean")
    })
  )
]
