import { FormatName, MessageQueue, PathName } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { inspect } from "node:util"
import { refusal } from "./support/names.ts"

const fromString = (name: string) => FormatName.fromString(name)
const ruleOf = (name: string) => refusal(fromString(name)).rule

/** Names in other notations, and how the error says to write them. */
const written: ReadonlyArray<readonly [string, string]> = [
  [String.raw`FormatName:DIRECT=OS:.\private$\orders`, String.raw`DIRECT=OS:.\private$\orders`],
  [String.raw`FORMATNAME:PUBLIC=6d736d71-0000-4000-8000-000000000001`, "PUBLIC=6d736d71-0000-4000-8000-000000000001"],
  [String.raw`msmq.formatname:DIRECT=OS:.\private$\orders`, String.raw`DIRECT=OS:.\private$\orders`],
  [String.raw`.\private$\orders\journal$`, String.raw`DIRECT=OS:.\private$\orders;JOURNAL`],
  [String.raw`.\private$\orders\journal`, String.raw`DIRECT=OS:.\private$\orders;JOURNAL`],
  [String.raw`server\orders\Journal$`, String.raw`DIRECT=OS:server\orders;JOURNAL`],
  [String.raw`.\private$\orders;journal`, String.raw`DIRECT=OS:.\private$\orders;JOURNAL`],
  [String.raw`DIRECT=OS:.\private$\orders\journal$`, String.raw`DIRECT=OS:.\private$\orders;JOURNAL`],
  [String.raw`.\Journal$`, String.raw`.\system$;JOURNAL`],
  [String.raw`.\XactDeadletter$`, String.raw`.\system$;DEADXACT`],
  [String.raw`server\DeadLetter$`, String.raw`server\system$;DEADLETTER`],
  [String.raw`DIRECT=OS:.\XactDeadletter$`, String.raw`DIRECT=OS:.\system$;DEADXACT`],
  [String.raw`private$\orders`, String.raw`.\private$\orders`],
  [String.raw`DIRECT=OS:private$\orders`, String.raw`DIRECT=OS:.\private$\orders`],
  [String.raw`.\private\orders`, String.raw`.\private$\orders`],
  [String.raw`DIRECT=OS:server\private\orders`, String.raw`DIRECT=OS:server\private$\orders`],
  [String.raw`\\server\private$\orders`, String.raw`server\private$\orders`],
  [String.raw`DIRECT=OS:\\server\private$\orders`, String.raw`DIRECT=OS:server\private$\orders`],
  ["./private$/orders", String.raw`.\private$\orders`],
  ["DIRECT=OS:server/private$/orders", String.raw`DIRECT=OS:server\private$\orders`],
  ["net.msmq://server/private/orders", String.raw`DIRECT=OS:server\private$\orders`],
  ["orders@server", String.raw`server\private$\orders`],
  ["orders@localhost", String.raw`.\private$\orders`],
  [String.raw`OS:server\private$\orders`, String.raw`DIRECT=OS:server\private$\orders`],
  [String.raw`TCP:10.0.0.7\private$\orders`, String.raw`DIRECT=TCP:10.0.0.7\private$\orders`],
  [String.raw`DIRECT:OS:server\orders`, String.raw`DIRECT=OS:server\orders`],
  ["http://server/msmq/private$/orders", "DIRECT=http://server/msmq/private$/orders"],
  [String.raw`DIRECT=HTTP://server\msmq\private$\orders`, "DIRECT=HTTP://server/msmq/private$/orders"],
  [String.raw`DIRECT=HTTP:\\server\msmq\orders`, "DIRECT=HTTP://server/msmq/orders"],
  [String.raw`DIRECT=TCP:server\private$\orders`, String.raw`DIRECT=OS:server\private$\orders`],
  [String.raw`".\private$\orders"`, String.raw`.\private$\orders`],
  [String.raw`'.\private$\orders'`, String.raw`.\private$\orders`],
  [String.raw`  .\private$\orders `, String.raw`.\private$\orders`],
  [`${String.raw`.\private$\orders`}\r\n`, String.raw`.\private$\orders`],
  [`${String.raw`.\private$\orders`}\\`, String.raw`.\private$\orders`],
  [String.raw`.\\private$\\orders`, String.raw`.\private$\orders`],
  [String.raw`.\private$\orders\retry`, String.raw`.\private$\orders;retry`]
]

describe("a name in another notation", () => {
  it.each(written)("%s is refused, and the error says to write %s", (name, right) => {
    const rule = ruleOf(name)
    assert.include(rule, right)
    assert.strictEqual(Result.getOrThrow(fromString(right))._tag.length > 0, true)
  })

  it.each([
    ["msmq://server/private$/orders", "msmq:", String.raw`DIRECT=OS:server\private$\orders`],
    ["amqp://localhost/orders", "amqp:", String.raw`DIRECT=OS:server\private$\orders`],
    [String.raw`.\priv$\orders`, "only private$", String.raw`.\private$\orders`],
    [String.raw`.\$private\orders`, "only private$", String.raw`.\private$\orders`],
    [String.raw`C:\queues\orders`, "only private$", String.raw`.\private$\orders`],
    ["server\\", "the name of the queue is missing", String.raw`server\private$\orders`],
    [".\\private$\\", "the name of the queue is missing", String.raw`.\private$\orders`],
    ["", "it is empty", String.raw`.\private$\orders`]
  ])('"%s" is refused, since "%s", and the error has an example, which is legal', (name, rule, example) => {
    assert.include(ruleOf(name), rule)
    assert.include(ruleOf(name), example)
    assert.isTrue(Result.isSuccess(fromString(example)))
  })

  it.each([
    String.raw`.\private$\orders;retry;JOURNAL`,
    String.raw`DIRECT=OS:.\private$\orders;retry;JOURNAL`,
    String.raw`.\private$\orders;retry;poison`
  ])("%s has a suffix too many, and is not told to add another", (name) => {
    assert.include(ruleOf(name), "only one suffix may follow")
    assert.notInclude(ruleOf(name), "write")
  })

  it("that is a key or a certificate in PEM is refused, and is in no error", () => {
    for (const queue of ["-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n", "'-----BEGIN secret'"]) {
      const failure = Result.flip(fromString(queue))
      assert(Result.isSuccess(failure))
      assert.include(failure.success.message, "a text in PEM")
      assert.notInclude(inspect(failure.success), "secret")
    }
  })

  it("of a journal is not taken for the queue itself", () => {
    for (const [name, right] of written.filter(([name]) => /journal/i.test(name))) {
      assert.match(right, /;JOURNAL$/)
      assert.notMatch(ruleOf(name), /orders(?!;JOURNAL)/)
    }
  })

  it("of System.Messaging with a label is refused with the advice to locate it", () => {
    assert.include(ruleOf("Label:orders"), "MessageQueue.locate")
    assert.property(MessageQueue, "locate")
  })

  it("that is only a queue is refused with the advice to add a computer", () => {
    for (const name of ["orders", ".private$orders"]) assert.include(ruleOf(name), String.raw`.\private$\orders`)
  })

  it("that is no string is refused", () => {
    for (const name of [undefined, null, 5, {}]) {
      for (const parse of [FormatName.fromString, FormatName.parse, PathName.parse]) {
        assert.include(refusal<unknown>(parse(name as never)).rule, "a name is a string, not ")
      }
    }
  })

  it("is read in time that is linear in its length", () => {
    for (const part of ["\n", "\\", "/", "a@", " ", "\\private\\", '"']) {
      assert.isString(ruleOf(`${part.repeat(500_000)}\n+`))
    }
  })
})
