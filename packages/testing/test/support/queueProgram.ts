/** Random programs on a queue with a subqueue, which run on the in-memory MSMQ and on a model of it side by side. */
import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties, TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { assert } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import { create, direct, fork, message, plain, receiving, settled } from "../inMemory/seam.ts"
import type { Argument, Cursor, Handle, Outcome, Transaction, Waiter, Where } from "./QueueModel.ts"
import { QueueModel, shows } from "./QueueModel.ts"
import { elapse } from "../../../core/test/support/settled.ts"

/** Number of one of the few handles, each with its cursor, or of a waiting receive. */
const slot = Schema.Literals([0, 1, 2])
const priority = Schema.Literals([0, 3, 7])
const seconds = Schema.NullOr(Schema.Literals([0, 1, 3]))
const lifetime = Schema.NullOr(Schema.Literals([2, 5]))
/** One of two open transactions, or another transaction argument. */
const transaction = Schema.Literals([0, 1, "none", "singleMessage"])
/** One of the messages that have been seen and exist, or one that does not. */
const present = Schema.Literals([0, 1, 2, 3])
const which = Schema.Union([present, Schema.Literals(["gone", "unknown"])])
const action = Schema.Literals(["receive", "peekCurrent", "peekNext"])
const milliseconds = Schema.Literals([500, 1000, 2500])
const lookupPeeks = ["peekCurrent", "peekNext", "peekPrevious", "peekFirst", "peekLast"] as const
const lookupPeek = Schema.Literals(lookupPeeks)
const lookupAction = Schema.Literals([
  ...lookupPeeks,
  "receiveCurrent",
  "receiveNext",
  "receivePrevious",
  "receiveFirst",
  "receiveLast",
  "receiveAllowPeek"
])
const allowPeek = Schema.Literal("receiveAllowPeek")
const isOpen = Schema.Literals([0, 1])
const request = { handle: slot, action, cursor: Schema.Boolean, transaction }
const end = { transaction: isOpen, used: Schema.Boolean }

const Step = Schema.TaggedUnion({
  /** Sends messages that suit the queue, so that it is not empty. */
  fill: { priority, seconds: lifetime },
  send: { sender: Schema.Literals([0, 1]), priority, seconds, transaction },
  receive: request,
  wait: { ...request, milliseconds },
  interrupt: { waiter: slot },
  run: {},
  pass: { milliseconds },
  lookup: { handle: slot, action: lookupAction, which, transaction },
  move: { handle: slot, which, transaction },
  /** Begins another transaction, unless the old one is still `used`. */
  commit: end,
  abort: end,
  release: { transaction: isOpen },
  openCursor: { handle: slot },
  closeCursor: { handle: slot },
  purge: { handle: slot },
  close: { handle: slot },
  count: {},
  browse: { where: Schema.Literals(["queue", "subqueue"]) }
})
type Step = typeof Step.Type

/** Steps that have many consequences, and would otherwise be rare. */
const usual = [
  ...Array.from({ length: 5 }, () => Step.cases.fill),
  Step.cases.pass,
  Step.cases.browse,
  Step.cases.browse,
  Schema.TaggedStruct("commit", { ...end, used: Schema.Literal(false) }),
  Schema.TaggedStruct("abort", { ...end, used: Schema.Literal(false) }),
  Schema.TaggedStruct("send", { sender: Schema.Literal(0), priority, seconds, transaction: isOpen }),
  Schema.TaggedStruct("receive", { ...request, handle: Schema.Literal(0), cursor: Schema.Literal(true) }),
  Schema.TaggedStruct("receive", { ...request, action: Schema.Literal("receive"), transaction: isOpen }),
  Schema.TaggedStruct("wait", { ...request, cursor: Schema.Literal(false), milliseconds }),
  Schema.TaggedStruct("wait", {
    ...request,
    action: Schema.Literal("receive"),
    cursor: Schema.Literal(false),
    milliseconds
  }),
  Schema.TaggedStruct("wait", { ...request, handle: Schema.Literal(0), cursor: Schema.Literal(true), milliseconds }),
  Schema.TaggedStruct("lookup", {
    handle: slot,
    action: lookupPeek,
    which: present,
    transaction: Schema.Literal("none")
  }),
  Schema.TaggedStruct("lookup", { handle: slot, action: allowPeek, which: present, transaction: isOpen }),
  Schema.TaggedStruct("move", { handle: slot, which: present, transaction: isOpen }),
  Schema.TaggedStruct("move", { handle: slot, which: present, transaction: Schema.Literal("none") })
]

/** Any step: each of the rare ones comes up in about every second program. */
const anyStep = Schema.Union([...Array.from({ length: 6 }, () => Step), ...usual])

export const programs = Arbitrary.array(Arbitrary.schema(anyStep), { maxLength: 120 })

/** A handle or an id in memory, with that of the model. */
interface Pair<Native, Model> {
  readonly native: Native
  readonly model: Model
}

interface World {
  readonly mqrt: Mqrt.Mqrt["Service"]
  readonly formatName: string
  readonly model: QueueModel
  readonly senders: ReadonlyArray<Mqrt.QueueHandle>
  readonly into: Readonly<Record<Where, Mqrt.QueueHandle>>
  readonly handles: Array<Pair<Mqrt.QueueHandle, Handle>>
  readonly cursors: Array<Pair<Mqrt.CursorHandle, Cursor>>
  readonly transactions: Array<Pair<Mqrt.TransactionHandle, Transaction>>
  readonly waiters: Array<Pair<Fiber.Fiber<Outcome>, Waiter>>
  /** Lookup ids of the messages that have been seen. */
  readonly lookupIds: Map<number, bigint>
}

const names: Readonly<Record<Where, string>> = { queue: direct, subqueue: `${direct};aside` }
const wheres: ReadonlyArray<Where> = ["queue", "subqueue"]

const openHandle = (mqrt: Mqrt.Mqrt["Service"], where: Where) =>
  Effect.map(mqrt.openQueue(names[where], "receive", "denyNone"), (native) => {
    const model: Handle = { where, isOpen: true }
    return { native, model }
  })

const openCursor = (mqrt: Mqrt.Mqrt["Service"], handle: Pair<Mqrt.QueueHandle, Handle>) =>
  Effect.map(mqrt.createCursor(handle.native), (native) => {
    const model: Cursor = { handle: handle.model, isOpen: true, place: -1, onMessage: false }
    return { native, model }
  })

const begin = (mqrt: Mqrt.Mqrt["Service"], model: QueueModel) =>
  Effect.map(mqrt.beginTransaction, (native) => ({ native, model: model.begin() }))

const makeWorld = Effect.fnUntraced(function* (transactional: boolean) {
  const mqrt = yield* Mqrt.Mqrt
  const formatName = yield* create({ transactional, journal: true })
  const model = new QueueModel(transactional, yield* Clock.currentTimeMillis)
  const handles = yield* Effect.forEach(["queue", "queue", "subqueue"] as const, (where) => openHandle(mqrt, where))
  const world: World = {
    mqrt,
    formatName,
    model,
    senders: yield* Effect.forEach([direct, formatName], (name) => mqrt.openQueue(name, "send", "denyNone")),
    into: {
      queue: yield* mqrt.openQueue(names.queue, "move", "denyNone"),
      subqueue: yield* mqrt.openQueue(names.subqueue, "move", "denyNone")
    },
    handles,
    cursors: yield* Effect.forEach(handles, (handle) => openCursor(mqrt, handle)),
    transactions: [yield* begin(mqrt, model), yield* begin(mqrt, model)],
    waiters: [],
    lookupIds: new Map()
  }
  return world
})

const at = <A>(items: ReadonlyArray<A>, index: number): A => {
  const item = items[index]
  if (item === undefined) throw new RangeError(`there is no item ${index}`)
  return item
}

const nameOf = new Map<number, string>(Object.entries(errors).map(([name, code]) => [code, name]))

/** Returns the outcome of a call, and asserts that the message has the lookup id that it always had. */
const outcomeOf = (
  { lookupIds }: World,
  call: Effect.Effect<ReceivedProperties | void, Mqrt.MqrtFailure>
): Effect.Effect<Outcome> =>
  Effect.match(call, {
    onFailure: ({ code }) => nameOf.get(code) ?? String(code),
    onSuccess: (shown) => {
      if (shown === undefined) return "done"
      const { appSpecific, lookupId } = shown
      assert.strictEqual(lookupId, lookupIds.get(appSpecific) ?? lookupId)
      lookupIds.set(appSpecific, lookupId)
      return shows(shown)
    }
  })

const agree = (
  world: World,
  call: Effect.Effect<ReceivedProperties | void, Mqrt.MqrtFailure>,
  expected: () => Outcome
): Effect.Effect<void> => Effect.map(outcomeOf(world, call), (outcome) => assert.strictEqual(outcome, expected()))

/** Returns a transaction argument. For a plain queue one of the two transactions is none, as most would only be refused. */
const argumentOf = (
  { model, transactions }: World,
  given: (typeof transaction)["Type"]
): Pair<TransactionArgument, Argument> =>
  typeof given === "string" || (!model.transactional && given === 0)
    ? { native: typeof given === "string" ? given : "none", model: typeof given === "string" ? given : "none" }
    : at(transactions, given)

interface Asked {
  readonly handle: 0 | 1 | 2
  readonly action: "receive" | "peekCurrent" | "peekNext"
  readonly cursor: boolean
  readonly transaction: (typeof transaction)["Type"]
}

/** Returns the options of a receive, in memory and in the model; `undefined` where another receive waits with the cursor. */
const requestOf = (world: World, { action, transaction, ...asked }: Asked, timeout: number) => {
  const handle = at(world.handles, asked.handle)
  const cursor = asked.cursor ? at(world.cursors, asked.handle) : null
  const isBusy = world.waiters.some(({ model }) => model.outcome === undefined && model.cursor === cursor?.model)
  if (cursor !== null && isBusy) return undefined
  const argument = action === "receive" ? argumentOf(world, transaction) : ({ native: "none", model: "none" } as const)
  const options = receiving({ action, timeout, cursor: cursor?.native ?? null, transaction: argument.native })
  return {
    call: world.mqrt.receiveMessage(handle.native, options),
    model: { handle: handle.model, action, cursor: cursor?.model ?? null, transaction: argument.model }
  }
}

/** Returns the lookup id and the place of a message. */
const seen = (
  { lookupIds, model }: World,
  { where }: Handle,
  which: 0 | 1 | 2 | 3 | "gone" | "unknown"
): Pair<bigint, number> => {
  const there = new Set(model.all(where).map(({ appSpecific }) => appSpecific))
  const candidates = [...lookupIds].filter(([appSpecific]) => there.has(appSpecific) === (which !== "gone"))
  const [appSpecific, lookupId] = candidates[typeof which === "number" ? which % candidates.length : 0] ?? []
  return which === "unknown" || appSpecific === undefined || lookupId === undefined
    ? { native: 12_345n, model: 12_345 }
    : { native: lookupId, model: model.placeOf(appSpecific) }
}

const send = (
  world: World,
  fields: { readonly priority: number; readonly seconds: number | null },
  sender: Mqrt.QueueHandle,
  argument: Pair<TransactionArgument, Argument>
) =>
  Effect.map(
    world.mqrt.sendMessages(
      sender,
      [message({ appSpecific: world.model.sent, priority: fields.priority, timeToBeReceived: fields.seconds })],
      { ...plain, transaction: argument.native }
    ),
    ({ failure }) => {
      const expected = world.model.send(fields.priority, fields.seconds, argument.model)
      assert.strictEqual(failure === null ? "done" : nameOf.get(failure.code), expected)
    }
  )

/** Peeks at all messages, from the first to the last, through a cursor of its own. */
const browseThrough = Effect.fnUntraced(function* (world: World, where: Where) {
  const { model, mqrt } = world
  const handle = yield* openHandle(mqrt, where)
  const cursor = yield* mqrt.createCursor(handle.native)
  const found: Array<Outcome> = []
  let action: "peekCurrent" | "peekNext" = "peekCurrent"
  for (let outcome = ""; outcome !== "MQ_ERROR_IO_TIMEOUT" && found.length <= model.sent; action = "peekNext") {
    outcome = yield* outcomeOf(world, mqrt.receiveMessage(handle.native, receiving({ action, cursor })))
    found.push(outcome)
  }
  yield* mqrt.closeQueue(handle.native)
  assert.deepStrictEqual(found, [...model.visible(where, true).map(shows), "MQ_ERROR_IO_TIMEOUT"])
})

/** Asserts that lookup ids order the messages (behaviour D-27). */
const assertOrder = ({ lookupIds, model }: World): void => {
  const inOrder = [...lookupIds].toSorted(([a], [b]) => model.placeOf(a) - model.placeOf(b)).map(([, id]) => id)
  assert.deepStrictEqual(
    inOrder,
    inOrder.toSorted((a, b) => Number(a - b))
  )
  assert.strictEqual(new Set(inOrder).size, inOrder.length)
}

const compareCounts = Effect.fnUntraced(function* ({ formatName, model, mqrt }: World) {
  const { journalMessageCount, messageCount } = yield* mqrt.getQueueInfo(null, formatName)
  assert.strictEqual(messageCount, model.all("queue").filter((one) => model.isThere(one)).length)
  assert.strictEqual(journalMessageCount, model.journal)
})

/** Runs all that can run, and compares the outcomes of the receives that waited. */
const compareWaiters = Effect.fnUntraced(function* ({ model, waiters }: World) {
  if (waiters.length === 0) return
  yield* settled
  model.run()
  for (const waiter of waiters.splice(0)) {
    const exit = waiter.native.pollUnsafe()
    if (exit === undefined) waiters.push(waiter)
    const outcome = exit?._tag === "Success" ? exit.value : exit && "interrupted"
    assert.strictEqual(outcome, waiter.model.outcome)
  }
})

/** Releases a transaction, which ends it, and begins another. */
const renew = Effect.fnUntraced(function* ({ model, mqrt, transactions }: World, which: 0 | 1) {
  const old = at(transactions, which)
  yield* mqrt.releaseTransaction(old.native)
  model.abort(old.model)
  transactions[which] = yield* begin(mqrt, model)
})

/** Does a step in memory and in the model, and compares the outcomes. */
const stepThrough = (world: World) =>
  Step.match({
    fill: (step) => {
      const argument = world.model.transactional ? "singleMessage" : "none"
      return send(world, step, at(world.senders, 0), { native: argument, model: argument })
    },
    send: (step) => send(world, step, at(world.senders, step.sender), argumentOf(world, step.transaction)),
    receive: (step) => {
      const request = requestOf(world, step, 0)
      return request === undefined ? Effect.void : agree(world, request.call, () => world.model.receive(request.model))
    },
    wait: (step) =>
      Effect.gen(function* () {
        const request = requestOf(world, step, step.milliseconds)
        if (request === undefined) return
        const model = world.model.wait(request.model, step.milliseconds)
        const native = yield* fork(outcomeOf(world, request.call))
        world.waiters.push({ native, model })
      }),
    interrupt: (step) =>
      Effect.sync(() => {
        const waiter = world.waiters.filter((one) => one.model.outcome === undefined)[step.waiter]
        if (waiter === undefined) return
        waiter.native.interruptUnsafe()
        world.model.interrupt(waiter.model)
        waiter.model.outcome = "interrupted"
      }),
    run: () => compareWaiters(world),
    pass: ({ milliseconds }) =>
      Effect.gen(function* () {
        yield* compareWaiters(world)
        yield* elapse(milliseconds)
        world.model.pass(milliseconds)
        yield* compareWaiters(world)
      }),
    lookup: (step) => {
      const handle = at(world.handles, step.handle)
      const isEnd = step.action.endsWith("First") || step.action.endsWith("Last")
      const anchor = isEnd ? { native: 0n, model: 0 } : seen(world, handle.model, step.which)
      const argument = argumentOf(world, step.transaction)
      const options = { transaction: argument.native, read: usualRead }
      return agree(world, world.mqrt.receiveMessageByLookupId(handle.native, anchor.native, step.action, options), () =>
        world.model.lookup(
          { handle: handle.model, action: step.action, cursor: null, transaction: argument.model },
          anchor.model
        )
      )
    },
    move: (step) => {
      const handle = at(world.handles, step.handle)
      const to = handle.model.where === "queue" ? "subqueue" : "queue"
      const one = seen(world, handle.model, step.which)
      const argument = argumentOf(world, step.transaction)
      return agree(world, world.mqrt.moveMessage(handle.native, world.into[to], one.native, argument.native), () =>
        world.model.move(handle.model, to, one.model, argument.model)
      )
    },
    commit: (step) => {
      const { model, native } = at(world.transactions, step.transaction)
      return Effect.andThen(
        agree(world, world.mqrt.commitTransaction(native), () => world.model.commit(model)),
        step.used ? Effect.void : renew(world, step.transaction)
      )
    },
    abort: (step) => {
      const { model, native } = at(world.transactions, step.transaction)
      return Effect.andThen(
        agree(world, world.mqrt.abortTransaction(native), () => world.model.abort(model)),
        step.used ? Effect.void : renew(world, step.transaction)
      )
    },
    release: (step) => renew(world, step.transaction),
    openCursor: (step) =>
      Effect.gen(function* () {
        world.cursors[step.handle] = yield* openCursor(world.mqrt, at(world.handles, step.handle))
      }),
    closeCursor: (step) => {
      const { model, native } = at(world.cursors, step.handle)
      return agree(world, world.mqrt.closeCursor(native), () => world.model.closeCursor(model))
    },
    purge: (step) => {
      const { model, native } = at(world.handles, step.handle)
      return agree(world, world.mqrt.purgeQueue(native), () => world.model.purge(model))
    },
    /** Closes a handle, and opens another. */
    close: (step) =>
      Effect.gen(function* () {
        const { model, native } = at(world.handles, step.handle)
        yield* agree(world, world.mqrt.closeQueue(native), () => world.model.close(model))
        world.handles[step.handle] = yield* openHandle(world.mqrt, model.where)
      }),
    count: () => compareCounts(world),
    browse: (step) => browseThrough(world, step.where)
  })

/** Ends a program: interrupts the receives that wait, aborts the transactions, and receives the messages that are left. */
const drain = Effect.fnUntraced(function* (world: World) {
  const { handles, model, mqrt, transactions, waiters } = world
  yield* compareWaiters(world)
  for (const waiter of waiters) {
    if (waiter.model.outcome !== undefined) continue
    yield* Fiber.interrupt(waiter.native)
    model.interrupt(waiter.model)
  }
  for (const transaction of transactions) {
    yield* mqrt.releaseTransaction(transaction.native)
    model.abort(transaction.model)
  }
  for (const where of wheres) yield* browseThrough(world, where)
  yield* compareCounts(world)
  assertOrder(world)
  for (const handle of handles) {
    const options = { action: "receive", cursor: null, transaction: "none" } as const
    const call = mqrt.receiveMessage(handle.native, receiving())
    for (let left = ""; left !== "MQ_ERROR_IO_TIMEOUT";) {
      left = yield* outcomeOf(world, call)
      assert.strictEqual(left, model.receive({ ...options, handle: handle.model }))
    }
  }
  yield* compareCounts(world)
})

/** Runs a program, and then receives the messages that it left. */
export const runProgram = (transactional: boolean, program: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const world = yield* makeWorld(transactional)
    const through = stepThrough(world)
    for (const step of program) yield* through(step)
    yield* drain(world)
  }).pipe(
    // A waiter that has been served runs when a step says so, and not in the middle of another step.
    Effect.provideService(References.PreventSchedulerYield, true)
  )
