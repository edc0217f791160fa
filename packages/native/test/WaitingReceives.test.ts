import { assert, describe, it, vi } from "@effect/vitest"
import type { Arrivals } from "../src/internal/Arrivals.ts"
import { WaitingReceives } from "../src/internal/WaitingReceives.ts"

/** A queue of labels, and notices that the test gives. */
const setup = () => {
  const messages: Array<string> = []
  const notices = { asked: 0, through: 0n, pending: undefined as (() => void) | undefined }
  const arrivals: Arrivals = {
    notify: (queue, arrived) => {
      notices.asked++
      notices.through = queue
      notices.pending = arrived
    },
    rest: () => {
      notices.pending = undefined
    },
    detach: () => () => Promise.resolve()
  }
  const found: Array<string> = []
  const waiting = new WaitingReceives<string>(arrivals)
  return {
    messages,
    notices,
    found,
    waiting,
    receive: (name: string, queue = 1n) =>
      waiting.add(
        queue,
        () => messages.shift(),
        (label) => found.push(`${name}: ${label}`)
      ),
    peek: (name: string) =>
      waiting.add(
        1n,
        () => messages[0],
        (label) => found.push(`${name}: ${label}`)
      ),
    cursor: (name: string, look: () => string | undefined) =>
      waiting.addCursor(1n, look, (label) => found.push(`${name}: ${label}`)),
    arrive: (...labels: ReadonlyArray<string>) => {
      messages.push(...labels)
      const { pending } = notices
      notices.pending = undefined
      pending?.()
    }
  }
}

describe("those who wait for one queue", () => {
  it("share one notice", () => {
    const { notices, receive } = setup()
    for (let index = 0; index < 1000; index++) receive(`${index}`)
    assert.strictEqual(notices.asked, 1)
  })

  it("E-10 E-11 are served in the order in which they came, each message to one of them", () => {
    const { arrive, found, receive } = setup()
    receive("first")
    receive("second")
    receive("third")
    arrive("a", "b")
    assert.deepStrictEqual(found, ["first: a", "second: b"])
    arrive("c")
    assert.deepStrictEqual(found, ["first: a", "second: b", "third: c"])
  })

  it("E-10 a peek sees the message and leaves it to the next", () => {
    const { arrive, found, peek, receive } = setup()
    peek("peek")
    receive("first")
    peek("late")
    arrive("a")
    assert.deepStrictEqual(found, ["peek: a", "first: a"])
  })

  it("ask again while somebody waits, and no more after the last", () => {
    const { arrive, notices, receive } = setup()
    receive("first")
    receive("second")
    arrive()
    assert.strictEqual(notices.asked, 2)
    arrive("a")
    assert.strictEqual(notices.asked, 3)
    arrive("b")
    assert.strictEqual(notices.asked, 3)
    assert.isUndefined(notices.pending)
  })

  it("one that gives up takes no message with it and leaves the others waiting", () => {
    const { arrive, found, receive } = setup()
    const giveUp = receive("first")
    receive("second")
    giveUp()
    arrive("a")
    assert.deepStrictEqual(found, ["second: a"])
  })

  it("give the event loop its turn after 64 in a row, and then go on", () => {
    const { arrive, found, notices, receive } = setup()
    for (let index = 0; index < 100; index++) receive(`${index}`)
    arrive(...Array.from({ length: 100 }, (_, index) => `${index}`))
    assert.strictEqual(found.length, 64)
    assert.isDefined(notices.pending)
    arrive()
    assert.strictEqual(found.length, 100)
  })

  it("leave no notice asked for when the last of them gives up", () => {
    const { notices, receive } = setup()
    const first = receive("first")
    const second = receive("second")
    first()
    assert.isDefined(notices.pending)
    second()
    assert.isUndefined(notices.pending)
  })

  it("cursors look once for each arrival, and pause where the message is not for them", async () => {
    const { arrive, cursor, found, notices, receive } = setup()
    const looks: Array<string> = []
    cursor("cursor", () => void looks.push("looked"))
    assert.deepStrictEqual([notices.asked, looks.length], [1, 0])
    arrive("a")
    assert.deepStrictEqual([notices.asked, looks.length], [1, 1])
    await vi.waitFor(() => assert.strictEqual(notices.asked, 2))
    arrive()
    receive("first")
    assert.strictEqual(notices.asked, 3)
    arrive()
    assert.deepStrictEqual([looks.length, found], [3, ["first: a"]])
  })

  it("share one notice through many handles, which goes over to another handle when its own is closed", () => {
    const { arrive, found, notices, receive, waiting } = setup()
    receive("first", 1n)
    receive("second", 2n)
    receive("third", 3n)
    assert.deepStrictEqual([notices.asked, notices.through], [1, 1n])
    waiting.close(3n, "closed")
    assert.deepStrictEqual([notices.asked, notices.through], [1, 1n])
    waiting.close(1n, "closed")
    assert.deepStrictEqual([notices.asked, notices.through], [2, 2n])
    arrive("a")
    assert.deepStrictEqual(found, ["third: closed", "first: closed", "second: a"])
  })

  it("E-51 all end when the queue is closed, and nothing is asked for any more", () => {
    const { arrive, found, notices, receive, waiting } = setup()
    receive("first")
    receive("second")
    waiting.close(1n, "closed")
    assert.deepStrictEqual(found, ["first: closed", "second: closed"])
    arrive("a")
    assert.strictEqual(notices.asked, 1)
    assert.strictEqual(found.length, 2)
  })
})
