import { MessageBody } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Layer, Logger } from "effect"
import { DatabaseSync } from "node:sqlite"
import { atomically, createTables, flush, once, post } from "../outbox.ts"

const queue = ".\\private$\\orders"
const text = { body: MessageBody.text }

/** Database in memory that fails before and after statements, as a process that crashes there leaves it. */
class CrashingDatabase extends DatabaseSync {
  crash: () => void = () => {}

  override exec(sql: string): void {
    if (sql === "COMMIT") this.crash()
    super.exec(sql)
    if (sql === "COMMIT") this.crash()
  }

  override prepare(sql: string): ReturnType<DatabaseSync["prepare"]> {
    this.crash()
    return super.prepare(sql)
  }

  /** Returns the result of a query for a number, without a crash. */
  count(what: string): number {
    return Number(super.prepare(`SELECT ${what} AS count`).get()?.["count"])
  }
}

/** Backend without a log of failed attempts. */
const quiet = Layer.merge(InMemoryMqrt.layer, Logger.layer([]))

const open = (): CrashingDatabase => {
  const database = new CrashingDatabase(":memory:")
  createTables(database)
  database.exec("CREATE TABLE handled (name TEXT NOT NULL)")
  return database
}

/** Returns pseudorandom numbers from 0 to 1, the same for the same seed. */
const randomOf = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** Repeats a step until it returns `true`, up to a number of times that is far above what it takes. */
const repeat = async (step: () => Promise<boolean>, times = 10_000): Promise<void> => {
  assert.isAbove(times, 0)
  if (!(await step())) await repeat(step, times - 1)
}

describe("the outbox and the inbox", () => {
  it.each([1, 2, 3, 4])("handle each message once, wherever the sender and the receiver crash (%i)", async (seed) => {
    await using msmq = await connect(quiet)
    await msmq.createQueue(queue, { transactional: true })
    const database = open()
    for (let number = 1; number <= 50; number++) {
      atomically(database, () => post(database, { queue, body: `order ${number}` }))
    }

    const random = randomOf(seed)
    database.crash = () => {
      if (random() < 0.05) throw new Error("crash")
    }
    const keys: Array<string | undefined> = []
    await using sender = await msmq.openSender(queue, text)
    await using receiver = await msmq.openReceiver(queue, text)
    const consumer = receiver.consume(
      async (message) => {
        keys.push(message.headers["key"])
        once(database, message, () => database.prepare("INSERT INTO handled (name) VALUES (?)").run(message.body))
      },
      { retry: { delay: 0 } }
    )
    await repeat(async () => {
      await flush(sender, database, 0).catch(() => {})
      return database.count("(SELECT count(*) FROM outbox)") === 0
    })
    await repeat(async () => {
      await new Promise(setImmediate)
      return (await msmq.queueManager.messageCount(queue)) === 0
    })
    await consumer.stop()

    assert.isAbove(keys.length, new Set(keys).size, "some messages came more than once")
    assert.strictEqual(database.count("(SELECT count(*) FROM handled)"), 50)
    assert.strictEqual(database.count("(SELECT count(DISTINCT name) FROM handled)"), 50)
  })

  it("handle each message once, and lose none, when a crash comes at any one of their steps", async () => {
    /** Runs all with a crash at one step. Returns `true` if there is such a step. */
    const crashAt = async (step: number): Promise<boolean> => {
      await using msmq = await connect(quiet)
      await msmq.createQueue(queue, { transactional: true })
      using database = open()
      let steps = 0
      database.crash = () => {
        if (++steps === step) throw new Error("crash")
      }
      const steadily = async (run: () => unknown) => {
        try {
          await run()
        } catch (error) {
          assert.strictEqual((error as Error).message, "crash")
          await run()
        }
      }
      // A crash after the commit is one of a sender that does not know of it, and orders again.
      await steadily(() => {
        if (database.count("(SELECT count(*) FROM outbox)") > 0) return
        atomically(database, () => {
          for (const body of ["order 1", "order 2"]) post(database, { queue, body })
        })
      })
      await using sender = await msmq.openSender(queue, text)
      await steadily(() => flush(sender, database, 0))
      await using receiver = await msmq.openReceiver(queue, text)
      const receive = () =>
        msmq.transaction(async () => {
          const message = await receiver.poll()
          if (message === undefined) return false
          once(database, message, () => database.prepare("INSERT INTO handled (name) VALUES (?)").run(message.body))
          return true
        })
      await repeat(async () => {
        let isEmpty = false
        await steadily(async () => (isEmpty = !(await receive())))
        return isEmpty
      })
      assert.strictEqual(database.count("(SELECT count(*) FROM handled)"), 2)
      assert.strictEqual(database.count("(SELECT count(DISTINCT name) FROM handled)"), 2)
      assert.strictEqual(database.count("(SELECT count(*) FROM outbox)"), 0)
      return steps >= step
    }
    let step = 0
    await repeat(async () => !(await crashAt(++step)))
    assert.isAbove(step, 15)
  })

  it("send a message when it is due, and none of a transaction that was rolled back", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(queue, { transactional: true })
    const database = open()
    const failing = () =>
      atomically(database, () => {
        post(database, { queue, body: "order 1" })
        throw new Error("out of stock")
      })
    assert.throws(failing, "out of stock")
    atomically(database, () => post(database, { queue, body: "reminder of order 2", due: 1000 }))

    await using sender = await msmq.openSender(queue, text)
    await flush(sender, database, 999)
    assert.strictEqual(await msmq.queueManager.messageCount(queue), 0)
    await flush(sender, database, 1000)
    await using receiver = await msmq.openReceiver(queue, text)
    const { body } = await receiver.receive()
    assert.strictEqual(body, "reminder of order 2")
  })
})
