import { errors } from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  code,
  codeOf,
  create,
  direct,
  drained,
  ends,
  labelled,
  message,
  path,
  plain,
  queueProperties,
  receiving,
  rejectedClasses,
  text
} from "./seam.ts"
import { noChanges } from "../../src/contract/plainRecords.ts"
import { elapse } from "../../../core/test/support/settled.ts"
import {
  MQ_ERROR_NO_DS,
  MQ_ERROR_QUEUE_NOT_FOUND,
  MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION,
  atWarehouse,
  createPublic,
  domain,
  formatNameOf,
  labelsIn,
  list,
  machines,
  open,
  propertiesOf,
  send,
  setDirectoryAvailable,
  setList,
  warehouseId,
  workgroup
} from "../support/threeMachines.ts"

const control = MsmqControl.MsmqControl

type Call = Effect.Effect<unknown, Mqrt.MqrtFailure, Mqrt.Mqrt>

describe("public queues", () => {
  it.effect("can be created from any machine, and have names that private ones lack (C-10)", () =>
    Effect.gen(function* () {
      const formatName = yield* createPublic("warehouse\\orders", { label: "all orders", basePriority: 7 })
      assert.strictEqual(formatName, "PUBLIC=00000001-0000-4000-8000-000000000002")
      const properties = {
        ...queueProperties,
        pathName: "WAREHOUSE\\orders",
        label: "all orders",
        basePriority: 7,
        instance: "00000001-0000-4000-8000-000000000002",
        createTime: 0,
        modifyTime: 0,
        pathNameDns: "warehouse.domain.test\\orders",
        adsPath: "LDAP://CN=orders,CN=msmq,CN=WAREHOUSE,CN=Computers,DC=domain,DC=test"
      }
      for (const ask of [propertiesOf(formatName), atWarehouse(propertiesOf("DIRECT=OS:.\\orders"))]) {
        assert.deepStrictEqual(yield* ask, properties)
      }
      for (const pathName of ["WAREHOUSE\\ORDERS", "warehouse.domain.test\\orders"]) {
        assert.strictEqual(yield* formatNameOf(pathName), formatName)
      }
      assert.strictEqual(yield* atWarehouse(formatNameOf(".\\orders")), formatName)
      assert.strictEqual(yield* code(createPublic("WAREHOUSE\\Orders")), errors.MQ_ERROR_QUEUE_EXISTS)
    }).pipe(Effect.provide(domain))
  )

  it.effect("private queues are created on their own machine only, and none for an unknown machine (C-10)", () =>
    Effect.gen(function* () {
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_OPERATION
      assert.strictEqual(yield* code(createPublic("warehouse\\private$\\orders")), unsupported)
      assert.strictEqual(yield* code(createPublic("elsewhere\\orders")), errors.MQ_ERROR_INVALID_OWNER)
      assert.strictEqual(yield* code(createPublic("warehouse\\orders;sub")), errors.MQ_ERROR_ILLEGAL_QUEUE_PATHNAME)
      for (const pathName of ["elsewhere\\orders", "warehouse\\orders", ".\\orders"]) {
        assert.strictEqual(yield* code(formatNameOf(pathName)), MQ_ERROR_QUEUE_NOT_FOUND)
      }
    }).pipe(Effect.provide(domain))
  )

  it.effect("are not the private queues of the same name, and only the private one is listed as private", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const privateName = yield* create()
      const publicName = yield* createPublic(".\\orders")
      yield* send("DIRECT=OS:office\\orders", ["public"])
      yield* send("DIRECT=OS:office\\private$\\orders", ["private"])
      assert.deepStrictEqual(yield* labelsIn(publicName), ["public"])
      assert.deepStrictEqual(yield* labelsIn(privateName), ["private"])
      assert.deepStrictEqual((yield* mqrt.getQueueManagerInfo(null)).privateQueues, ["OFFICE\\private$\\orders"])
    }).pipe(Effect.provide(domain))
  )

  it.effect("are reached from another machine by path name, GUID and direct names (B-07)", () =>
    Effect.gen(function* () {
      const formatName = yield* atWarehouse(createPublic(".\\orders", { journal: true }))
      const names = [
        formatName,
        formatName.toLowerCase(),
        "DIRECT=OS:WAREHOUSE\\orders",
        "DIRECT=OS:warehouse.domain.test\\orders",
        "DIRECT=TCP:10.0.0.2\\orders"
      ]
      for (const name of names) yield* send(name, [name])
      const sender = yield* MessageQueue.openSender("WAREHOUSE\\orders")
      yield* sender.send({ label: "by its path" })
      // The first message is received from another machine, the others on their own.
      const receiver = yield* open(formatName, "receive")
      const mqrt = yield* Mqrt.Mqrt
      const [first, ...others] = [...names, "by its path"]
      assert.strictEqual((yield* mqrt.receiveMessage(receiver, receiving())).label, first)
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(formatName)), others)
      assert.strictEqual((yield* labelsIn(`${formatName};JOURNAL`)).length, names.length + 1)
    }).pipe(Effect.scoped, Effect.provide(domain))
  )

  it.effect("have their properties read and set, and are deleted, from every machine (C-46, C-51)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* createPublic("warehouse\\orders")
      const changes = { ...noChanges, label: "new" }
      yield* mqrt.setQueueProperties(formatName, changes)
      assert.strictEqual((yield* atWarehouse(propertiesOf("DIRECT=OS:.\\orders"))).label, "new")
      yield* atWarehouse(control.use((msmq) => msmq.deny({ queue: ".\\orders", rights: ["deleteQueue"] })))
      assert.strictEqual(yield* code(mqrt.deleteQueue(formatName)), errors.MQ_ERROR_ACCESS_DENIED)
      yield* atWarehouse(control.use((msmq) => msmq.allow({ queue: ".\\orders", rights: ["deleteQueue"] })))
      const own = yield* atWarehouse(create())
      for (const call of [
        propertiesOf(own),
        mqrt.setQueueProperties(own, changes),
        mqrt.deleteQueue(own),
        propertiesOf(`${formatName};JOURNAL`)
      ]) {
        assert.strictEqual(yield* code<unknown, Mqrt.Mqrt>(call), MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION)
      }
      yield* mqrt.deleteQueue(formatName)
      for (const call of [propertiesOf(formatName), open(formatName), mqrt.deleteQueue(formatName)]) {
        assert.strictEqual(yield* code<unknown, Mqrt.Mqrt>(call), MQ_ERROR_QUEUE_NOT_FOUND)
      }
      assert.strictEqual(yield* code(atWarehouse(open("DIRECT=OS:.\\orders"))), MQ_ERROR_QUEUE_NOT_FOUND)
    }).pipe(Effect.provide(domain))
  )

  it.effect("refuse the messages that arrive after their deletion (C-28)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* createPublic("warehouse\\orders")
      const sender = yield* open(formatName)
      yield* mqrt.deleteQueue(formatName)
      assert.strictEqual((yield* mqrt.sendMessages(sender, [message()], plain)).accepted, 1)
      assert.deepStrictEqual(yield* atWarehouse(rejectedClasses), [0x8000])
      const again = yield* createPublic("warehouse\\orders")
      assert.notStrictEqual(again, formatName)
    }).pipe(Effect.provide(domain))
  )

  it.effect(
    "are visible to other machines once the directory has replicated them, and to their own and their creator's at once (C-14)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const formatName = yield* createPublic("warehouse\\orders")
        const seen = Effect.gen(function* () {
          const found = yield* Effect.flatMap(mqrt.locateBegin([]), (handle) => mqrt.locateNext(handle, 10))
          return [found.length, yield* formatNameOf("warehouse\\orders"), yield* Effect.as(open(formatName), "opens")]
        })
        yield* seen
        yield* atWarehouse(Effect.andThen(formatNameOf(".\\orders"), open(formatName)))
        const atYard = MsmqControl.on("YARD")
        yield* elapse("14 minutes")
        const calls: ReadonlyArray<Call> = [
          formatNameOf("warehouse\\orders"),
          open(formatName),
          propertiesOf(formatName)
        ]
        for (const call of calls) {
          assert.strictEqual(yield* code(atYard(call)), MQ_ERROR_QUEUE_NOT_FOUND)
        }
        // A direct name needs no directory.
        yield* atYard(send("DIRECT=OS:WAREHOUSE\\orders", ["direct"]))
        yield* elapse("1 minute")
        yield* atYard(send(formatName, ["copied"]))
        assert.deepStrictEqual(yield* atWarehouse(labelsIn(formatName)), ["direct", "copied"])
      }).pipe(Effect.provide(InMemoryMqrt.layerWith({ machines, replicationDelay: "15 minutes" })))
  )

  it.effect("get their messages in the order of base priority and message priority together (D-12)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const high = yield* createPublic("warehouse\\high", { basePriority: 3 })
      const low = yield* createPublic("warehouse\\low", { basePriority: -3 })
      yield* atWarehouse(create({ basePriority: 100 }))
      yield* atWarehouse(create({ pathName: ".\\private$\\acks" }))
      yield* control.use((msmq) => msmq.cutLink("WAREHOUSE"))
      const destinations = [low, "DIRECT=OS:WAREHOUSE\\private$\\orders", high]
      for (const destination of destinations) {
        const sender = yield* open(destination)
        const messages = [1, 6].map((priority) =>
          message({
            priority,
            acknowledge: {
              positiveArrival: true,
              positiveReceive: false,
              negativeArrival: false,
              negativeReceive: false
            },
            adminQueue: "DIRECT=OS:WAREHOUSE\\private$\\acks"
          })
        )
        yield* mqrt.sendMessages(sender, messages, plain)
      }
      yield* control.use((msmq) => msmq.joinLink("WAREHOUSE"))
      const acknowledged = yield* atWarehouse(drained("DIRECT=OS:.\\private$\\acks"))
      const order = acknowledged.map(({ responseQueue }) => destinations.indexOf(responseQueue ?? ""))
      // The sums are 9, 6, 4, 3, 1, -2: a private queue has no base priority.
      assert.deepStrictEqual(order, [2, 1, 2, 0, 1, 0])
    }).pipe(Effect.provide(domain))
  )
})

describe("without the directory", () => {
  it.effect("no public queue is created, found or resolved until the directory is available again (C-11, C-49)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const own = yield* createPublic(".\\orders")
      const other = yield* createPublic("warehouse\\orders")
      yield* setList([own])
      const otherPrivate = yield* atWarehouse(create())
      const sender = yield* open(other)
      const search = yield* mqrt.locateBegin([])
      yield* setDirectoryAvailable(false)
      const calls: ReadonlyArray<Call> = [
        createPublic(".\\more"),
        formatNameOf("warehouse\\orders"),
        formatNameOf(".\\orders"),
        propertiesOf(other),
        mqrt.deleteQueue(own),
        open(other),
        open(otherPrivate),
        open(`DL=${list}`),
        mqrt.locateBegin([]),
        mqrt.locateNext(search, 1),
        mqrt.adsPathToFormatName("LDAP://CN=orders"),
        mqrt.getMachineProperties("warehouse"),
        mqrt.registerCertificate(null, false),
        mqrt.registerCertificate(text("certificate"), false)
      ]
      for (const call of calls) assert.strictEqual(yield* code(call), MQ_ERROR_NO_DS)
      // Open handles stay open, and local queues are found.
      assert.strictEqual((yield* mqrt.sendMessages(sender, labelled("goes"), plain)).accepted, 1)
      yield* send(own, ["stays"])
      yield* create()
      assert.strictEqual(yield* mqrt.registerCertificate(null, true), "existed")
      assert.isNull((yield* mqrt.getQueueManagerInfo(null)).directoryServer)
      assert.isTrue((yield* mqrt.getPrivateComputerInformation(null)).directoryEnabled)
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(other)), ["goes"])
      yield* setDirectoryAvailable(true)
      assert.deepStrictEqual(yield* labelsIn(yield* formatNameOf(".\\orders")), ["stays"])
      assert.strictEqual((yield* mqrt.locateNext(search, 9)).length, 2)
    }).pipe(Effect.provide(domain))
  )

  it.effect("a signature with a SID cannot be verified, and one without a SID can (A-58)", () =>
    Effect.gen(function* () {
      const name = yield* atWarehouse(create())
      const signed = { authenticationLevel: "always" } as const
      yield* atWarehouse(setDirectoryAvailable(false))
      yield* send(name, ["with a SID"], signed)
      yield* send(name, ["without"], { ...signed, senderIdType: "none" })
      assert.deepStrictEqual(yield* atWarehouse(rejectedClasses), [0x8006])
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(name)), ["without"])
      yield* atWarehouse(setDirectoryAvailable(true))
      yield* setDirectoryAvailable(false)
      yield* send("DIRECT=OS:WAREHOUSE\\private$\\orders", ["verified there"], signed)
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(name)), ["verified there"])
    }).pipe(Effect.provide(domain))
  )

  it.effect(
    "in a workgroup another machine's queue is read as anonymous, who must have the right to receive (E-77, H-11)",
    () =>
      Effect.gen(function* () {
        yield* atWarehouse(create())
        const name = "DIRECT=OS:WAREHOUSE\\private$\\orders"
        yield* atWarehouse(send(direct, ["read"]))
        assert.strictEqual(yield* code(open(name, "receive")), errors.MQ_ERROR_ACCESS_DENIED)
        const anonymous = { queue: path, rights: ["receiveMessage"], sid: "S-1-5-7" } as const
        yield* atWarehouse(control.use((msmq) => msmq.allow(anonymous)))
        assert.deepStrictEqual(yield* labelsIn(name), ["read"])
      }).pipe(Effect.provide(workgroup))
  )

  it.effect("in a workgroup no certificate can be registered, and there is no internal one (A-77, H-11)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      for (const [certificate, ifNotExists] of [
        [null, true],
        [null, false],
        [text("held"), false]
      ] as const) {
        const registering = mqrt.registerCertificate(certificate, ifNotExists)
        assert.strictEqual(yield* code(registering), errors.MQ_ERROR_UNSUPPORTED_OPERATION)
      }
      const context = (certificate: Uint8Array | null) =>
        mqrt.getSecurityContext(certificate, "MQGetSecurityContextEx", null)
      assert.strictEqual(yield* code(context(null)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      const signed = { authenticationLevel: "always" } as const
      assert.strictEqual(codeOf(yield* send([message()], signed)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      const external = { ...signed, securityContext: yield* context(text("held")) }
      yield* send([message()], external)
      yield* send([message()], { ...external, senderIdType: "none" })
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      assert.strictEqual((yield* poll).authenticated, 5)
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({
          workgroup: true,
          certificates: [{ certificate: text("held"), privateKey: true, registered: true }]
        })
      )
    )
  )
})

describe("machines in the directory", () => {
  it.effect(
    "the directory has the properties of every machine, even of those that cannot be reached, and of no other",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* control.use((msmq) => msmq.cutLink("WAREHOUSE"))
        const own = yield* mqrt.getMachineProperties(null)
        for (const name of ["warehouse", "warehouse.domain.test"]) {
          const { encryptionKey, encryptionKeyEnhanced, machineId, pathName, pathNameDns, siteId } =
            yield* mqrt.getMachineProperties(name)
          assert.deepStrictEqual(
            [pathName, pathNameDns, machineId],
            ["WAREHOUSE", "warehouse.domain.test", warehouseId]
          )
          assert.strictEqual(siteId, own.siteId)
          assert.deepStrictEqual([encryptionKey?.length, encryptionKeyEnhanced?.length], [64, 128])
          assert.notDeepEqual(encryptionKey, own.encryptionKey)
        }
        assert.strictEqual(yield* code(mqrt.getMachineProperties("elsewhere")), errors.MQ_ERROR_MACHINE_NOT_FOUND)
        yield* atWarehouse(control.use((msmq) => msmq.setEncryptionKeyPublished(false)))
        assert.isNull((yield* mqrt.getMachineProperties("warehouse")).encryptionKeyAes)
      }).pipe(Effect.provide(domain))
  )

  it.effect("a distribution list takes names that can be sent to, in a domain", () =>
    Effect.gen(function* () {
      for (const name of [path, `MACHINE=${warehouseId};DEADLETTER`, `${direct},${direct}2`]) {
        assert.isTrue((yield* Effect.exit(setList([name])))._tag === "Failure")
      }
      yield* setList([direct])
    }).pipe(Effect.provide(domain))
  )
})
