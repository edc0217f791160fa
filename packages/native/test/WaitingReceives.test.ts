import { assert, describe, it, vi } from "@effect/vitest"
import type { Looked, Notices } from "../src/internal/WaitingReceives.ts"
import { WaitingReceives } from "../src/internal/WaitingReceives.ts"

/** A handle whose notices the test gives. */
const fakeHandle = () => {
  const state = { asked: 0, pending: undefined as (() => void) | undefined }
  const end = { asked: 0, isArmed: false, pending: undefined as (() => void) | undefined }
  const handle: Notices = {
    arrival: {
      notify: (arrived) => {
        state.asked++
        state.pending = arrived
      },
      cancel: () => {
        state.pending = undefined
      }
    },
    end: {
      get isArmed() {
        return end.isArmed
      },
      notify: (armed, arrived) => {
        end.asked++
        end.pending = arrived
        if (end.isArmed) armed()
      },
      cancel: () => {
        end.pending = undefined
      }
    }
  }
  return { handle, state, end }
}

/** A queue of labels, and notices that the test gives. */
const setup = () => {
  const messages: Array<string> = []
  const first = fakeHandle()
  const found: Array<string> = []
  const waiting = new WaitingReceives<string>()
  const arrive = (...labels: ReadonlyArray<string>) => {
    messages.push(...labels)
    const { pending } = first.state
    first.state.pending = undefined
    pending?.()
  }
  const wait = (name: string, look: () => string | undefined, handle = first.handle) => ({
    handle,
    look: (): Looked<string> => {
      const label = look()
      return label === undefined ? undefined : { found: label }
    },
    found: (label: string) => void found.push(`${name}: ${label}`)
  })
  return {
    messages,
    handle: first.handle,
    notices: first.state,
    end: first.end,
    found,
    waiting,
    receive: (name: string, handle = first.handle) =>
      waiting.add(
        wait(name, () => messages.shift(), handle),
        true
      ),
    peek: (name: string) =>
      waiting.add(
        wait(name, () => messages[0]),
        true
      ),
    cursor: (name: string, look: () => string | undefined) => waiting.addCursor(wait(name, look), true),
    arrive
  }
}

/** Lets the event loop go round. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe("waits for one queue", () => {
  it("share one notice", () => {
    const { notices, receive } = setup()
    for (let index = 0; index < 1000; index++) receive(`${index}`)
    assert.strictEqual(notices.asked, 1)
  })

  it("get messages in the order in which they began, and each message only one of them (E-10, E-11)", () => {
    const { arrive, found, receive } = setup()
    receive("first")
    receive("second")
    receive("third")
    arrive("a", "b")
    assert.deepStrictEqual(found, ["first: a", "second: b"])
    arrive("c")
    assert.deepStrictEqual(found, ["first: a", "second: b", "third: c"])
  })

  it("leave the message to the next one if they are peeks (E-10)", () => {
    const { arrive, found, peek, receive } = setup()
    peek("peek")
    receive("first")
    peek("late")
    arrive("a")
    assert.deepStrictEqual(found, ["peek: a", "first: a"])
  })

  it("request a notice again while there are waits, and not after the last", () => {
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

  it("take no message when they end early, and the others go on", () => {
    const { arrive, found, receive } = setup()
    const first = receive("first")
    receive("second")
    first.giveUp()
    arrive("a")
    assert.deepStrictEqual(found, ["second: a"])
  })

  it("let the event loop run after 64 in a row, and then go on", async () => {
    const { arrive, found, receive } = setup()
    for (let index = 0; index < 100; index++) receive(`${index}`)
    arrive(...Array.from({ length: 100 }, (_, index) => `${index}`))
    assert.strictEqual(found.length, 64)
    await turn()
    assert.strictEqual(found.length, 100)
  })

  it("cancel the notice when the last of them ends early", () => {
    const { notices, receive } = setup()
    const first = receive("first")
    const second = receive("second")
    first.giveUp()
    assert.isDefined(notices.pending)
    second.giveUp()
    assert.isUndefined(notices.pending)
  })

  it("look once for each arrival if they are of cursors, and then request a notice of the end of the queue", () => {
    const { arrive, cursor, end, found, notices } = setup()
    end.isArmed = true
    let looks = 0
    let label: string | undefined
    cursor("cursor", () => {
      looks++
      return label
    })
    assert.deepStrictEqual([notices.asked, looks], [1, 0])
    arrive("a")
    // Once more when the notice serves, since a message may have come in between.
    assert.deepStrictEqual([notices.asked, end.asked, looks], [1, 1, 2])
    end.pending?.()
    assert.deepStrictEqual([end.asked, looks], [2, 3])
    label = "b"
    end.pending?.()
    assert.deepStrictEqual([end.asked, found], [3, ["cursor: b"]])
  })

  it("look less and less often if they are of a thousand cursors without a notice of the end", () => {
    vi.useFakeTimers()
    try {
      const { arrive, cursor } = setup()
      let looks = 0
      for (let index = 0; index < 1000; index++) cursor(`${index}`, () => void looks++)
      arrive("a")
      vi.advanceTimersByTime(10_000)
      assert.isAtMost(looks, 16_000)
      assert.isAtLeast(looks, 10_000)
    } finally {
      vi.useRealTimers()
    }
  })

  it("share one notice through many handles, and another handle takes over when its handle is closed", () => {
    const { found, handle, messages, notices, receive, waiting } = setup()
    const [second, third] = [fakeHandle(), fakeHandle()]
    receive("first")
    receive("second", second.handle)
    receive("third", third.handle)
    const asked = () => [notices.asked, second.state.asked, third.state.asked]
    assert.deepStrictEqual(asked(), [1, 0, 0])
    waiting.close(third.handle, "closed")
    assert.deepStrictEqual(asked(), [1, 0, 0])
    waiting.close(handle, "closed")
    assert.deepStrictEqual(asked(), [1, 1, 0])
    messages.push("a")
    second.state.pending?.()
    assert.deepStrictEqual(found, ["third: closed", "first: closed", "second: a"])
  })

  it("end when the queue is closed, and request no more notices (E-51)", () => {
    const { arrive, found, handle, notices, receive, waiting } = setup()
    receive("first")
    receive("second")
    waiting.close(handle, "closed")
    assert.deepStrictEqual(found, ["first: closed", "second: closed"])
    arrive("a")
    assert.strictEqual(notices.asked, 1)
    assert.strictEqual(found.length, 2)
  })
})

/** A queue whose looks are made elsewhere, one at a time, and end when the test says so. */
const setupElsewhere = () => {
  const { handle, state } = fakeHandle()
  const found: Array<string> = []
  const looks: Array<{ readonly name: string; readonly end: (label?: string) => void; isAbandoned: boolean }> = []
  const waiting = new WaitingReceives<string>()
  const receive = (name: string) =>
    waiting.add(
      {
        handle,
        look: (ended) => {
          const look = { name, end: ended, isAbandoned: false }
          looks.push(look)
          return {
            abandon: () => {
              look.isAbandoned = true
            }
          }
        },
        found: (label) => void found.push(`${name}: ${label}`)
      },
      false
    )
  return { found, looks, names: () => looks.map(({ name }) => name), notices: state, receive, waiting }
}

describe("waits for one queue that look on another thread", () => {
  it("look one at a time, in the order in which they began", () => {
    const { found, looks, names, receive } = setupElsewhere()
    receive("first")
    receive("second")
    assert.deepStrictEqual(names(), ["first"])
    looks[0]?.end("a")
    assert.deepStrictEqual(names(), ["first", "second"])
    looks[1]?.end("b")
    assert.deepStrictEqual(found, ["first: a", "second: b"])
  })

  it("request a notice when a look has found nothing, and do not look before it comes", () => {
    const { found, looks, names, notices, receive } = setupElsewhere()
    receive("first")
    looks[0]?.end()
    receive("second")
    assert.deepStrictEqual([notices.asked, names()], [1, ["first"]])
    notices.pending?.()
    looks[1]?.end("a")
    looks[2]?.end("b")
    assert.deepStrictEqual(found, ["first: a", "second: b"])
  })

  it("abandon their look when they end early, and the next one looks after it", () => {
    const { looks, names, receive } = setupElsewhere()
    const first = receive("first")
    receive("second")
    first.giveUp()
    assert.deepStrictEqual([looks[0]?.isAbandoned, names()], [true, ["first"]])
    looks[0]?.end()
    assert.deepStrictEqual(names(), ["first", "second"])
  })

  it("wait for their look at their time limit, which may find a message", () => {
    const { found, looks, receive } = setupElsewhere()
    receive("first").timeOut("too late")
    const second = receive("second")
    assert.deepStrictEqual(found, [])
    looks[0]?.end("a")
    second.timeOut("too late")
    looks[1]?.end()
    assert.deepStrictEqual(found, ["first: a", "second: too late"])
  })

  it("look once at their time limit if they have not looked before", () => {
    const { found, looks, names, notices, receive } = setupElsewhere()
    receive("first")
    looks[0]?.end()
    const second = receive("second")
    assert.deepStrictEqual([notices.asked, names()], [1, ["first"]])
    second.timeOut("too late")
    assert.deepStrictEqual(names(), ["first", "first"])
    looks[1]?.end()
    assert.deepStrictEqual(found, ["second: too late"])
  })

  it("end at their time limit at once if a look has found nothing since they began", () => {
    const { found, looks, notices, receive } = setupElsewhere()
    receive("first")
    const second = receive("second")
    looks[0]?.end()
    notices.pending?.()
    looks[1]?.end()
    second.timeOut("too late")
    assert.deepStrictEqual([found, looks.length], [["second: too late"], 2])
  })
})
