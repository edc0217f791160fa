/**
 * Questions about Message Queuing that its documentation leaves open, each with a program that asks a machine. On a real
 * one the answers tell whether the in-memory MSMQ chose well. Each makes queues of its own and deletes them.
 */
import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { OutgoingProperties, SendParameters, TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, QueueHandle, SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as QueueSecurity from "@effect-msmq/core/QueueSecurity"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { newQueue, openHandle, queuePrefix, receiveFrom, sendTo } from "../../testing/src/contract/givens.ts"
import { textOf } from "./support/capabilities.ts"

/** A question, and the program that answers it with a short text. */
export interface Probe {
  readonly id: string
  readonly question: string
  readonly answer: Effect.Effect<string, unknown, Mqrt | Scope.Scope>
}

/** An answer that the machine may take a moment for: acknowledgments arrive by themselves. */
const moment = 2000

/** Returns the name of the code that a call at the seam ends with. */
const codeOf = <A, R>(call: Effect.Effect<A, MqrtFailure, R>): Effect.Effect<string, never, R> =>
  Effect.match(call, {
    onSuccess: () => "MQ_OK",
    onFailure: ({ code }) => ErrorCode.nameOf(code) ?? ErrorCode.format(code)
  })

/** Returns the labels of what arrives within a moment, up to so many. */
const labelsOf = (handle: QueueHandle, count: number) =>
  Effect.gen(function* () {
    const labels: Array<string> = []
    while (labels.length < count) {
      const label = yield* receiveFrom(handle, { timeout: moment }).pipe(
        Effect.map((message) => message.label),
        Effect.catchTag("MqrtFailure", () => Effect.succeed(null))
      )
      if (label === null) break
      labels.push(label)
    }
    return labels.length === 0 ? "nothing" : labels.join(", ")
  })

/** Returns the class of the message that arrives within a moment. */
const classOf = (handle: QueueHandle) =>
  receiveFrom(handle, { timeout: moment }).pipe(
    Effect.map((message) => `class 0x${message.class.toString(16).padStart(4, "0")}`),
    Effect.catchTag("MqrtFailure", () => Effect.succeed("none"))
  )

/** A queue with a handle to send and one to receive. */
const channel = (options: MessageQueue.CreateOptions = {}) =>
  Effect.gen(function* () {
    const queue = yield* newQueue(options)
    return { queue, send: yield* openHandle(queue, "send"), receive: yield* openHandle(queue, "receive") }
  })

const begun = Mqrt.use((mqrt) => Effect.acquireRelease(mqrt.beginTransaction, mqrt.releaseTransaction))

const cursorOf = (handle: QueueHandle) =>
  Mqrt.use((mqrt) =>
    Effect.acquireRelease(mqrt.createCursor(handle), (cursor) => Effect.ignore(mqrt.closeCursor(cursor)))
  )

const single: { readonly transaction: TransactionArgument } = { transaction: "singleMessage" }

const nothingAcknowledged = {
  positiveArrival: false,
  positiveReceive: false,
  negativeArrival: false,
  negativeReceive: false
}

/** Sends, and returns the code. */
const sendCode = (
  handle: QueueHandle,
  message: Partial<OutgoingProperties>,
  options: Partial<SendParameters> = {}
): Effect.Effect<string, never, Mqrt> => codeOf(sendTo(handle, [message], options))

/** Finds the largest body that a queue takes, and the code for one byte more. */
const largestBody = Effect.gen(function* () {
  const { receive, send } = yield* channel()
  let [taken, refused, code] = [4_000_000, 4_300_000, ""]
  while (refused - taken > 1) {
    const length = Math.floor((taken + refused) / 2)
    const answer = yield* sendCode(send, { body: new Uint8Array(length) })
    if (answer === "MQ_OK") {
      taken = length
      yield* receiveFrom(receive, { timeout: moment })
    } else {
      refused = length
      code = answer
    }
  }
  return code === "" ? `more than ${taken} bytes` : `${taken} bytes; one more: ${code}`
})

/** Returns what comes of the creation of a queue with a name. */
const created = (name: string): Effect.Effect<string, never, Mqrt | Scope.Scope> => {
  const queue = `.\\private$\\${queuePrefix}${name}`
  return Effect.acquireRelease(
    Effect.match(Effect.andThen(Effect.ignore(MessageQueue.delete(queue)), MessageQueue.create(queue)), {
      onSuccess: () => "created",
      onFailure: ({ reason }: MsmqError) => reason._tag
    }),
    () => Effect.ignore(MessageQueue.delete(queue))
  )
}

/** Moves a message to a subqueue with a name of so many characters. */
const movedTo = (length: number) =>
  Effect.gen(function* () {
    const { queue, receive, send } = yield* channel()
    const mqrt = yield* Mqrt
    yield* sendTo(send, [{}])
    const { lookupId } = yield* receiveFrom(receive, { action: "peekCurrent", timeout: moment })
    const subqueue = openHandle(`${queue};${"s".repeat(length)}`, "move")
    return `${length}: ${yield* codeOf(
      Effect.flatMap(subqueue, (destination) => mqrt.moveMessage(receive, destination, lookupId, "none"))
    )}`
  })

/** Dead-letter queue of the machine for messages outside a transaction. */
const machineDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADLETTER"

/** Takes the dead letter with a label out of the machine's dead-letter queue, and returns its class. Others stay there. */
const deadLetterNamed = (label: string) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const queue = yield* Effect.acquireRelease(mqrt.openQueue(machineDeadLetters, "receive", "denyNone"), (handle) =>
      Effect.ignore(mqrt.closeQueue(handle))
    )
    const cursor = yield* cursorOf(queue)
    let found = yield* receiveFrom(queue, { action: "peekCurrent", cursor, timeout: moment })
    while (found.label !== label) found = yield* receiveFrom(queue, { action: "peekNext", cursor, timeout: moment })
    yield* mqrt.receiveMessageByLookupId(queue, found.lookupId, "receiveCurrent", {
      transaction: "none",
      read: usualRead
    })
    return `a dead letter of class 0x${found.class.toString(16)}`
  }).pipe(
    Effect.scoped,
    Effect.catchTag("MqrtFailure", ({ code }) =>
      Effect.succeed(ErrorCode.nameOf(code) === "MQ_ERROR_IO_TIMEOUT" ? "none" : ErrorCode.format(code))
    )
  )

/** Sends a message outside a transaction that asks for a dead letter, ends it so, and returns what it leaves. */
const deadLetterAfter = (end: (queue: string, receive: QueueHandle) => Effect.Effect<unknown, unknown, Mqrt>) =>
  Effect.gen(function* () {
    const { queue, receive, send } = yield* channel()
    const label = `${queuePrefix}dead-letter`
    yield* sendTo(send, [{ label, journaling: { deadLetter: true, journal: false } }])
    yield* end(queue, receive)
    return yield* deadLetterNamed(label)
  })

/** All probes. The last may end the process: what it does with a context that is none is nowhere said. */
export const probes: ReadonlyArray<Probe> = [
  {
    id: "X-03",
    question: "What is the high byte of the lookup ids of priorities 0, 3 and 7, and of a transactional message?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel()
      const transactional = yield* channel({ transactional: true })
      const bytes: Array<string> = []
      for (const priority of [0, 3, 7]) {
        yield* sendTo(send, [{ priority }])
        bytes.push(String((yield* receiveFrom(receive, { timeout: moment })).lookupId >> BigInt(56)))
      }
      yield* sendTo(transactional.send, [{}], single)
      bytes.push(String((yield* receiveFrom(transactional.receive, { timeout: moment })).lookupId >> BigInt(56)))
      return bytes.join(", ")
    })
  },
  {
    id: "X-04",
    question: "What is left of an hour to reach the queue and a minute to be received?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel()
      yield* sendTo(send, [{ timeToReachQueue: 3600, timeToBeReceived: 60 }])
      const { timeToBeReceived, timeToReachQueue } = yield* receiveFrom(receive, { timeout: moment })
      const rounded = (seconds: number | null) => (seconds === null ? "none" : `${Math.ceil(seconds / 60)} min`)
      return `to reach the queue ${rounded(timeToReachQueue)}, to be received ${rounded(timeToBeReceived)}`
    })
  },
  {
    id: "X-06",
    question: "What does a receive through a cursor return, without waiting, where nothing is?",
    answer: Effect.gen(function* () {
      const { receive } = yield* channel()
      return yield* codeOf(receiveFrom(receive, { cursor: yield* cursorOf(receive) }))
    })
  },
  {
    id: "X-07",
    question: "What are the counts of a message that two transactions gave back, and that was moved once?",
    answer: Effect.gen(function* () {
      const { queue, receive, send } = yield* channel({ transactional: true })
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{}], single)
      for (const _ of [1, 2]) {
        const transaction = yield* begun
        yield* receiveFrom(receive, { timeout: moment, transaction })
        yield* mqrt.abortTransaction(transaction)
      }
      const { abortCount, lookupId } = yield* receiveFrom(receive, { action: "peekCurrent", timeout: moment })
      yield* mqrt.moveMessage(receive, yield* openHandle(`${queue};moved`, "move"), lookupId, "none")
      const moved = yield* receiveFrom(yield* openHandle(`${queue};moved`, "receive"), { timeout: moment })
      return `before the move ${abortCount} aborts; after it ${moved.moveCount} moves, ${moved.abortCount} aborts`
    })
  },
  {
    id: "X-09",
    question: "Is the sender told that an unsigned message was dropped?",
    answer: Effect.gen(function* () {
      const { queue, send } = yield* channel({ authenticate: true })
      const admin = yield* channel()
      const adminQueue = `DIRECT=OS:${admin.queue}`
      yield* sendTo(send, [{ adminQueue, acknowledge: { ...nothingAcknowledged, negativeArrival: true } }])
      const nothing = yield* labelsOf(yield* openHandle(queue, "receive"), 1)
      return `acknowledgment: ${yield* classOf(admin.receive)}; in the queue: ${nothing}`
    })
  },
  { id: "X-11", question: "How large is the largest body?", answer: largestBody },
  {
    id: "X-12",
    question: "Where is a cursor that was moved past the end twice, when a message comes?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel()
      const cursor = yield* cursorOf(receive)
      yield* sendTo(send, [{ label: "first" }])
      yield* receiveFrom(receive, { action: "peekCurrent", cursor, timeout: moment })
      const codes = [
        yield* codeOf(receiveFrom(receive, { action: "peekNext", cursor })),
        yield* codeOf(receiveFrom(receive, { action: "peekNext", cursor }))
      ]
      yield* sendTo(send, [{ label: "second" }])
      const current = yield* receiveFrom(receive, { action: "peekCurrent", cursor, timeout: moment }).pipe(
        Effect.map(({ label }) => label),
        Effect.catchTag("MqrtFailure", (failure) => codeOf(failure))
      )
      return `${codes.join(", ")}; then on: ${current}`
    })
  },
  {
    id: "X-13",
    question: "What do a receive and a peek by lookup id say of a message that another transaction has?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel({ transactional: true })
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{}], single)
      const { lookupId } = yield* receiveFrom(receive, { timeout: moment, transaction: yield* begun })
      const call = (action: "receiveCurrent" | "peekCurrent", transaction: TransactionArgument) =>
        codeOf(mqrt.receiveMessageByLookupId(receive, lookupId, action, { transaction, read: usualRead }))
      return `receive ${yield* call("receiveCurrent", yield* begun)}, peek ${yield* call("peekCurrent", "none")}`
    })
  },
  {
    id: "X-14",
    question: "Can a queue be opened to peek so that others may not receive, and does that keep them out?",
    answer: Effect.gen(function* () {
      const queue = yield* newQueue()
      const first = yield* codeOf(openHandle(queue, "peek", "denyReceive"))
      return `${first}; then to receive: ${yield* codeOf(openHandle(queue, "receive"))}`
    })
  },
  {
    id: "X-15",
    question: "Can the name of a queue hold a space, and characters beyond ASCII?",
    answer: Effect.map(
      Effect.all([created("a b"), created("契約")]),
      ([space, other]) => `space: ${space}; 契約: ${other}`
    )
  },
  {
    id: "X-16",
    question: "What does the send of an unsigned message to a local queue that requires authentication return?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel({ authenticate: true })
      return `${yield* sendCode(send, { label: "unsigned" })}; in the queue: ${yield* labelsOf(receive, 1)}`
    })
  },
  {
    id: "X-17",
    question: "What does a send to a local queue return that is full?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel({ quota: 4 })
      const admin = yield* channel()
      const full = {
        body: new Uint8Array(3000),
        adminQueue: `DIRECT=OS:${admin.queue}`,
        acknowledge: { ...nothingAcknowledged, negativeArrival: true }
      }
      const codes = [yield* sendCode(send, { ...full, label: "1" }), yield* sendCode(send, { ...full, label: "2" })]
      const acknowledgment = yield* classOf(admin.receive)
      return `${codes.join(", ")}; in the queue: ${yield* labelsOf(receive, 2)}; acknowledgment: ${acknowledgment}`
    })
  },
  {
    id: "X-18",
    question: "What becomes of a message that is purged while a transaction has it, when that is aborted?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel({ transactional: true })
      const admin = yield* channel()
      const mqrt = yield* Mqrt
      const adminQueue = `DIRECT=OS:${admin.queue}`
      const acknowledge = { ...nothingAcknowledged, negativeArrival: true, negativeReceive: true }
      yield* sendTo(send, [{ label: "it is back", adminQueue, acknowledge }], single)
      const transaction = yield* begun
      yield* receiveFrom(receive, { timeout: moment, transaction })
      yield* mqrt.purgeQueue(receive)
      yield* mqrt.abortTransaction(transaction)
      const acknowledgment = yield* classOf(admin.receive)
      return `in the queue: ${yield* labelsOf(receive, 1)}; acknowledgment: ${acknowledgment}`
    })
  },
  {
    id: "D-64",
    question:
      "Does a message outside a transaction that asks for it leave a dead letter when it is purged, or deleted?",
    answer: Effect.gen(function* () {
      const purged = yield* deadLetterAfter((_, receive) => Mqrt.use((mqrt) => mqrt.purgeQueue(receive)))
      const deleted = yield* deadLetterAfter((queue) => MessageQueue.delete(queue))
      return `purged: ${purged}; deleted: ${deleted}`
    })
  },
  {
    id: "X-19",
    question: "Which of a transaction's messages to two queues, two to each, are marked as first and last?",
    answer: Effect.gen(function* () {
      const channels = [yield* channel({ transactional: true }), yield* channel({ transactional: true })]
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      for (const { send } of channels) yield* sendTo(send, [{}, {}], { transaction })
      yield* mqrt.commitTransaction(transaction)
      const marks: Array<string> = []
      for (const { receive } of channels) {
        for (const _ of [1, 2]) {
          const { firstInTransaction, lastInTransaction } = yield* receiveFrom(receive, { timeout: moment })
          marks.push(`${firstInTransaction ? "first" : ""}${lastInTransaction ? "last" : ""}` || "neither")
        }
      }
      return marks.join(", ")
    })
  },
  {
    id: "X-20",
    question: "Who may do what with a new queue?",
    answer: Effect.flatMap(newQueue(), (queue) =>
      Effect.map(QueueSecurity.get(queue, ["dacl"]), (list) => (list === "" ? "it has no list" : list))
    )
  },
  {
    id: "X-22",
    question: "How long may the name of a subqueue be?",
    answer: Effect.map(Effect.all([movedTo(31), movedTo(32), movedTo(33)]), (answers) => answers.join(", "))
  },
  {
    id: "X-23",
    question: "Does a message with no time to reach the queue reach a local one?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel()
      yield* sendTo(send, [{ label: "it arrives", timeToReachQueue: 0 }])
      return yield* labelsOf(receive, 1)
    })
  },
  {
    id: "X-24",
    question: "In which order are two messages whose transactions were committed in the order opposite to the sends?",
    answer: Effect.gen(function* () {
      const { receive, send } = yield* channel({ transactional: true })
      const mqrt = yield* Mqrt
      const [first, second] = [yield* begun, yield* begun]
      yield* sendTo(send, [{ label: "sent first" }], { transaction: first })
      yield* sendTo(send, [{ label: "sent second" }], { transaction: second })
      yield* mqrt.commitTransaction(second)
      yield* mqrt.commitTransaction(first)
      return yield* labelsOf(receive, 2)
    })
  },
  {
    id: "X-01",
    question: "What does a send with a security context return that was freed?",
    answer: Effect.gen(function* () {
      const { send } = yield* channel()
      const mqrt = yield* Mqrt
      const context: SecurityContextHandle = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
      yield* mqrt.freeSecurityContext(context)
      return yield* sendCode(send, {}, { securityContext: context })
    })
  }
]

/** Asks a machine; what went wrong, and an answer that did not come, are answers too. */
export const answerTo = ({ answer }: Probe): Effect.Effect<string, never, Mqrt> =>
  answer.pipe(
    Effect.scoped,
    Effect.timeout("60 seconds"),
    Effect.catchCause((cause) => Effect.succeed(`no answer: ${textOf(Cause.squash(cause))}`))
  )

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")

/** The head of the table of answers, and a row of it: Markdown. */
export const tableHead = "| Id | Question | Answer |\n| --- | --- | --- |"
export const rowOf = ({ id, question }: Probe, answer: string): string => `| ${id} | ${question} | ${cell(answer)} |`
