import { errors } from "@effect-msmq/core/ErrorCode"
import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { LocateRestriction, NewQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
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

const machines = [
  { machineName: "OFFICE" },
  { machineName: "WAREHOUSE", permitInsecureNacks: true },
  { machineName: "YARD" }
] as const
const domain = InMemoryMqrt.layerWith({ machines })
const workgroup = InMemoryMqrt.layerWith({ machines, workgroup: true })

const atWarehouse = MsmqControl.on("WAREHOUSE")
const control = MsmqControl.MsmqControl

const warehouseId = "6d736d71-0000-4000-8000-000000000002"
const unknown = "11111111-2222-3333-4444-555555555555"
const list = "99999999-8888-7777-6666-555555555555"

const { MQ_ERROR_NO_DS, MQ_ERROR_QUEUE_NOT_FOUND, MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION } = errors

type Call = Effect.Effect<unknown, Mqrt.MqrtFailure, Mqrt.Mqrt>

const createPublic = (pathName: string, fields: Partial<NewQueueProperties> = {}) => create({ ...fields, pathName })

const open = (formatName: string, access: Mqrt.Access = "send") =>
  Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(formatName, access, "denyNone"))

const send = (formatName: string, labels: ReadonlyArray<string>, options: Partial<SendParameters> = {}) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    return yield* mqrt.sendMessages(yield* open(formatName), labelled(...labels), { ...plain, ...options })
  })

const labelsIn = (formatName: string) =>
  Effect.map(drained(formatName), (messages) => messages.map(({ label }) => label))

const formatNameOf = (pathName: string) => Mqrt.Mqrt.use((mqrt) => mqrt.pathNameToFormatName(pathName))
const propertiesOf = (formatName: string) => Mqrt.Mqrt.use((mqrt) => mqrt.getQueueProperties(formatName))
const setDirectoryAvailable = (available: boolean) => control.use((msmq) => msmq.setDirectoryAvailable(available))
const setList = (queues: ReadonlyArray<string>) => control.use((msmq) => msmq.setDistributionList(list, queues))

describe("public queues", () => {
  it.effect("C-10 one can be created from any machine, and has names that a private one has not", () =>
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

  it.effect("C-10 private ones are created at home only, and none for a machine that nobody knows", () =>
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

  it.effect("a public and a private queue of one name are two, and only the private one is listed as such", () =>
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

  it.effect("B-07 its path name, its GUID and its direct names lead to it from another machine", () =>
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

  it.effect("C-46, C-51 its properties are read and set, and it is deleted, from every machine", () =>
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

  it.effect("C-28 what is under way to one when it is deleted arrives and is refused", () =>
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
    "C-14 other machines see a new one when the directory has copied it, its own and its creator's at once",
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

  it.effect("D-12 what goes to one machine is ordered by base priority of the queue and priority together", () =>
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

describe("searching", () => {
  const locate = (restrictions: ReadonlyArray<LocateRestriction>) =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handle = yield* mqrt.locateBegin(restrictions)
      const found = yield* mqrt.locateNext(handle, 100)
      yield* mqrt.locateEnd(handle)
      return found.map(({ pathName }) => pathName)
    })

  it.effect("C-49 it finds public queues of all machines, a few at a time, and never private ones", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const type = "11111111-2222-3333-4444-555555555555"
      yield* createPublic(".\\one", { label: "first", type, transactional: true })
      yield* elapse("1 minute")
      yield* atWarehouse(createPublic(".\\two"))
      yield* createPublic("warehouse\\three")
      const handle = yield* mqrt.locateBegin([])
      const [one, two, ...none] = yield* mqrt.locateNext(handle, 2)
      assert.deepStrictEqual(one, {
        instance: "00000001-0000-4000-8000-000000000001",
        pathName: "OFFICE\\one",
        label: "first",
        type,
        createTime: 0,
        modifyTime: 0,
        transactional: true
      })
      assert.deepStrictEqual([two?.pathName, two?.createTime, none], ["WAREHOUSE\\two", 60, []])
      assert.strictEqual(yield* code(mqrt.locateNext(handle, 0)), errors.MQ_ERROR_RESULT_BUFFER_TOO_SMALL)
      assert.deepStrictEqual(
        (yield* mqrt.locateNext(handle, 2)).map(({ pathName }) => pathName),
        ["WAREHOUSE\\three"]
      )
      assert.deepStrictEqual(yield* mqrt.locateNext(handle, 2), [])
      yield* mqrt.locateEnd(handle)
      for (const call of [mqrt.locateNext(handle, 1), mqrt.locateEnd(handle)]) {
        assert.strictEqual(yield* code<unknown, never>(call), errors.MQ_ERROR_INVALID_HANDLE)
      }
    }).pipe(Effect.provide(domain))
  )

  it.effect("C-49 all conditions must hold, and each needs a value of its kind", () =>
    Effect.gen(function* () {
      for (const [name, label] of [
        ["a", "north"],
        ["b", "south"],
        ["c", "north"]
      ] as const) {
        yield* createPublic(`.\\${name}`, { label })
        yield* elapse("10 seconds")
      }
      const north = { property: "label", relation: "equal", value: "NORTH" } as const
      assert.deepStrictEqual(yield* locate([north]), ["OFFICE\\a", "OFFICE\\c"])
      assert.deepStrictEqual(yield* locate([north, { property: "createTime", relation: "greater", value: 0 }]), [
        "OFFICE\\c"
      ])
      for (const [property, value] of [
        ["label", 1],
        ["type", "no GUID"],
        ["createTime", "yesterday"]
      ] as const) {
        const wrong = locate([{ property, relation: "equal", value }])
        assert.strictEqual(yield* code(wrong), errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE)
      }
    }).pipe(Effect.provide(domain))
  )

  it.effect.prop(
    "C-49 whatever is compared, a relation and its opposite part the queues between them",
    {
      queues: Schema.Array(
        Schema.Struct({ label: Schema.Literals(["", "a", "B", "b", "ab"]), after: Schema.Literals([0, 1, 5]) })
      ),
      value: Schema.Struct({ label: Schema.Literals(["", "A", "b", "aa"]), createTime: Schema.Literals([0, 1, 5, 7]) })
    },
    ({ queues, value }) =>
      Effect.gen(function* () {
        for (const [index, { after, label }] of queues.entries()) {
          yield* elapse(`${after} seconds`)
          yield* createPublic(`.\\q${index}`, { label })
        }
        const all = queues.map((_, index) => `OFFICE\\q${index}`).toSorted()
        for (const property of ["label", "createTime"] as const) {
          for (const [relation, opposite] of [
            ["less", "greaterOrEqual"],
            ["greater", "lessOrEqual"],
            ["equal", "notEqual"]
          ] as const) {
            const those = yield* locate([{ property, relation, value: value[property] }])
            const others = yield* locate([{ property, relation: opposite, value: value[property] }])
            assert.deepStrictEqual([...those, ...others].toSorted(), all)
          }
        }
      }).pipe(Effect.provide(domain))
  )

  it.effect("a path in the directory has the format name of its queue", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* createPublic("warehouse\\a=b")
      const adsPath = (yield* propertiesOf(formatName)).adsPath ?? ""
      assert.strictEqual(yield* mqrt.adsPathToFormatName(adsPath.toLowerCase()), formatName)
      const { MQ_ERROR_ILLEGAL_QUEUE_PATHNAME } = errors
      assert.strictEqual(yield* code(mqrt.adsPathToFormatName("LDAP://CN=orders")), MQ_ERROR_QUEUE_NOT_FOUND)
      assert.strictEqual(yield* code(mqrt.adsPathToFormatName("warehouse\\orders")), MQ_ERROR_ILLEGAL_QUEUE_PATHNAME)
    }).pipe(Effect.provide(domain))
  )
})

describe("names with GUIDs", () => {
  it.effect("B-11 a private queue of another machine is sent to and read by its number", () =>
    Effect.gen(function* () {
      const formatName = yield* atWarehouse(create())
      assert.strictEqual(formatName, `PRIVATE=${warehouseId}\\00000001`)
      yield* send(formatName, ["here", "there"])
      const mqrt = yield* Mqrt.Mqrt
      const receiver = yield* open(formatName, "receive")
      assert.strictEqual((yield* mqrt.receiveMessage(receiver, receiving())).label, "here")
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(direct)), ["there"])
      assert.deepStrictEqual(yield* labelsIn(`MACHINE=${warehouseId};DEADLETTER`), [])
      for (const name of [`PRIVATE=${unknown}\\1`, `PUBLIC=${unknown}`, `DL=${unknown}`]) {
        assert.strictEqual(yield* code(open(name)), MQ_ERROR_QUEUE_NOT_FOUND)
      }
      // Only the other machine can tell whether it has a queue of that number.
      yield* send(`PRIVATE=${warehouseId}\\99`, ["lost"])
      assert.deepStrictEqual(yield* atWarehouse(rejectedClasses), [0x8000])
    }).pipe(Effect.provide(domain))
  )

  it.effect("B-11, H-11 in a workgroup no name resolves but direct ones and this machine's own", () =>
    Effect.gen(function* () {
      const own = yield* create()
      yield* send(own, ["own"])
      assert.deepStrictEqual(yield* labelsIn(direct), ["own"])
      const other = yield* atWarehouse(create())
      for (const access of ["send", "receive"] as const) {
        for (const name of [other, `PUBLIC=${unknown}`, `DL=${unknown}`]) {
          assert.strictEqual(yield* code(open(name, access)), MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION)
        }
      }
      yield* send("DIRECT=OS:WAREHOUSE\\private$\\orders", ["direct"])
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(other)), ["direct"])
    }).pipe(Effect.provide(workgroup))
  )

  it.effect("B-20 a distribution list is resolved when it is opened, with the lists in it, each queue once", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const own = yield* create()
      const other = yield* createPublic("warehouse\\orders")
      const inner = "77777777-8888-7777-6666-555555555555"
      yield* control.use((msmq) => msmq.setDistributionList(inner, [other, `DL=${list}`]))
      yield* setList([own, `DL=${inner}`, own.toLowerCase()])
      const handle = yield* open(`DL=${list}`)
      yield* setList([own])
      yield* mqrt.sendMessages(handle, labelled("both"), plain)
      yield* send(`DL=${list}`, ["one"])
      yield* send(`DL=${inner},DIRECT=OS:WAREHOUSE\\orders`, ["many"])
      assert.deepStrictEqual(yield* labelsIn(own), ["both", "one", "many"])
      assert.deepStrictEqual(yield* atWarehouse(labelsIn(other)), ["both", "many", "many"])
    }).pipe(Effect.provide(domain))
  )

  it.effect("B-18, B-20 a list that is not there, or an element that does not open, leaves nothing open", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const own = yield* create()
      const active = Effect.map(mqrt.getQueueManagerInfo(null), ({ activeQueues }) => activeQueues)
      assert.strictEqual(yield* code(open(`DL=${list},${own}`)), MQ_ERROR_QUEUE_NOT_FOUND)
      yield* setList([own, `PUBLIC=${unknown}`])
      assert.strictEqual(yield* code(open(`DL=${list}`)), MQ_ERROR_QUEUE_NOT_FOUND)
      assert.deepStrictEqual(yield* active, [])
      yield* setList([own])
      yield* open(`DL=${list}`)
      assert.deepStrictEqual(yield* active, [own])
      yield* setList([])
      assert.strictEqual(yield* code(open(`DL=${list}`)), MQ_ERROR_QUEUE_NOT_FOUND)
      assert.strictEqual(yield* code(open(`DL=${list}`, "receive")), MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION)
    }).pipe(Effect.provide(domain))
  )

  it.effect("B-28 acknowledgments go to every queue of a list, and to none where it is not there", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const acks = yield* create({ pathName: ".\\private$\\acks" })
      const others = yield* atWarehouse(createPublic(".\\acks"))
      yield* setList([acks, others])
      const sender = yield* open(direct)
      const asking = (adminQueue: string) =>
        message({
          acknowledge: {
            positiveArrival: true,
            positiveReceive: false,
            negativeArrival: false,
            negativeReceive: false
          },
          adminQueue
        })
      yield* mqrt.sendMessages(sender, [asking(`DL=${list}`), asking(`DL=${unknown}`)], plain)
      assert.strictEqual((yield* drained(acks)).length, 1)
      assert.strictEqual((yield* atWarehouse(drained(others))).length, 1)
    }).pipe(Effect.provide(domain))
  )
})

describe("without the directory", () => {
  it.effect("C-11, C-49 while it cannot be reached nothing public is created, found or resolved, and later it is", () =>
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

  it.effect("A-58 a SID cannot be verified where the directory cannot be reached, a signature without one can", () =>
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

  it.effect("E-77, H-11 in a workgroup another machine's queue is read as by nobody: only if that may receive", () =>
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

  it.effect("A-77, H-11 in a workgroup nobody registers a certificate, and there is no internal one", () =>
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

describe("encryption", () => {
  const secret = { privacyLevel: "bodyAes" } as const

  it.effect("A-81 a body is encrypted by a name with a GUID, and not by a direct one nor for a list with one", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const name = yield* atWarehouse(create())
      const unsupported = MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      for (const destination of ["DIRECT=OS:WAREHOUSE\\private$\\orders", "MULTICAST=234.1.1.1:8001"]) {
        for (const opened of [destination, `${destination},${name}`]) {
          const outcome = yield* send(opened, ["open"], secret)
          assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, unsupported])
        }
      }
      yield* createPublic("warehouse\\orders")
      for (const opened of [name, yield* formatNameOf("warehouse\\orders")]) {
        yield* send(opened, ["secret"], secret)
        const receiver = yield* atWarehouse(open(opened, "receive"))
        const { label, privacyLevel } = yield* atWarehouse(
          Mqrt.Mqrt.use((mqrt) => mqrt.receiveMessage(receiver, receiving()))
        )
        assert.deepStrictEqual([label, privacyLevel], ["secret", "bodyAes"])
      }
      assert.strictEqual(codeOf(yield* send(yield* create(), ["at home"], secret)), undefined)
      assert.isNotNull((yield* mqrt.getMachineProperties("warehouse")).encryptionKeyAes)
    }).pipe(Effect.provide(domain))
  )

  it.effect("A-81, H-11 in a workgroup no body is encrypted, since there are no keys to be had", () =>
    Effect.gen(function* () {
      const outcome = yield* send(yield* create(), ["secret"], secret)
      assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, errors.MQ_ERROR_PUBLIC_KEY_NOT_FOUND])
    }).pipe(Effect.provide(workgroup))
  )

  for (const [title, without] of [
    ["of a machine without a key", atWarehouse(control.use((msmq) => msmq.setEncryptionKeyPublished(false)))],
    ["while the directory cannot be asked for the key", setDirectoryAvailable(false)]
  ] as const) {
    it.effect(`A-82, D-46 0x8008: what cannot be encrypted never leaves for a queue ${title}`, () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const acks = yield* create({ pathName: ".\\private$\\acks" })
        const name = yield* atWarehouse(create())
        const transactionalName = yield* atWarehouse(create({ pathName: ".\\private$\\sure", transactional: true }))
        const [sender, sure] = [yield* open(name), yield* open(transactionalName)]
        yield* without
        const asking = message({
          label: "secret",
          acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: false },
          adminQueue: acks,
          journaling: { deadLetter: true, journal: true }
        })
        yield* mqrt.sendMessages(sender, [asking, message({ label: "dropped" })], { ...plain, ...secret })
        yield* mqrt.sendMessages(sure, [asking], { ...plain, ...secret, transaction: "singleMessage" })
        yield* mqrt.sendMessages(sender, [message({ label: "clear" })], plain)
        assert.deepStrictEqual(yield* atWarehouse(labelsIn(name)), ["clear"])
        for (const queue of ["DEADLETTER", "DEADXACT"]) {
          const [letter, ...none] = yield* drained(`DIRECT=OS:.\\SYSTEM$;${queue}`)
          assert.deepStrictEqual([letter?.label, letter?.class, none], ["secret", 0x8008, []])
        }
        assert.deepStrictEqual(
          (yield* drained(acks)).map((acknowledgment) => acknowledgment.class),
          [0x8008, 0x8008]
        )
        assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\SYSTEM$;JOURNAL"), [])
      }).pipe(Effect.provide(domain))
    )
  }
})

describe("machines in the directory", () => {
  it.effect("the directory tells of every machine, be it reachable or not, and of no other", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* control.use((msmq) => msmq.cutLink("WAREHOUSE"))
      const own = yield* mqrt.getMachineProperties(null)
      for (const name of ["warehouse", "warehouse.domain.test"]) {
        const { encryptionKey, encryptionKeyEnhanced, machineId, pathName, pathNameDns, siteId } =
          yield* mqrt.getMachineProperties(name)
        assert.deepStrictEqual([pathName, pathNameDns, machineId], ["WAREHOUSE", "warehouse.domain.test", warehouseId])
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
