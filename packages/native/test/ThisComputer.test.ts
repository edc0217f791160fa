import { assert, describe, it } from "@effect/vitest"
import { ThisComputer } from "../src/internal/ThisComputer.ts"

const guid = "11223344-5566-7788-99aa-bbccddeeff01"
const other = "00000000-5566-7788-99aa-bbccddeeff01"

/** Returns the knowledge of a computer called `HERE` about a name, when it knows some queues. */
const identify = (formatName: string, isOutgoing = false) => {
  const computer = new ThisComputer(["Here", undefined])
  computer.learnQueue(".\\private$\\Orders", `PRIVATE=${guid}\\0000000a`)
  computer.learnQueue("elsewhere\\private$\\orders", `PRIVATE=${other}\\0000000a`)
  computer.learnPathName(`PRIVATE=${guid}\\0000000a`, "here-with-a-long-name\\private$\\orders")
  return computer.identify(formatName, isOutgoing)
}

describe("the names of queues", () => {
  it.each([
    "DIRECT=OS:.\\private$\\orders",
    "direct=os:HERE\\PRIVATE$\\ORDERS",
    "DIRECT=OS:localhost\\private$\\orders",
    "DIRECT=TCP:127.0.0.1\\private$\\orders",
    `PRIVATE=${guid.toUpperCase()}\\A`,
    `private=${guid}\\0000000a`
  ])("that are known to be of this computer mean one queue: %s (B-04, B-07)", (name) => {
    assert.deepStrictEqual(identify(name), { key: "local private$\\orders", isLocal: true })
  })

  it("with another name of this computer, told by Message Queuing, mean the same queue, and count as remote", () => {
    const name = "DIRECT=OS:here-with-a-long-name\\private$\\orders"
    assert.deepStrictEqual(identify(name), { key: "local private$\\orders", isLocal: false })
  })

  it.each([
    ["DIRECT=OS:.\\private$\\orders;JOURNAL", "local private$\\orders;journal"],
    [`PRIVATE=${guid}\\a;journal`, "local private$\\orders;journal"],
    ["DIRECT=OS:.\\private$\\orders;Retry", "local private$\\orders;retry"],
    ["DIRECT=OS:.\\SYSTEM$;DEADLETTER", "local system$;deadletter"],
    [`MACHINE=${guid};DEADLETTER`, "local system$;deadletter"],
    [`PRIVATE=${guid}\\0b`, "local number b"]
  ])("with a part of a queue mean that part: %s", (name, key) => {
    assert.deepStrictEqual(identify(name), { key, isLocal: true })
  })

  it.each([
    "DIRECT=OS:elsewhere\\private$\\orders",
    "DIRECT=OS:here.example.org\\private$\\orders",
    "DIRECT=TCP:10.0.0.1\\private$\\orders",
    `PRIVATE=${other}\\0000000a`,
    `PUBLIC=${guid}`,
    `MACHINE=${other};DEADLETTER`
  ])("of another computer, or of one that nobody knows, are not known to be of this one: %s", (name) => {
    assert.isFalse(identify(name).isLocal)
    assert.notStrictEqual(identify(name).key, "local private$\\orders")
  })

  it("of an outgoing queue mean a queue of this computer, and not its target", () => {
    const { isLocal, key } = identify("DIRECT=OS:elsewhere\\private$\\orders", true)
    assert.isTrue(isLocal)
    assert.notStrictEqual(key, identify("DIRECT=OS:elsewhere\\private$\\orders").key)
  })

  it("that differ by letters that Windows distinguishes mean different queues", () => {
    const keys = ["K", "k", "\u212A"].map((letter) => identify(`DIRECT=OS:.\\private$\\${letter}`).key)
    assert.deepStrictEqual([keys[0] === keys[1], keys[0] === keys[2]], [true, false])
  })

  it("of public queues are learned from their path names, and the oldest are forgotten", () => {
    const computer = new ThisComputer(["here"])
    computer.learnQueue("here\\orders", `PUBLIC=${guid}`)
    assert.deepStrictEqual(computer.identify(`public=${guid}`, false), { key: "local orders", isLocal: true })
    for (let index = 0; index < 1000; index++) computer.learnQueue(`.\\queue${index}`, `PUBLIC=${index}`)
    assert.isFalse(computer.identify(`PUBLIC=${guid}`, false).isLocal)
  })
})
