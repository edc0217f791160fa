/** Figures of the face of promises, beside the same in Effect and beside the seam. */
import { MessageQueue, type Mqrt, Transaction } from "@effect-msmq/core"
import type { Connection, Receiver, Sender } from "@effect-msmq/core/promises"
import { Effect, type Scope, Stream } from "effect"
import { plainMessage, plainSend } from "../../packages/testing/src/contract/plainRecords.ts"
import * as Seam from "../floors/seam.ts"
import * as SeamLoops from "../floors/seamLoops.ts"
import { type Backend, backends } from "../harness/backends.ts"
import { ratio, type Ways } from "../harness/comparison.ts"
import { connection } from "../harness/connection.ts"
import type { Plan, Room } from "../harness/Room.ts"
import type { Way } from "../harness/rounds.ts"
import { body, outgoing, queueToFill } from "./queueToFill.ts"

const orders = ".\\private$\\orders"

/** Number of operations of a run. */
const many = 200
const messages = outgoing(many)
const message = { body, label: "order", priority: 4 }
const records = messages.map((message) => ({ ...plainMessage, ...message }))
const [record = plainMessage] = records

/** Queue that is open in both faces and at the seam. */
interface Open {
  readonly mqrt: Mqrt.Mqrt["Service"]
  readonly msmq: Connection
  readonly promises: { readonly sender: Sender; readonly receiver: Receiver }
  readonly effects: Effect.Success<ReturnType<typeof openInEffect>>
  readonly seam: { readonly toSend: Mqrt.QueueHandle; readonly toReceive: Mqrt.QueueHandle }
}

const openInEffect = Effect.fnUntraced(function* () {
  return {
    sender: yield* MessageQueue.openSender(orders),
    receiver: yield* MessageQueue.openReceiver(orders)
  }
})

/** Does something so many times in the face of promises. */
const inTurn = async (count: number, step: () => Promise<unknown>): Promise<void> => {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  for (let left = count; left > 0; left--) await step()
}

/** Operation in the face of promises, in Effect and at the seam, so many times. */
interface Operation {
  /** State of the queue before each run. */
  readonly queue: "full" | "emptied afterwards" | "not used"
  readonly promises: (open: Open) => Promise<unknown>
  readonly effect: (open: Open) => Effect.Effect<unknown, unknown, Mqrt.Mqrt>
  readonly seam: (open: Open) => Effect.Effect<unknown, unknown>
}

const operations: Readonly<Record<string, Operation>> = {
  send: {
    queue: "emptied afterwards",
    promises: ({ promises }) => inTurn(many, () => promises.sender.send(message)),
    effect: ({ effects }) => Seam.times(many, effects.sender.send(message)),
    seam: ({ mqrt, seam }) =>
      Seam.times(many, Seam.sendMessages(mqrt, seam.toSend, [record], { ...plainSend, messageIds: true }))
  },
  sendAll: {
    queue: "emptied afterwards",
    promises: ({ promises }) => promises.sender.sendAll(messages),
    effect: ({ effects }) => effects.sender.sendAll(messages),
    seam: ({ mqrt, seam }) => Seam.sendMessages(mqrt, seam.toSend, records, plainSend)
  },
  receive: {
    queue: "full",
    promises: ({ promises }) => inTurn(many, () => promises.receiver.receive()),
    effect: ({ effects }) => Seam.times(many, effects.receiver.receive),
    seam: ({ mqrt, seam }) => SeamLoops.receives(mqrt, seam.toReceive, many)
  },
  "for await": {
    queue: "full",
    promises: async ({ promises }) => {
      let left = many
      for await (const _ of promises.receiver) if (--left === 0) break
    },
    effect: ({ effects }) => Stream.runDrain(Stream.take(effects.receiver.messages, many)),
    seam: ({ mqrt, seam }) => SeamLoops.receives(mqrt, seam.toReceive, many)
  },
  transaction: {
    queue: "not used",
    promises: ({ msmq }) => inTurn(many, () => msmq.transaction(() => Promise.resolve())),
    effect: () => Seam.times(many, Transaction.run(Effect.void)),
    seam: ({ mqrt }) =>
      Seam.times(
        many,
        Seam.transaction(mqrt, () => Effect.void)
      )
  }
}

/** Compares an operation in promises with the same in Effect, or at the seam. */
const compared = (
  backend: Backend,
  { promises, queue, ...others }: Operation,
  other: "effect" | "seam"
): Effect.Effect<Ways, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const opened = yield* backend.open
    const { mqrt, provide, run } = opened
    const { fill, formatName } = yield* queueToFill(opened, orders, messages)
    const msmq = yield* connection(opened)
    const open: Open = {
      mqrt,
      msmq,
      promises: yield* Effect.promise(async () => ({
        sender: await msmq.openSender(orders),
        receiver: await msmq.openReceiver(orders)
      })),
      effects: yield* provide(openInEffect()),
      seam: {
        toSend: yield* Seam.openQueue(mqrt, formatName, "send"),
        toReceive: yield* Seam.openQueue(mqrt, formatName, "receive")
      }
    }
    const around: Pick<Way, "prepare" | "tidy"> = {
      full: { prepare: fill },
      "emptied afterwards": { tidy: () => run(mqrt.purgeQueue(open.seam.toReceive)) },
      "not used": {}
    }[queue]
    const floor = others[other](open)
    return {
      way: { ...around, run: async () => void (await promises(open)), operations: many },
      floor: { ...around, run: async () => void (await run(floor)), operations: many }
    }
  })

/** Plans figures of all operations on all backends. */
const beside = (other: "effect" | "seam", against: string, suffix: string): ReadonlyArray<Plan> =>
  Object.entries(operations).flatMap(([name, operation]) =>
    backends.map((backend) =>
      ratio({ name: `${name}, ${backend.name}${suffix}`, against, ways: compared(backend, operation, other) })
    )
  )

/** Room of the face of promises. */
export const promises: Room = {
  name: "promises",
  plans: [...beside("effect", "Effect", ""), ...beside("seam", "the seam", ", beside the seam")]
}
