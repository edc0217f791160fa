/** Consumers of programs in promises: stopped, paused, disposed, and steered by functions. */
import {
  type Consumer,
  type Connection,
  connect,
  type ConsumePolicy,
  HandlerTimeout,
  MsmqError,
  Unrecoverable
} from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Layer, References } from "effect"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { connectObserved } from "../support/connection.ts"
import { runCommand } from "../support/program.ts"
import { schedulers } from "../support/schedulers.ts"
import { slow } from "../support/slow.ts"

const orders = ".\\private$\\orders"
const poison = ".\\private$\\poison"
const single = { transaction: "singleMessage" } as const
const quiet = Layer.merge(InMemoryMqrt.layer, Layer.succeed(References.MinimumLogLevel, "None"))

const labelsIn = async (msmq: Connection, queue: string): Promise<ReadonlyArray<string>> => {
  await using receiver = await msmq.openReceiver(queue, { access: "peek" })
  const labels: Array<string> = []
  for await (const { label } of receiver.browse()) labels.push(label)
  return labels
}

const opened = async (msmq: Connection, ...labels: ReadonlyArray<string>) => {
  await msmq.createQueue(orders, { transactional: true })
  await msmq.createQueue(poison, { transactional: true })
  const sender = await msmq.openSender(orders)
  await sender.sendAll(
    labels.map((label) => ({ label })),
    single
  )
  return { sender, receiver: await msmq.openReceiver(orders) }
}

/** Makes a handler that waits until `open` is called, and a list of the labels that it began with. */
const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = Promise.withResolvers<void>()
  const begun: Array<string> = []
  const handle = async ({ label }: { readonly label: string }) => {
    begun.push(label)
    first.resolve()
    await promise
  }
  return { begun, handle, open: resolve, first: first.promise }
}

/** Makes an `onEvent`, and promises of the first event with a tag. */
const events = () => {
  const tags: Array<string> = []
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const of = (tag: string) => {
    const known = waiting.get(tag) ?? Promise.withResolvers<void>()
    waiting.set(tag, known)
    return known
  }
  const onEvent: ConsumePolicy["onEvent"] = ({ _tag }) => {
    tags.push(_tag)
    of(_tag).resolve()
  }
  return { tags, onEvent, first: (tag: string) => of(tag).promise }
}

/** Runs one of the programs with a consumer in a process of its own. */
const run = (name: string) => {
  const program = fileURLToPath(new URL("../programs/consuming.ts", import.meta.url))
  return runCommand(process.execPath, ["--no-warnings", program, name])
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "fulfilled",
    (error: unknown) => (error instanceof MsmqError ? error.code : String(error))
  )

describe.each(schedulers)("a consumer, under %s,", (_, scheduler) => {
  const layer = Layer.merge(quiet, scheduler)

  it("that is stopped lets its handler finish, receives nothing more, and fulfils its end", async () => {
    await using msmq = await connect(layer)
    const { receiver } = await opened(msmq, "1", "2")
    const { begun, first, handle, open } = gate()
    const consumer = receiver.consume(handle)
    await first
    const stopped = consumer.stop()
    open()
    await stopped
    await consumer.done
    await consumer.stop()
    assert.deepStrictEqual([begun, await labelsIn(msmq, orders)], [["1"], ["2"]])
    assert.deepStrictEqual(consumer.progress, { received: 1, handled: 1, retried: 0, poisoned: 0, reopened: 0 })
  })

  it("that is stopped at once receives nothing, also where its policy takes time to check", async () => {
    await using msmq = await connect(layer)
    const { receiver } = await opened(msmq, "1")
    const handled: Array<string> = []
    const consumer = receiver.consume(async ({ label }) => void handled.push(label), { poison: { queue: poison } })
    await consumer.stop()
    const left = await labelsIn(msmq, orders)
    assert.deepStrictEqual([...handled, ...left], ["1"])
  })

  it("that is disposed is stopped, and its end is fulfilled", async () => {
    await using msmq = await connect(layer)
    const { receiver } = await opened(msmq, "1", "2", "3")
    const { first, onEvent } = events()
    let done: Promise<void> | undefined
    {
      await using consumer = receiver.consume(() => Promise.resolve(), { onEvent })
      done = consumer.done
      await first("Idle")
    }
    await done
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
  })

  it.each([
    ["a transactional queue", { transactional: true }, {}],
    ["a plain queue that is held alone", { transactional: false }, { shareMode: "denyReceive" }],
    ["a plain queue that is shared", { transactional: false }, {}]
  ] as const)(
    "may be used by its functions from their first call on, where messages are there, of %s",
    async (_, kind, how) => {
      await using msmq = await connect(quiet)
      await msmq.createQueue(orders, kind)
      await msmq.createQueue(poison)
      await using sender = await msmq.openSender(orders)
      await sender.sendAll([{ label: "1" }, { label: "2" }], kind.transactional ? { transaction: "singleMessage" } : {})
      await using receiver = await msmq.openReceiver(orders, how)
      const seen: Array<string> = []
      const use = (name: string) => seen.push(`${name} of ${consumer.concurrency}`)
      const consumer: Consumer = receiver.consume(
        async ({ label }) => {
          use(`handler ${label}`)
        },
        {
          concurrency: 2,
          keys: () => {
            use("keys")
            return "a"
          },
          poison: { queue: poison },
          onEvent: ({ _tag }) => {
            use(_tag)
            if (_tag === "Idle") void consumer.stop()
          }
        }
      )
      consumer.setConcurrency(1)
      await consumer.done
      assert.deepStrictEqual(seen, [
        "keys of 1",
        "Received of 1",
        "handler 1 of 1",
        "Handled of 1",
        "keys of 1",
        "Received of 1",
        "handler 2 of 1",
        "Handled of 1",
        "Idle of 1"
      ])
    }
  )

  it("that a handler, or onEvent, stops does not wait for itself", async () => {
    for (const from of ["handler", "onEvent"] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await using msmq = await connect(layer)
      // oxlint-disable-next-line no-await-in-loop -- see above
      const { receiver } = await opened(msmq, "1", "2")
      const log: Array<string> = []
      const stop = async () => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        await consumer.stop()
        await consumer[Symbol.asyncDispose]()
        log.push("stopped")
      }
      const consumer = receiver.consume(() => (from === "handler" ? stop() : Promise.resolve()), {
        onEvent: ({ _tag }) => (from === "onEvent" && _tag === "Received" ? stop() : undefined)
      })
      // oxlint-disable-next-line no-await-in-loop -- see above
      await consumer.done
      // oxlint-disable-next-line no-await-in-loop -- see above
      const left = await labelsIn(msmq, orders)
      assert.deepStrictEqual([log, left.at(-1)], [["stopped"], "2"])
    }
  })

  it("that is paused finishes its message, receives no other one, and goes on when it is resumed", async () => {
    await using msmq = await connect(layer)
    const { receiver } = await opened(msmq, "1", "2")
    const { begun, first, handle, open } = gate()
    const { first: firstOf, onEvent } = events()
    await using consumer = receiver.consume(handle, { onEvent })
    await first
    const paused = consumer.pause()
    assert.deepStrictEqual([consumer.isPaused, consumer.running], [true, 1])
    open()
    await paused
    assert.deepStrictEqual([begun, consumer.running, await labelsIn(msmq, orders)], [["1"], 0, ["2"]])
    consumer.resume()
    await firstOf("Idle")
    assert.deepStrictEqual([begun, consumer.isPaused], [["1", "2"], false])
  })

  it("waits for a promise that onEvent returns", async () => {
    await using msmq = await connect(layer)
    const { receiver } = await opened(msmq, "1", "2")
    const log: Array<string> = []
    const idle = Promise.withResolvers<void>()
    await using consumer = receiver.consume(async ({ label }) => void log.push(label), {
      onEvent: async ({ _tag }) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        log.push(_tag)
        if (_tag === "Idle") idle.resolve()
      }
    })
    await idle.promise
    assert.deepStrictEqual(log, ["Received", "1", "Handled", "Received", "2", "Handled", "Idle"])
    assert.strictEqual(consumer.progress.handled, 2)
  })

  it("is stopped also if its onEvent, or its handler, never ends", async () => {
    await using msmq = await connect(layer)
    const { receiver } = await opened(msmq, "1", "2")
    const never = new Promise<void>(() => {})
    const { first, onEvent } = events()
    const deaf = receiver.consume(() => Promise.resolve(), {
      onEvent: (event, progress) => {
        void onEvent(event, progress)
        return never
      },
      shutdownTimeout: 1
    })
    await first("Received")
    await deaf.stop()
    const stuck = receiver.consume(() => never, { shutdownTimeout: 1 })
    await stuck.stop()
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["1", "2"])
  })
})

describe("the end of a consumer", () => {
  it("is rejected with what ended it, which stop returns too", async () => {
    const { expectNoLeaks, msmq } = await connectObserved()
    const { receiver } = await opened(msmq, "1")
    const broken = new Error("broken")
    const ended = receiver.consume(() => Promise.reject(broken), { retry: { times: 0, delay: 0 } })
    const error: unknown = await ended.done.catch((cause: unknown) => cause)
    assert(error instanceof MsmqError && error.reason._tag === "PoisonMessage")
    assert.deepStrictEqual([await codeOf(ended.stop()), await labelsIn(msmq, orders)], ["PoisonMessage", ["1"]])
    await ended[Symbol.asyncDispose]()

    const controller = new AbortController()
    const aborted = receiver.consume(() => Promise.resolve(), { signal: controller.signal })
    controller.abort("enough")
    assert.deepStrictEqual([await codeOf(aborted.done), await codeOf(aborted.stop())], ["enough", "enough"])

    const illegal = receiver.consume(() => Promise.resolve(), { concurrency: 0 })
    assert.deepStrictEqual(
      [await codeOf(illegal.done), await codeOf(illegal.stop())],
      ["IllegalOption", "IllegalOption"]
    )

    const closed = receiver.consume(() => Promise.resolve())
    await receiver.close()
    assert.strictEqual(await codeOf(closed.done), "Released")
    await msmq.close()
    await expectNoLeaks()
  })

  it(
    "that nothing handles ends the process where it is a failure, and a paused or waiting consumer keeps the process alive",
    slow("It runs programs in processes of their own."),
    async () => {
      for (const name of [
        "forgets a consumer that fails",
        "disposes a consumer that has failed, and forgets its end"
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- one process at a time
        const { code, lines, stderr } = await run(name)
        assert.deepStrictEqual([code, lines], [1, []], name)
        assert.include(stderr, "PoisonMessage")
      }
      const outcomes: Readonly<Record<string, ReadonlyArray<string>>> = {
        "disposes a consumer that has failed, and reads its end": ["PoisonMessage", "disposed"],
        "pauses its consumer and has nothing else to do": ["still there", "stopped"],
        "waits in its consumer": ["stopped"]
      }
      for (const [name, lines] of Object.entries(outcomes)) {
        // oxlint-disable-next-line no-await-in-loop -- one process at a time
        const { code, lines: printed, stderr } = await run(name)
        assert.deepStrictEqual([code, printed, stderr], [0, lines, ""], name)
      }
    }
  )
})

describe("the retries of a consumer", () => {
  it("are decided by a function of the error and the attempt", async () => {
    await using msmq = await connect(quiet)
    const { receiver } = await opened(msmq, "1", "2")
    const seen: Array<readonly [unknown, number]> = []
    const { first, onEvent, tags } = events()
    const busy = new Error("busy")
    await using _consumer = receiver.consume(
      ({ label }) => (label === "1" ? Promise.reject(busy) : Promise.resolve()),
      {
        retry: (error, attempt) => {
          seen.push([error, attempt])
          return attempt < 3 ? "1 millis" : "poison"
        },
        poison: { queue: poison },
        onEvent
      }
    )
    await first("Idle")
    assert.deepStrictEqual(
      seen,
      [1, 2, 3].map((attempt) => [busy, attempt] as const)
    )
    assert.deepStrictEqual(await labelsIn(msmq, poison), ["1"])
    assert.deepStrictEqual(tags, ["Received", "Retrying", "Retrying", "Poisoned", "Received", "Handled", "Idle"])
  })

  it("end at once where a handler throws Unrecoverable, and are told of HandlerTimeout and of the transaction's error", async () => {
    await using msmq = await connect(quiet)
    const { receiver } = await opened(msmq, "unrecoverable", "late", "aborted", "good")
    const seen: Array<unknown> = []
    const { first, onEvent, tags } = events()
    const aborts: Array<string> = []
    await using _consumer = receiver.consume(
      async ({ label }, { signal, transaction }) => {
        if (label === "unrecoverable") throw new Unrecoverable({ because: "no such customer" })
        if (label === "aborted") await transaction?.abort()
        if (label !== "late") return
        await new Promise((resolve) => signal.addEventListener("abort", resolve))
        aborts.push(label)
      },
      {
        handlerTimeout: 20,
        retry: (error) => {
          seen.push(error)
          return "poison"
        },
        poison: { subqueue: "poison" },
        onEvent
      }
    )
    await first("Idle")
    assert.deepStrictEqual(aborts, ["late"])
    const [late, aborted, ...others] = seen
    assert.instanceOf(late, HandlerTimeout)
    assert(aborted instanceof MsmqError && aborted.reason._tag === "TransactionAborted")
    assert.deepStrictEqual(others, [])
    assert.deepStrictEqual(await labelsIn(msmq, `${orders};poison`), ["unrecoverable", "late", "aborted"])
    assert.deepStrictEqual(
      tags.filter((tag) => tag === "Retrying"),
      []
    )
  })

  /** Returns the first delays of so many messages that fail. */
  const delaysOf = async (messages: number, count: number, retry: ConsumePolicy["retry"]) => {
    await using msmq = await connect(quiet)
    const { receiver } = await opened(msmq, ...Array.from({ length: messages }, (_, index) => `${index}`))
    const delays: Array<number> = []
    const all = Promise.withResolvers<void>()
    const consumer = receiver.consume(() => Promise.reject(new Error("busy")), {
      concurrency: messages,
      retry,
      onEvent: (event) => {
        if (event._tag === "Retrying") delays.push(event.delay)
        if (delays.length === count) all.resolve()
      }
    })
    await all.promise
    await consumer.stop()
    return delays.slice(0, count)
  }

  it("grow up to the longest delay", async () => {
    assert.deepStrictEqual(await delaysOf(1, 5, { delay: 1, factor: 2, maximumDelay: 4 }), [1, 2, 4, 4, 4])
  })

  it("differ at random by up to a fifth where that is asked for", async () => {
    const delays = await delaysOf(20, 20, { delay: 10_000, jitter: true })
    for (const delay of delays) assert.isTrue(delay >= 8000 && delay <= 12_000, String(delay))
    assert.isAbove(new Set(delays).size, 1)
    assert.deepStrictEqual(new Set(await delaysOf(20, 20, { delay: 10_000 })), new Set([10_000]))
  })

  it("are refused where they are illegal, with what is allowed", async () => {
    await using msmq = await connect(quiet)
    const { receiver } = await opened(msmq, "1")
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [
        7,
        "retry is 7, but it must be retries with options of: times, delay, factor, maximumDelay, jitter, or a function"
      ],
      [{ delay: -1 }, "retry.delay is -1, but it must be a finite duration"],
      [{ delay: 1, maximumDelay: "soon" }, 'retry.maximumDelay is "soon", but it must be a finite duration'],
      [{ delay: 1, jitter: 1 }, "retry.jitter is 1, but it must be true or false"],
      [Map, "retry is a class"]
    ]
    for (const [retry, rule] of cases) {
      const consumer = receiver.consume(() => Promise.resolve(), { retry: retry as { readonly delay: number } })
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const error: unknown = await consumer.done.catch((cause: unknown) => cause)
      assert.include(String(error), rule)
    }
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["1"])
  })
})

describe("a consumer in promises", () => {
  it("changes the number of its handlers, and refuses an illegal number", async () => {
    await using msmq = await connect(quiet)
    const { receiver } = await opened(msmq, "1", "2", "3")
    const { begun, first, handle, open } = gate()
    await using consumer = receiver.consume(handle)
    await first
    assert.deepStrictEqual([begun, consumer.concurrency], [["1"], 1])
    consumer.setConcurrency(3)
    while (begun.length < 3) {
      // oxlint-disable-next-line no-await-in-loop -- it waits for the handlers
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.throws(() => consumer.setConcurrency(0), /concurrency is 0, but it must be a whole number from 1 on/)
    assert.strictEqual(consumer.concurrency, 3)
    open()
  })

  it("is shown by its queue and its state", async () => {
    await using msmq = await connect(quiet)
    const { receiver } = await opened(msmq)
    const refused = receiver.consume(() => Promise.resolve(), { concurrency: 0 })
    await refused.done.catch(() => undefined)
    assert.strictEqual(String(refused), "Consumer(.\\private$\\orders, ended)")
    const consumer = receiver.consume(() => Promise.resolve())
    const shown = [String(consumer), inspect(consumer)]
    await consumer.pause()
    shown.push(String(consumer))
    await consumer.stop()
    shown.push(JSON.stringify(consumer))
    assert.deepStrictEqual(shown, [
      "Consumer(.\\private$\\orders, running)",
      "Consumer { queue: '.\\\\private$\\\\orders', state: 'running' }",
      "Consumer(.\\private$\\orders, paused)",
      '{"_id":"Consumer","queue":".\\\\private$\\\\orders","state":"ended"}'
    ])
  })
})
