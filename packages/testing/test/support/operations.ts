/** Operations on a queue of many messages, each of which leaves the length of the queue as it was. */
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { LookupAction, OutgoingProperties, TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { message, plain, queueProperties, receiving, settled } from "../inMemory/seam.ts"

type Call<A = unknown> = Effect.Effect<A, Mqrt.MqrtFailure>

/** Number of times that an operation is done in a row. */
const batch = 200

/** An operation to measure: `run` does it that number of times. */
export interface Work {
  readonly prepare: Call
  readonly run: Call
  readonly tidy: Call
  readonly operations: number
}

interface Part {
  readonly prepare?: Call
  readonly run: Call
  readonly tidy?: Call
  readonly operations?: number
}

const work = ({ operations = batch, prepare = Effect.void, run, tidy = Effect.void }: Part): Work => ({
  prepare,
  run,
  tidy,
  operations
})

const times = (count: number, call: (index: number) => Call): Call =>
  Effect.suspend(() => {
    let index = 0
    return Effect.whileLoop({ while: () => index < count, body: () => call(index++), step: () => {} })
  })

/** Creates a queue with a number of messages. */
const openQueue = Effect.fnUntraced(function* (
  length: number,
  transactional: boolean,
  fields: Partial<OutgoingProperties>
) {
  const mqrt = yield* Mqrt.Mqrt
  const pathName = `.\\private$\\holds${length}`
  const formatName = yield* mqrt.createQueue({ ...queueProperties, pathName, transactional }, null)
  const sender = yield* mqrt.openQueue(formatName, "send", "denyNone")
  const receiver = yield* mqrt.openQueue(formatName, "receive", "denyNone")
  const send = (index: number, also: Partial<OutgoingProperties> = {}): Call =>
    mqrt.sendMessages(sender, [message({ priority: index % 8, ...fields, ...also })], {
      ...plain,
      transaction: transactional ? "singleMessage" : "none"
    })
  yield* times(length, send)
  const receive = (transaction: TransactionArgument = "none") =>
    mqrt.receiveMessage(receiver, receiving({ transaction }))
  const lookup = (action: LookupAction, lookupId: bigint, transaction: TransactionArgument = "none") =>
    mqrt.receiveMessageByLookupId(receiver, lookupId, action, { transaction, read: usualRead })
  return {
    mqrt,
    formatName,
    length,
    receiver,
    send,
    receive,
    lookup,
    refill: times(batch, (index) => send(index)),
    drain: times(batch, () => receive())
  }
})

type Queue = Effect.Success<ReturnType<typeof openQueue>>

/** Returns a number of lookup ids from all over the queue. */
const someIds = Effect.fnUntraced(function* ({ length, lookup }: Queue) {
  const ids: Array<bigint> = []
  let { lookupId } = yield* lookup("peekFirst", 0n)
  for (let index = 1; index < length; index++) {
    ;({ lookupId } = yield* lookup("peekNext", lookupId))
    // Neither the first nor the last message, so that each has two neighbours.
    if (index < length - 1) ids.push(lookupId)
  }
  const step = Math.floor(ids.length / batch)
  // Not in order, so that no search profits from the place of the one before.
  return Array.from({ length: batch }, (_, index) => ids[((index * 77) % batch) * step] ?? 0n)
})

interface Operation {
  readonly transactional: boolean
  readonly fields?: Partial<OutgoingProperties>
  readonly work: (queue: Queue) => Effect.Effect<Work, Mqrt.MqrtFailure>
}

const simple = (transactional: boolean, part: (queue: Queue) => Part, fields = {}): Operation => ({
  transactional,
  fields,
  work: (queue) => Effect.sync(() => work(part(queue)))
})

/** Runs an operation within one transaction, which is aborted after the measurement. */
const transacted = (
  { mqrt }: Queue,
  call: (transaction: Mqrt.TransactionHandle, index: number) => Call
): Effect.Effect<Work> =>
  Effect.sync(() => {
    let transaction: Mqrt.TransactionHandle
    return work({
      prepare: Effect.map(mqrt.beginTransaction, (begun) => {
        transaction = begun
      }),
      run: times(batch, (index) => call(transaction, index)),
      tidy: Effect.suspend(() => mqrt.releaseTransaction(transaction))
    })
  })

const peekBy = (action: LookupAction): Operation => ({
  transactional: false,
  work: (queue) =>
    Effect.map(someIds(queue), (ids) =>
      work({ run: times(batch, (index) => queue.lookup(action, isEnd(action) ? 0n : (ids[index] ?? 0n))) })
    )
})

const receiveBy = (action: LookupAction): Operation => ({
  transactional: true,
  work: (queue) =>
    Effect.flatMap(someIds(queue), (ids) =>
      transacted(queue, (transaction, index) =>
        queue.lookup(action, isEnd(action) ? 0n : (ids[index] ?? 0n), transaction)
      )
    )
})

const isEnd = (action: LookupAction): boolean => action.endsWith("First") || action.endsWith("Last")

const hour = { timeToBeReceived: 3600 }

const operations: Readonly<Record<string, Operation>> = {
  send: simple(false, ({ drain, send }) => ({ run: times(batch, send), tidy: drain })),
  receive: simple(false, ({ drain, refill }) => ({ run: drain, tidy: refill })),
  "receive through a cursor": simple(false, ({ mqrt, receiver, refill }) => {
    let cursor: Mqrt.CursorHandle | null = null
    return {
      prepare: Effect.map(mqrt.createCursor(receiver), (created) => {
        cursor = created
      }),
      run: times(batch, () => mqrt.receiveMessage(receiver, receiving({ cursor }))),
      tidy: Effect.suspend(() => Effect.andThen(cursor === null ? Effect.void : mqrt.closeCursor(cursor), refill))
    }
  }),
  "receive in a transaction that commits": {
    transactional: true,
    work: ({ mqrt, receive, refill }) =>
      Effect.succeed(
        work({
          run: Effect.gen(function* () {
            const transaction = yield* mqrt.beginTransaction
            yield* times(batch, () => receive(transaction))
            yield* mqrt.commitTransaction(transaction)
            yield* mqrt.releaseTransaction(transaction)
          }),
          tidy: refill
        })
      )
  },
  "receive in the middle, and abort": {
    transactional: true,
    work: (queue) =>
      Effect.map(someIds(queue), (ids) =>
        work({
          run: times(batch, (index) =>
            Effect.gen(function* () {
              const transaction = yield* queue.mqrt.beginTransaction
              yield* queue.lookup("receiveCurrent", ids[index] ?? 0n, transaction)
              yield* queue.mqrt.releaseTransaction(transaction)
            })
          )
        })
      )
  },
  "receive behind half the queue, which a transaction has": {
    transactional: true,
    work: (queue) =>
      Effect.gen(function* () {
        const locking = yield* queue.mqrt.beginTransaction
        yield* times(queue.length / 2, () => queue.receive(locking))
        // The first message of all becomes available, and is taken again, each time.
        return work({
          run: times(batch, () =>
            Effect.gen(function* () {
              const transaction = yield* queue.mqrt.beginTransaction
              yield* queue.receive(transaction)
              yield* queue.lookup("peekFirst", 0n)
              yield* queue.mqrt.releaseTransaction(transaction)
            })
          )
        })
      })
  },
  "receive, and abort, before all that a transaction has": {
    transactional: true,
    work: (queue) =>
      Effect.gen(function* () {
        const { lookupId } = yield* queue.lookup("peekFirst", 0n)
        const locking = yield* queue.mqrt.beginTransaction
        const first = yield* queue.mqrt.beginTransaction
        yield* queue.receive(first)
        yield* times(queue.length - batch, () => queue.receive(locking))
        yield* queue.mqrt.releaseTransaction(first)
        return work({
          run: times(batch, () =>
            Effect.gen(function* () {
              const transaction = yield* queue.mqrt.beginTransaction
              yield* queue.receive(transaction)
              yield* queue.lookup("peekNext", lookupId)
              yield* queue.mqrt.releaseTransaction(transaction)
            })
          )
        })
      })
  },
  peekCurrent: peekBy("peekCurrent"),
  peekNext: peekBy("peekNext"),
  peekPrevious: peekBy("peekPrevious"),
  peekFirst: peekBy("peekFirst"),
  peekLast: peekBy("peekLast"),
  receiveCurrent: receiveBy("receiveCurrent"),
  receiveNext: receiveBy("receiveNext"),
  receivePrevious: receiveBy("receivePrevious"),
  receiveFirst: receiveBy("receiveFirst"),
  receiveLast: receiveBy("receiveLast"),
  "move to a subqueue, and back": {
    transactional: false,
    work: (queue) =>
      Effect.gen(function* () {
        const { formatName, mqrt, receiver } = queue
        const name = yield* mqrt.pathNameToFormatName(`.\\private$\\holds${queue.length};aside`)
        const into = yield* mqrt.openQueue(name, "move", "denyNone")
        const from = yield* mqrt.openQueue(name, "receive", "denyNone")
        const back = yield* mqrt.openQueue(formatName, "move", "denyNone")
        const ids = yield* someIds(queue)
        return work({
          run: Effect.andThen(
            times(batch, (index) => mqrt.moveMessage(receiver, into, ids[index] ?? 0n, "none")),
            times(batch, (index) => mqrt.moveMessage(from, back, ids[index] ?? 0n, "none"))
          )
        })
      })
  },
  "purge, a message": simple(false, ({ length, mqrt, receiver, send }) => ({
    run: mqrt.purgeQueue(receiver),
    tidy: times(length, send),
    operations: length
  })),
  "count them": simple(false, ({ formatName, mqrt }) => ({
    run: times(batch, () => mqrt.getQueueInfo(null, formatName))
  })),
  "send with a time limit": simple(
    false,
    ({ drain, send }) => ({
      run: times(batch, (index) => send(index, { timeToBeReceived: 9999 - index })),
      tidy: drain
    }),
    hour
  ),
  "receive with a time limit": simple(false, ({ drain, refill }) => ({ run: drain, tidy: refill }), hour),
  "the end of a message's time": simple(
    false,
    ({ send }) => ({
      prepare: times(batch, (index) => send(index, { timeToBeReceived: 1 })),
      run: TestClock.adjust("1 second")
    }),
    { timeToBeReceived: 999_999 }
  ),
  "a second, and the end of one message's time": simple(
    false,
    ({ send }) => ({
      prepare: times(batch, (index) => send(index, { timeToBeReceived: index + 1 })),
      run: times(batch, () => TestClock.adjust("1 second"))
    }),
    { timeToBeReceived: 999_999 }
  ),
  "send to the first of as many who wait, when as many have waited": {
    transactional: false,
    work: (queue) =>
      Effect.gen(function* () {
        const { length, mqrt, receiver, send } = queue
        yield* mqrt.purgeQueue(receiver)
        const waitAgain = (count: number) =>
          times(count, () =>
            Effect.forkDetach(mqrt.receiveMessage(receiver, receiving({ timeout: null })), { startImmediately: true })
          )
        // Waiters that have been served must not slow down the others.
        yield* waitAgain(2 * length)
        yield* times(length, send)
        yield* settled
        return work({ run: times(batch, send), tidy: Effect.andThen(settled, waitAgain(batch)) })
      })
  }
}

export const names: ReadonlyArray<string> = Object.keys(operations)

/** Makes an operation on a queue with a number of messages, which is deleted in the end. */
export const workOn = (
  name: string,
  length: number
): Effect.Effect<Work & { readonly end: Call }, Mqrt.MqrtFailure, Mqrt.Mqrt> =>
  Effect.gen(function* () {
    const operation = operations[name]
    if (operation === undefined) throw new RangeError(`there is no operation called ${name}`)
    const queue = yield* openQueue(length, operation.transactional, operation.fields ?? {})
    return { ...(yield* operation.work(queue)), end: queue.mqrt.deleteQueue(queue.formatName) }
  })
