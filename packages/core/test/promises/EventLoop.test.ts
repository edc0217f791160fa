/** Whoever receives or sends shares the event loop: the promise face, where each step is a fiber of its own. */
import { type Connection, connect, type Sender } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { afterEach, beforeEach, vi } from "vitest"
import { found, reading, repeat } from "../support/promiseLoops.ts"

const orders = ".\\private$\\orders"
const count = 200

/** Counts what happens between two rounds of the event loop. */
const betweenRounds = () => {
  let [most, since] = [0, 0]
  const goRound = () => {
    most = Math.max(most, since)
    since = 0
    next = setImmediate(goRound)
  }
  let next = setImmediate(goRound)
  return {
    tell: () => void since++,
    most: () => {
      clearImmediate(next)
      return Math.max(most, since)
    }
  }
}

/** A connection with a sender to a queue and a receiver that nobody else receives beside. */
const open = async () => {
  const msmq = await connect(InMemoryMqrt.layer)
  await msmq.createQueue(orders)
  const sender = await msmq.openSender(orders)
  await sender.sendAll(Array.from({ length: count }, (_, index) => ({ label: `order ${index}` })))
  const receiver = await msmq.openReceiver(orders, { shareMode: "denyReceive" })
  return { msmq, sender, receiver, [Symbol.asyncDispose]: () => msmq.close() }
}

describe("the event loop goes round every few milliseconds", () => {
  // By this clock each send and each receive takes a millisecond.
  beforeEach(async () => {
    // The turn that goes on was begun by another clock.
    await new Promise<void>((resolve) => void setImmediate(resolve))
    let now = performance.now()
    vi.spyOn(performance, "now").mockImplementation(() => now++)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each(Object.entries(reading))("while %s reads a full queue", async (_, loop) => {
    await using queue = await open()
    const rounds = betweenRounds()
    let handed = 0
    const tell = () => {
      handed++
      rounds.tell()
    }
    await loop(queue.receiver, count, tell)
    assert.strictEqual(handed, count)
    assert.isAtMost(rounds.most(), 8)
  })

  it.each(Object.entries(reading))(
    "and an abort while %s reads a full queue takes effect in that turn",
    async (_, loop) => {
      await using queue = await open()
      const controller = new AbortController()
      let [handed, handedAfter] = [0, 0]
      const tell = () => {
        handed++
        if (controller.signal.aborted) handedAfter++
      }
      setImmediate(() => void setImmediate(() => controller.abort()))
      await loop(queue.receiver, count, tell, controller.signal).catch(() => undefined)
      assert.isTrue(controller.signal.aborted)
      assert.isBelow(handed, 30)
      assert.isAtMost(handedAfter, 1)
    }
  )

  const target = ".\\private$\\target"

  const administering: Readonly<
    Record<string, (msmq: Connection, onProgress: () => void, signal?: AbortSignal) => Promise<unknown>>
  > = {
    redriveMessages: (msmq, onProgress, signal) => msmq.redriveMessages(orders, target, { onProgress, signal }),
    removeMessages: (msmq, onProgress, signal) => msmq.removeMessages(orders, { limit: count, onProgress, signal })
  }

  it.each(Object.entries(administering))("while %s empties a full queue", async (_, empty) => {
    await using queue = await open()
    await queue.receiver.close()
    await queue.msmq.createQueue(target)
    const rounds = betweenRounds()
    let told = 0
    await empty(queue.msmq, () => {
      told++
      rounds.tell()
    })
    assert.strictEqual(told, count)
    assert.isAtMost(rounds.most(), 8)
  })

  it.each(Object.entries(administering))(
    "and an abort while %s empties a full queue takes effect in that turn",
    async (_, empty) => {
      await using queue = await open()
      await queue.receiver.close()
      await queue.msmq.createQueue(target)
      const controller = new AbortController()
      let [told, toldAfter] = [0, 0]
      const tell = () => {
        told++
        if (controller.signal.aborted) toldAfter++
      }
      setImmediate(() => void setImmediate(() => controller.abort()))
      await empty(queue.msmq, tell, controller.signal).catch(() => undefined)
      assert.isTrue(controller.signal.aborted)
      assert.isBelow(told, 30)
      assert.isAtMost(toldAfter, 1)
    }
  )

  const sends: Readonly<Record<string, (sender: Sender, tell: () => void) => Promise<void>>> = {
    send: (sender, tell) => {
      let left = count
      return repeat(async () => {
        await sender.send({ label: "order" })
        tell()
        return --left > 0
      })
    },
    "sendAll of one message": (sender, tell) => {
      let left = count
      return repeat(async () => {
        await sender.sendAll([{ label: "order" }])
        tell()
        return --left > 0
      })
    }
  }

  it.each(Object.entries(sends))("while %s is called again and again", async (_, send) => {
    await using queue = await open()
    const rounds = betweenRounds()
    await send(queue.sender, rounds.tell)
    assert.isAtMost(rounds.most(), 8)
  })

  it("while polling an empty queue without a pause", async () => {
    await using queue = await open()
    const { receiver } = queue
    await found(() => receiver.poll())(receiver, count, () => {})
    const rounds = betweenRounds()
    let left = count
    await repeat(async () => {
      assert.strictEqual(await receiver.poll(), undefined)
      rounds.tell()
      return --left > 0
    })
    assert.isAtMost(rounds.most(), 8)
  })

  it("and all of many loops at once go on", async () => {
    await using queue = await open()
    const rounds = betweenRounds()
    const shares = new Map<number, number>()
    const names = Array.from({ length: 10 }, (_, name) => name)
    const loop = (name: number) =>
      found((receiver) => receiver.poll())(queue.receiver, count, () => {
        rounds.tell()
        shares.set(name, (shares.get(name) ?? 0) + 1)
      })
    await Promise.all(names.map(loop))
    assert.strictEqual(
      [...shares.values()].reduce((sum, share) => sum + share),
      count
    )
    for (const name of names) assert.isAbove(shares.get(name) ?? 0, 5, `of loop ${name}`)
    assert.isAtMost(rounds.most(), 10)
  })
})
