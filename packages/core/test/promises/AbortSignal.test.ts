import { type Mqrt, type MsmqError } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Held from "../support/HeldCalls.ts"

const orders = ".\\private$\\orders"
const single = { transaction: "singleMessage" } as const
const stop = new Error("stop")

/** A connection to a transactional queue, and to a backend whose calls the test can hold. */
const connectHeld = async () => {
  const held = new Held.HeldCalls()
  const msmq = await connect(Held.layer(held, InMemoryMqrt.layer))
  await msmq.createQueue(orders, { transactional: true })
  return { held, msmq }
}

const labelsIn = async (msmq: Connection, queue: string) => {
  await using receiver = await msmq.openReceiver(queue)
  const labels: Array<string> = []
  for await (const { label } of receiver.browse()) labels.push(label)
  return labels
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: MsmqError.MsmqError) => error
  )

describe("a transaction whose signal aborts", () => {
  it("while it commits is fulfilled, as it is committed", async () => {
    const { held, msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const commit = held.hold("commitTransaction")
    const run = msmq.transaction(
      async (transaction) => {
        await sender.send({ label: "order" }, { transaction })
        return "done"
      },
      { signal: controller.signal }
    )
    await commit.done
    controller.abort(stop)
    commit.release()
    assert.strictEqual(await run, "done")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["order"])
    await msmq.close()
  })

  it("while its function runs is rolled back and rejects with the signal's reason", async () => {
    const { msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const run = msmq.transaction(
      async (transaction, signal) => {
        await sender.send({ label: "order" }, { transaction })
        controller.abort(stop)
        assert.strictEqual(signal.reason, stop)
      },
      { signal: controller.signal }
    )
    assert.strictEqual(await rejection(run), stop as unknown as MsmqError.MsmqError)
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
  })

  it("while it commits by hand tells its function, and is fulfilled with what that returns", async () => {
    const { held, msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const commit = held.hold("commitTransaction")
    const run = msmq.transaction(
      async (transaction, signal) => {
        await sender.send({ label: "order" }, { transaction })
        await transaction.commit()
        return signal.aborted
      },
      { signal: controller.signal }
    )
    await commit.done
    controller.abort(stop)
    commit.release()
    assert.isTrue(await run)
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["order"])
    await msmq.close()
  })

  it("while a commit by hand runs does not reject that commit", async () => {
    const { held, msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    await using transaction = await msmq.beginTransaction()
    await sender.send({ label: "order" }, { transaction })
    const commit = held.hold("commitTransaction")
    const committed = transaction.commit({ signal: controller.signal })
    await commit.done
    controller.abort(stop)
    commit.release()
    await committed
    assert.strictEqual(await transaction.outcome(), "committed")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["order"])
    await msmq.close()
  })

  it("before a commit by hand begins leaves it to the block, which rolls back", async () => {
    const { msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const error = await rejection(
      (async () => {
        await using transaction = await msmq.beginTransaction()
        await sender.send({ label: "order" }, { transaction })
        await transaction.commit({ signal: AbortSignal.abort(stop) })
      })()
    )
    assert.strictEqual(error, stop as unknown as MsmqError.MsmqError)
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
  })

  it("while its commit fails rejects with the failure", async () => {
    const { held, msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const commit = held.hold("commitTransaction", "MQ_ERROR_INSUFFICIENT_RESOURCES")
    const run = msmq.transaction((transaction) => sender.send({ label: "order" }, { transaction }), controller)
    await commit.done
    controller.abort(stop)
    commit.release()
    assert.strictEqual((await rejection(run)).code, "MQ_ERROR_INSUFFICIENT_RESOURCES")
    assert.deepStrictEqual(await labelsIn(msmq, orders), [])
    await msmq.close()
  })
})

describe("a transaction whose function is fulfilled", () => {
  it("rejects with TransactionAborted when its connection closes meanwhile, and says so", async () => {
    const { msmq } = await connectHeld()
    const sender = await msmq.openSender(orders)
    const error = await rejection(
      msmq.transaction(async (transaction) => {
        await sender.send({ label: "order" }, { transaction })
        await msmq.close()
        return "done"
      })
    )
    assert(error.reason._tag === "TransactionAborted")
    assert.deepStrictEqual([error.operation, error.reason.by], ["Transaction.run", "connection"])
    assert.include(error.reason.abortedAt, "AbortSignal.test.ts")
    assert.include(error.message, "its connection, or the backend's layer, closed")
  })

  it("rejects with TransactionAborted when it aborted by hand, and is fulfilled when it committed by hand", async () => {
    const { msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const end = (how: "commit" | "abort") =>
      msmq.transaction(async (transaction) => {
        await sender.send({ label: how }, { transaction })
        await transaction[how]()
        return how
      })
    const error = await rejection(end("abort"))
    assert(error.reason._tag === "TransactionAborted")
    assert.strictEqual(error.reason.by, "abort")
    assert.include(error.reason.abortedAt, "AbortSignal.test.ts")
    assert.strictEqual(await end("commit"), "commit")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["commit"])
    await msmq.close()
  })

  it("waits for a commit and for an abort by hand that it did not await", async () => {
    const { held, msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const commit = held.hold("commitTransaction")
    const committing = msmq.transaction(async (transaction) => {
      await sender.send({ label: "order" }, { transaction })
      void transaction.commit()
    })
    await commit.done
    commit.release()
    await committing
    const aborting = msmq.transaction(async (transaction) => {
      await sender.send({ label: "never" }, { transaction })
      void transaction.abort()
    })
    assert.strictEqual((await rejection(aborting)).code, "TransactionAborted")
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["order"])
    await msmq.close()
  })

  it("is fulfilled when its connection closes while it commits: the closing waits for the commit", async () => {
    const { held, msmq } = await connectHeld()
    const sender = await msmq.openSender(orders)
    const commit = held.hold("commitTransaction")
    const run = msmq.transaction(async (transaction) => {
      await sender.send({ label: "order" }, { transaction })
      return "done"
    })
    await commit.done
    const closing = msmq.close()
    commit.release()
    assert.strictEqual(await run, "done")
    await closing
  })

  it("commits the sends that it did not await, and ends the receives that wait", async () => {
    const { msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    await using receiver = await msmq.openReceiver(orders)
    const waiting: Array<Promise<MsmqError.MsmqError>> = []
    await msmq.transaction(async (transaction) => {
      void sender.send({ label: "order" }, { transaction })
      waiting.push(rejection(receiver.receive({ transaction })))
    })
    assert.deepStrictEqual(
      (await Promise.all(waiting)).map(({ code }) => code),
      ["Released"]
    )
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["order"])
    await msmq.close()
  })

  it("ends once when it is committed and aborted at the same time, by the first of the two", async () => {
    const { held, msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const commit = held.hold("commitTransaction")
    {
      await using transaction = await msmq.beginTransaction()
      await sender.send({ label: "order" }, { transaction })
      const ends = [transaction.commit(), transaction.abort()]
      const again = rejection(transaction.commit())
      await commit.done
      commit.release()
      await Promise.all(ends)
      assert.strictEqual((await again).code, "Released")
      assert.strictEqual(await transaction.outcome(), "committed")
    }
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["order"])
    await msmq.close()
  })
})

/** Calls that cannot be undone, by the function of the backend, each with the value of its promise. */
const deeds: ReadonlyArray<
  readonly [
    name: keyof Mqrt.MqrtFunctions,
    deed: (msmq: Connection, signal: AbortSignal) => Promise<unknown>,
    outcome: (value: unknown) => unknown
  ]
> = [
  [
    "createQueue",
    (msmq, signal) => msmq.createQueue(".\\private$\\new", { signal }),
    (name) => typeof name === "string"
  ],
  ["deleteQueue", (msmq, signal) => msmq.deleteQueue(orders, { signal }), (nothing) => nothing === undefined],
  [
    "setQueueProperties",
    (msmq, signal) => msmq.setQueueProperties(orders, { label: "Orders" }, { signal }),
    (nothing) => nothing === undefined
  ],
  [
    "setQueueSecurity",
    (msmq, signal) => msmq.setQueueSecurity(orders, "D:(A;;GA;;;WD)", { signal, parts: ["dacl"] }),
    (nothing) => nothing === undefined
  ],
  ["purgeQueue", (msmq, signal) => msmq.purgeQueue(orders, { signal }), (nothing) => nothing === undefined],
  [
    "registerCertificate",
    (msmq, signal) => msmq.queueManager.registerCertificate({ signal }),
    (registered) => registered === "registered"
  ],
  ["machineAction", (msmq, signal) => msmq.queueManager.tidy({ signal }), (nothing) => nothing === undefined],
  [
    "moveMessage",
    async (msmq, signal) => {
      const receiver = await msmq.openReceiver(orders)
      return receiver.move(await receiver.peek(), "later", { signal })
    },
    (nothing) => nothing === undefined
  ],
  [
    "receiveMessage",
    async (msmq, signal) => (await msmq.openReceiver(orders)).receive({ signal }),
    (message) => typeof message === "object"
  ],
  [
    "receiveMessageByLookupId",
    async (msmq, signal) => (await msmq.openReceiver(orders)).lookup("receiveFirst", 0n, { signal }),
    (message) => typeof message === "object"
  ],
  [
    "sendMessages",
    async (msmq, signal) => (await msmq.openSender(orders)).send({}, { ...single, signal }),
    (id) => typeof id === "string"
  ]
]

describe("an abort that comes when its call has been made", () => {
  for (const [name, deed, isOutcome] of deeds) {
    it(`changes nothing: the promise is fulfilled (${name})`, async () => {
      const { held, msmq } = await connectHeld()
      const sender = await msmq.openSender(orders)
      await sender.send({ label: "order" }, single)
      const controller = new AbortController()
      const call = held.hold(name)
      const doing = deed(msmq, controller.signal)
      await call.done
      controller.abort(stop)
      call.release()
      const value = await doing
      assert.isTrue(isOutcome(value), `it is fulfilled with ${String(value)}`)
      await msmq.close()
    })
  }

  it("rejects with the failure of the call, if it failed", async () => {
    const { held, msmq } = await connectHeld()
    const controller = new AbortController()
    const call = held.hold("deleteQueue", "MQ_ERROR_ACCESS_DENIED")
    const deleting = msmq.deleteQueue(orders, controller)
    await call.done
    controller.abort(stop)
    call.release()
    assert.strictEqual((await rejection(deleting)).code, "MQ_ERROR_ACCESS_DENIED")
    await msmq.close()
  })

  it("ends a call that only peeks", async () => {
    const { held, msmq } = await connectHeld()
    const controller = new AbortController()
    const call = held.hold("getQueueProperties")
    const looking = msmq.queueProperties(orders, { signal: controller.signal })
    await call.done
    controller.abort(stop)
    call.release()
    assert.strictEqual(await rejection(looking), stop as unknown as MsmqError.MsmqError)
    await msmq.close()
  })

  it("ends a batch before its next slice, and lets the last slice be fulfilled", async () => {
    const { msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const sendAborted = async (messages: number, when: number) => {
      const controller = new AbortController()
      let accepted = 0
      const sending = sender.sendAll(
        Array.from({ length: messages }, () => ({})),
        {
          ...single,
          signal: controller.signal,
          onProgress: (progress) => {
            accepted = progress.accepted
            if (accepted === when) controller.abort(stop)
          }
        }
      )
      const settled = await sending.then(
        (report) => report.accepted,
        (error: unknown) => error
      )
      return [settled, accepted]
    }
    assert.deepStrictEqual(await sendAborted(512, 256), [stop, 256])
    assert.deepStrictEqual(await sendAborted(512, 512), [512, 512])
    assert.deepStrictEqual(await sendAborted(1, 1), [1, 1])
    await msmq.close()
  })

  it("ends a batch that waits for its source", async () => {
    const { msmq } = await connectHeld()
    await using sender = await msmq.openSender(orders)
    const controller = new AbortController()
    const waits = Promise.withResolvers<void>()
    const source = async function* () {
      yield { label: "one" }
      waits.resolve()
      await new Promise(() => {})
    }
    const sending = sender.sendAll(source(), { ...single, signal: controller.signal })
    await waits.promise
    controller.abort(stop)
    assert.strictEqual(await rejection(sending), stop as unknown as MsmqError.MsmqError)
    assert.deepStrictEqual(await labelsIn(msmq, orders), ["one"])
    await msmq.close()
  })
})
