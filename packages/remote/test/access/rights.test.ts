/** Rights of clients: each function of the seam with its right, and without. */
import { Mqrt, MqrtFailure, type MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { GatewayPolicy } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { noChanges, plainMessage, plainQueue, plainSend } from "../../../testing/src/contract/plainRecords.ts"
import { machineRights, queueRights } from "../../src/internal/rights.ts"
import { administration, clientAt, clientWith, withGateway } from "../support/gatewayOf.ts"

const path = ".\\private$\\orders"
const name = `DIRECT=OS:${path}`
const others = "DIRECT=OS:.\\private$\\others"
const owner = { owner: true, group: false, dacl: false, sacl: false }

type Call = (mqrt: MqrtFunctions) => Effect.Effect<unknown, MqrtFailure>
type Rights = Pick<GatewayPolicy.Client, "machine" | "queues">

const onQueue = (...rights: ReadonlyArray<GatewayPolicy.QueueRight>): Rights => ({
  queues: [{ queues: [path], rights }],
  machine: []
})
const onMachine = (...machine: ReadonlyArray<GatewayPolicy.MachineRight>): Rights => ({ machine })

/** Opens a queue for a call. */
const open =
  (
    access: Parameters<MqrtFunctions["openQueue"]>[1],
    use: (queue: never, mqrt: MqrtFunctions) => ReturnType<Call>
  ): Call =>
  (mqrt) =>
    Effect.flatMap(mqrt.openQueue(name, access, "denyNone"), (queue) => use(queue as never, mqrt))

const send = (fields: Partial<typeof plainMessage>) =>
  open("send", (queue, mqrt) =>
    Effect.flatMap(mqrt.sendMessages(queue, [{ ...plainMessage, ...fields }], plainSend), ({ failure }) =>
      failure === null ? Effect.void : Effect.fail(failure)
    )
  )

const receive = { action: "receive", timeout: 0, cursor: null, transaction: "none", read: usualRead } as const

interface Row {
  readonly call: Call
  /** Rights that suffice. */
  readonly needs: Rights
  /** Rights that do not, although they are as many as the others. */
  readonly without: Rights
}

const machine = (right: GatewayPolicy.MachineRight, call: Call): Row => ({
  call,
  needs: onMachine(right),
  without: {
    queues: [{ queues: ["*"], rights: ["send", "receive", "peek", "purge", "manage", "security"] }],
    machine: machineRights.filter((one) => one !== right)
  }
})

/** Row of a call that needs a right on its queue. `giving`: rights that the one gives, too. */
const queue = (
  right: GatewayPolicy.QueueRight,
  call: Call,
  {
    also = [],
    giving = []
  }: { also?: ReadonlyArray<GatewayPolicy.QueueRight>; giving?: ReadonlyArray<GatewayPolicy.QueueRight> } = {}
): Row => ({
  call,
  needs: onQueue(right, ...also),
  without: {
    queues: [
      { queues: [path], rights: queueRights.filter((one) => one !== right && !giving.includes(one)) },
      { queues: [".\\private$\\others"], rights: queueRights }
    ],
    machine: machineRights
  }
})

/** Row of a call that needs any right on its queue. */
const anyRight = (call: Call): Row => ({
  call,
  needs: onQueue("peek"),
  without: {
    queues: [{ queues: [".\\private$\\others"], rights: queueRights }],
    machine: machineRights
  }
})

const rows: { readonly [Name in keyof MqrtFunctions]?: ReadonlyArray<Row> } = {
  registerCertificate: [machine("certificates", (mqrt) => mqrt.registerCertificate(null, false))],
  findCertificates: [machine("certificates", (mqrt) => mqrt.findCertificates("My", "CurrentUser", null))],
  lookupAccountName: [machine("security", (mqrt) => mqrt.lookupAccountName("Everyone"))],
  lookupAccountSid: [
    machine("security", (mqrt) => mqrt.lookupAccountSid(new Uint8Array([1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])))
  ],
  currentUserSid: [machine("security", (mqrt) => mqrt.currentUserSid)],
  createQueue: [queue("manage", (mqrt) => mqrt.createQueue({ ...plainQueue, pathName: path }, null))],
  deleteQueue: [queue("manage", (mqrt) => mqrt.deleteQueue(name))],
  setQueueProperties: [queue("manage", (mqrt) => mqrt.setQueueProperties(name, noChanges))],
  getQueueSecurity: [queue("security", (mqrt) => mqrt.getQueueSecurity(name, owner))],
  setQueueSecurity: [queue("security", (mqrt) => mqrt.setQueueSecurity(name, owner, null))],
  queueAction: [queue("manage", (mqrt) => mqrt.queueAction(null, name, "PAUSE"))],
  getQueueProperties: [anyRight((mqrt) => mqrt.getQueueProperties(name))],
  getQueueInfo: [
    anyRight((mqrt) => mqrt.getQueueInfo(null, name)),
    // The queue of that name on another computer is another one.
    {
      call: (mqrt) => mqrt.getQueueInfo("other", name),
      needs: { queues: [{ queues: ["other\\private$\\orders"], rights: ["peek"] }], machine: ["otherComputers"] },
      without: { queues: [{ queues: [path], rights: queueRights }], machine: machineRights }
    }
  ],
  pathNameToFormatName: [anyRight((mqrt) => mqrt.pathNameToFormatName(path))],
  getQueueManagerInfo: [machine("look", (mqrt) => mqrt.getQueueManagerInfo(null))],
  machineAction: [machine("manage", (mqrt) => mqrt.machineAction(null, "CONNECT"))],
  adsPathToFormatName: [machine("directory", (mqrt) => mqrt.adsPathToFormatName("LDAP://orders"))],
  getMachineProperties: [machine("otherComputers", (mqrt) => mqrt.getMachineProperties("other"))],
  getPrivateComputerInformation: [machine("otherComputers", (mqrt) => mqrt.getPrivateComputerInformation("other"))],
  createCursor: [
    {
      call: open("send", (handle, mqrt) => mqrt.createCursor(handle)),
      needs: onQueue("send", "peek"),
      without: onQueue("send", "manage")
    }
  ],
  moveMessage: [
    queue(
      "receive",
      open("peek", (handle, mqrt) => mqrt.moveMessage(handle, handle, 1n, "none"))
    )
  ],
  markMessageRejected: [
    queue(
      "receive",
      open("peek", (handle, mqrt) => mqrt.markMessageRejected(handle, 1n))
    )
  ],
  locateBegin: [machine("directory", (mqrt) => mqrt.locateBegin([]))],
  getSecurityContext: [
    machine("sign", (mqrt) => mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)),
    {
      ...machine("impersonate", (mqrt) =>
        mqrt.getSecurityContext(null, "MQGetSecurityContextEx", {
          user: "ada",
          domain: null,
          password: Redacted.make("")
        })
      ),
      needs: onMachine("sign", "impersonate")
    }
  ],
  openQueue: [
    queue(
      "send",
      open("send", () => Effect.void)
    ),
    queue(
      "receive",
      open("receive", () => Effect.void)
    ),
    queue(
      "receive",
      open("move", () => Effect.void)
    ),
    queue(
      "peek",
      open("peek", () => Effect.void),
      { giving: ["receive"] }
    ),
    queue(
      "manage",
      open("receiveAdmin", () => Effect.void),
      { also: ["receive"] }
    ),
    queue(
      "manage",
      open("peekAdmin", () => Effect.void),
      { also: ["peek"] }
    )
  ],
  purgeQueue: [
    queue(
      "purge",
      open("receive", (handle, mqrt) => mqrt.purgeQueue(handle)),
      { also: ["receive"] }
    )
  ],
  receiveMessage: [
    queue(
      "receive",
      open("peek", (handle, mqrt) => mqrt.receiveMessage(handle, receive))
    )
  ],
  receiveMessageByLookupId: [
    queue(
      "receive",
      open("peek", (handle, mqrt) =>
        mqrt.receiveMessageByLookupId(handle, 1n, "receiveCurrent", { transaction: "none", read: usualRead })
      )
    )
  ],
  sendMessages: [
    {
      call: send({ adminQueue: others }),
      needs: { queues: [{ queues: [path, ".\\private$\\others"], rights: ["send"] }] },
      without: onQueue(...queueRights)
    },
    {
      call: send({ deadLetterQueue: others }),
      needs: { queues: [{ queues: [path, ".\\private$\\others"], rights: ["send"] }] },
      without: onQueue(...queueRights)
    },
    // A response goes where the receiver may send.
    { call: send({ responseQueue: others }), needs: onQueue("send"), without: onQueue("receive") }
  ]
}

/** Functions that need no right: they tell of the computer, or use handles, whose opening needed one. */
const free: ReadonlyArray<keyof MqrtFunctions> = [
  "freeSecurityContext",
  "locateNext",
  "locateEnd",
  "closeQueue",
  "closeCursor",
  "beginTransaction",
  "commitTransaction",
  "abortTransaction",
  "releaseTransaction"
]

const attempt = (rights: Rights, call: Call) =>
  withGateway({ policy: clientWith(rights) }, (url, lines) =>
    Effect.gen(function* () {
      yield* Mqrt.use((mqrt) =>
        Effect.andThen(
          mqrt.createQueue({ ...plainQueue, pathName: path }, null),
          mqrt.createQueue({ ...plainQueue, pathName: ".\\private$\\others" }, null)
        )
      ).pipe(Effect.provide(clientAt(url, administration), { local: true }))
      const failure = yield* Mqrt.use(call).pipe(
        Effect.match({ onFailure: (failure) => failure, onSuccess: () => undefined }),
        Effect.provide(clientAt(url), { local: true })
      )
      return { failure, lines }
    })
  )

describe("a right", () => {
  it.effect("is tried for each function of the seam that needs one", () =>
    Effect.gen(function* () {
      const all = Object.keys(yield* Mqrt).filter((name) => name !== "openHandles")
      assert.sameMembers([...Object.keys(rows), ...free], all)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [functionName, tried] of Object.entries(rows)) {
    for (const [index, { call, needs, without }] of tried.entries()) {
      it.live(`lets a client call ${functionName} (${index + 1})`, () =>
        Effect.map(attempt(needs, call), ({ failure, lines }) => {
          assert.isUndefined((failure as MqrtFailure | undefined)?.gateway)
          assert.isEmpty(lines.filter(({ message }) => message === "call refused"))
        })
      )
      it.live(`is needed to call ${functionName} (${index + 1})`, () =>
        Effect.map(attempt(without, call), ({ failure, lines }) => {
          const { detail, kind } = (failure as MqrtFailure | undefined)?.gateway ?? {}
          assert.strictEqual(kind, "GatewayRefused")
          assert.match(
            String(detail),
            /^its policy does not give the client tried (the machine right|the right|a right) /
          )
          const [line, ...more] = lines.filter(({ message }) => message === "call refused")
          assert.isEmpty(more)
          assert.strictEqual(line?.level, "Warn")
          assert.deepInclude(line?.annotations, { client: "tried", address: "127.0.0.1", reason: detail })
        })
      )
    }
  }
})

describe("the name of a queue", () => {
  const opens = (formatName: string) => (mqrt: MqrtFunctions) => mqrt.openQueue(formatName, "send", "denyNone")
  const spellings = (queue: string): ReadonlyArray<string> => [
    `DIRECT=OS:.\\private$\\${queue}`,
    `DIRECT=OS:.\\PRIVATE$\\${queue.toUpperCase()}`,
    `DIRECT=OS:localhost\\private$\\${queue}`,
    `DIRECT=TCP:127.0.0.1\\private$\\${queue}`,
    `direct=os:.\\private$\\${queue}`,
    `DIRECT=OS:.\\private$\\${queue};retry`
  ]

  for (const spelling of spellings("orders")) {
    it.live(`is known in every spelling: ${spelling}`, () =>
      Effect.map(attempt(onQueue("send"), opens(spelling)), ({ failure }) =>
        assert.isUndefined((failure as MqrtFailure | undefined)?.gateway)
      )
    )
  }
  for (const spelling of [
    ...spellings("others"),
    `${name};gateway`,
    `${name},DIRECT=OS:.\\private$\\others`,
    "DIRECT=OS:other.example.com\\private$\\orders",
    "DIRECT=OS:.\\orders",
    "MACHINE=6d736d71-0000-4000-8000-000000000001;DEADLETTER",
    "DL=6d736d71-0000-4000-8000-000000000001",
    "PRIVATE=6d736d71-0000-4000-8000-000000000001\\00000002",
    "DIRECT=OS:.\\private$\\ordersx",
    "DIRECT=OS:.\\private$\\orders\\..\\others"
  ]) {
    it.live(`is that of the queue, and no other is taken for it: ${spelling}`, () =>
      Effect.map(attempt(onQueue(...queueRights), opens(spelling)), ({ failure }) =>
        assert.strictEqual((failure as MqrtFailure | undefined)?.gateway?.kind, "GatewayRefused")
      )
    )
  }
})
