import { FormatName, MessageQueue, MsmqError, PathName, QueueName } from "@effect-msmq/core"
import * as promises from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { path as anyPath, refusal, single } from "./support/names.ts"

type Reader = keyof typeof readers

const readers = {
  fromDotNet: QueueName.fromDotNet,
  fromNetMsmq: QueueName.fromNetMsmq,
  fromAddress: QueueName.fromAddress
}

const print = (name: FormatName.FormatName | PathName.PathName): string =>
  PathName.isPathName(name) ? PathName.format(name) : FormatName.format(name)

const readBy = (reader: Reader, text: string) =>
  Result.map(
    readers[reader](text) as Result.Result<FormatName.FormatName | PathName.PathName, MsmqError.MsmqError>,
    print
  )

const guid = "6d736d71-0000-4000-8000-000000000001"

/** Names in the spelling of another library, and in that of Message Queuing. */
const spelled: ReadonlyArray<readonly [Reader, string, string]> = [
  ["fromDotNet", String.raw`FormatName:DIRECT=OS:.\private$\orders`, String.raw`DIRECT=OS:.\private$\orders`],
  [
    "fromDotNet",
    String.raw`FORMATNAME:direct=tcp:10.0.0.7\private$\orders`,
    String.raw`DIRECT=TCP:10.0.0.7\private$\orders`
  ],
  ["fromDotNet", `formatname:PUBLIC=${guid};JOURNAL`, `PUBLIC=${guid};JOURNAL`],
  ["fromDotNet", `FormatName:MACHINE=${guid};DEADXACT`, `MACHINE=${guid};DEADXACT`],
  ["fromDotNet", String.raw`FormatName:DIRECT=OS:b\q,DIRECT=OS:a\q`, String.raw`DIRECT=OS:a\q,DIRECT=OS:b\q`],
  ["fromDotNet", String.raw`.\private$\orders`, String.raw`.\private$\orders`],
  ["fromDotNet", String.raw`server\Private$\orders\Journal$`, String.raw`DIRECT=OS:server\private$\orders;JOURNAL`],
  ["fromDotNet", String.raw`server\orders\JOURNAL$`, String.raw`DIRECT=OS:server\orders;JOURNAL`],
  ["fromDotNet", String.raw`.\orders;poison`, String.raw`.\orders;poison`],
  ["fromDotNet", String.raw`.\private$\orders;poison`, String.raw`.\private$\orders;poison`],
  ["fromDotNet", String.raw`.\DeadLetter$`, String.raw`.\system$;DEADLETTER`],
  ["fromDotNet", String.raw`server\XactDeadLetter$`, String.raw`server\system$;DEADXACT`],
  ["fromDotNet", String.raw`.\xactdeadletter$`, String.raw`.\system$;DEADXACT`],
  ["fromDotNet", String.raw`.\Journal$`, String.raw`.\system$;JOURNAL`],
  ["fromNetMsmq", "net.msmq://host/orders", String.raw`DIRECT=OS:host\orders`],
  ["fromNetMsmq", "NET.MSMQ://host/Private/orders", String.raw`DIRECT=OS:host\private$\orders`],
  ["fromNetMsmq", "net.msmq://localhost/private/orders;poison", String.raw`DIRECT=OS:.\private$\orders;poison`],
  ["fromNetMsmq", "net.msmq://10.0.0.7/private/orders", String.raw`DIRECT=TCP:10.0.0.7\private$\orders`],
  ["fromNetMsmq", "net.msmq://[fe80::1]/orders", String.raw`DIRECT=TCP:fe80::1\orders`],
  ["fromNetMsmq", "net.msmq://host/private/my%20orders%2F%25", String.raw`DIRECT=OS:host\private$\my orders/%`],
  ["fromNetMsmq", "net.msmq://localhost/system$;DeadXact", String.raw`DIRECT=OS:.\SYSTEM$;DEADXACT`],
  ["fromNetMsmq", "net.msmq://host/private", String.raw`DIRECT=OS:host\private`],
  ["fromNetMsmq", String.raw`msmq.formatname:DIRECT=OS:.\private$\orders`, String.raw`DIRECT=OS:.\private$\orders`],
  ["fromNetMsmq", `MSMQ.FormatName:PUBLIC=${guid}`, `PUBLIC=${guid}`],
  ["fromAddress", "orders@server", String.raw`server\private$\orders`],
  ["fromAddress", "orders", String.raw`.\private$\orders`],
  ["fromAddress", "orders@.", String.raw`.\private$\orders`],
  ["fromAddress", "orders@LocalHost", String.raw`.\private$\orders`],
  ["fromAddress", "orders;retry@server", String.raw`server\private$\orders;retry`],
  ["fromAddress", "orders@10.0.0.1", String.raw`DIRECT=TCP:10.0.0.1\private$\orders`],
  ["fromAddress", "orders;retry@fe80::1", String.raw`DIRECT=TCP:fe80::1\private$\orders;retry`]
]

describe("a name in the spelling of another library", () => {
  it.each(spelled)("%s reads %s as %s", (reader, text, right) => {
    assert.strictEqual(Result.getOrThrow(readBy(reader, text)), right)
    assert.strictEqual(promises.QueueName[reader](text), right)
  })

  it.each(spelled.filter(([, text]) => Result.isFailure(FormatName.fromString(text))))(
    "given elsewhere is refused, and the error names %s and its result for %s",
    (reader, text, right) => {
      const { rule } = refusal(FormatName.fromString(text))
      assert.include(rule, `QueueName.${reader}`)
      assert.include(rule, right)
    }
  )

  it.effect("given to a call is refused there, and the error names the function and its result", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.openSender("net.msmq://localhost/private/orders"))
      assert.strictEqual(error.operation, "MessageQueue.openSender")
      assert.include(error.message, String.raw`QueueName.fromNetMsmq reads it: as DIRECT=OS:.\private$\orders`)
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.each<readonly [Reader, string, string, number]>([
    ["fromDotNet", "Label:orders", "MessageQueue.locate", 0],
    ["fromDotNet", String.raw`DIRECT=OS:.\private$\orders`, "behind FormatName:", 0],
    ["fromDotNet", "FormatName:orders", "a format name begins with", 11],
    ["fromDotNet", String.raw`.\private$\orders;poison\Journal$`, "only a queue has a journal", 24],
    ["fromDotNet", "net.msmq://host/orders", String.raw`QueueName.fromNetMsmq reads it: as DIRECT=OS:host\orders`, 22],
    ["fromDotNet", "orders@server", String.raw`QueueName.fromAddress reads it: as server\private$\orders`, 13],
    ["fromDotNet", "", "it is empty", 0],
    ["fromNetMsmq", "net.msmq://host:1801/private/orders", "no ports", 15],
    ["fromNetMsmq", "net.msmq://[fe80::1]:80/orders", "no ports", 20],
    ["fromNetMsmq", "net.msmq://user@host/orders", "no user", 11],
    ["fromNetMsmq", "net.msmq:///orders", "the computer is missing", 11],
    ["fromNetMsmq", "net.msmq://host", "a / and the queue follow", 15],
    ["fromNetMsmq", "net.msmq://host/", "a queue name has 1 to 124 characters", 16],
    ["fromNetMsmq", "net.msmq://host/private$/orders", "without a $", 16],
    ["fromNetMsmq", "net.msmq://host/public/orders", "only private/", 22],
    ["fromNetMsmq", "net.msmq://host/private/a/b", "only private/", 25],
    ["fromNetMsmq", "net.msmq://host/orders?x=1", "neither ? nor #", 22],
    ["fromNetMsmq", "net.msmq://host/orders%", "two hexadecimal digits", 22],
    ["fromNetMsmq", "net.msmq://host/private%5Corders", "backslash", 23],
    ["fromNetMsmq", String.raw`net.msmq://host/a,DIRECT=OS:b\c`, "backslash", 29],
    ["fromNetMsmq", "net.msmq://host/a,b", "may not follow", 17],
    ["fromNetMsmq", "msmq.formatname:orders", "a format name begins with", 16],
    ["fromNetMsmq", "http://host/msmq/orders", "DIRECT=http://host/msmq/orders", 0],
    ["fromNetMsmq", String.raw`.\private$\orders`, "begins with net.msmq://", 0],
    ["fromAddress", "a@b@c", "one @", 3],
    ["fromAddress", "@server", "a queue name has 1 to 124 characters", 0],
    ["fromAddress", "orders@", "a computer name has 1 to 256 characters", 7],
    ["fromAddress", "orders@my server", "a computer name", 9],
    ["fromAddress", String.raw`.\private$\orders`, "no backslash", 1],
    ["fromAddress", "orders;a;b@server", "", 8],
    ["fromAddress", `${"q".repeat(125)}@server`, "at most 124", 124]
  ])("%s refuses %s: %s", (reader, text, rule, position) => {
    const reason = refusal<unknown>(readers[reader](text))
    assert.include(reason.rule, rule)
    assert.strictEqual(reason.position, position)
    assert.throws(() => promises.QueueName[reader](text), MsmqError.MsmqError)
  })

  it("that is no string is refused", () => {
    for (const reader of Object.keys(readers) as ReadonlyArray<Reader>) {
      for (const text of [undefined, null, 5, {}, []]) {
        assert.include(refusal<unknown>(readers[reader](text as never)).rule, "a name is a string, not ")
      }
    }
  })

  it("is read in time that is linear in its length", () => {
    for (const part of ["/", "%", "@", "a;", "\\", "%41"]) {
      for (const reader of Object.keys(readers) as ReadonlyArray<Reader>) {
        for (const start of ["net.msmq://host/", "FormatName:", "x"]) {
          assert.isString(refusal<unknown>(readers[reader](`${start}${part.repeat(300_000)}\n+`)).rule)
        }
      }
    }
  })
})

describe("a name printed for another library", () => {
  it.each([
    [String.raw`.\private$\orders`, String.raw`.\private$\orders`, "net.msmq://localhost/private/orders"],
    [String.raw`server\orders;poison`, String.raw`server\orders;poison`, "net.msmq://server/orders;poison"],
    [String.raw`.\system$;DEADXACT`, String.raw`.\XactDeadLetter$`, "net.msmq://localhost/system$;DEADXACT"],
    [
      String.raw`DIRECT=OS:server\private$\my orders/1;JOURNAL`,
      String.raw`FormatName:DIRECT=OS:server\private$\my orders/1;JOURNAL`,
      "net.msmq://server/private/my%20orders%2F1;JOURNAL"
    ],
    [
      String.raw`DIRECT=TCP:fe80::1\orders`,
      String.raw`FormatName:DIRECT=TCP:fe80::1\orders`,
      "net.msmq://[fe80::1]/orders"
    ],
    [`PUBLIC=${guid}`, `FormatName:PUBLIC=${guid}`, `msmq.formatname:PUBLIC=${guid}`],
    [
      String.raw`DIRECT=HTTP://host/MSMQ\50%25`,
      String.raw`FormatName:DIRECT=HTTP://host/MSMQ\50%25`,
      String.raw`msmq.formatname:DIRECT=HTTP://host/MSMQ\50%2525`
    ]
  ])("%s is %s for System.Messaging and %s for WCF", (name, dotNet, netMsmq) => {
    assert.deepStrictEqual(QueueName.toDotNet(name), Result.succeed(dotNet))
    assert.deepStrictEqual(QueueName.toNetMsmq(name), Result.succeed(netMsmq))
    assert.strictEqual(promises.QueueName.toDotNet(name), dotNet)
    assert.strictEqual(promises.QueueName.toNetMsmq(name), netMsmq)
  })

  it("is refused by the function that prints it if it is no name", () => {
    for (const print of [QueueName.toDotNet, QueueName.toNetMsmq]) {
      assert(Result.isFailure(print("orders")))
      const failure = Result.flip(print({} as never))
      assert(Result.isSuccess(failure))
      assert.include(failure.success.operation, "QueueName.to")
    }
    assert.throws(() => promises.QueueName.toDotNet("orders"), MsmqError.MsmqError, "QueueName.toDotNet")
  })

  it.prop("is read back as the same queue", [anyPath, single], ([path, name]) => {
    const direct = FormatName.fromPathName(path)
    const backToPath = Result.getOrThrow(Result.flatMap(QueueName.toDotNet(path), QueueName.fromDotNet))
    assert.isTrue(
      FormatName.equals(PathName.isPathName(backToPath) ? FormatName.fromPathName(backToPath) : backToPath, direct)
    )
    const back = Result.getOrThrow(Result.flatMap(QueueName.toDotNet(name), QueueName.fromDotNet))
    assert.isTrue(!PathName.isPathName(back) && FormatName.equals(back, name))
    const fromWcf = Result.getOrThrow(Result.flatMap(QueueName.toNetMsmq(name), QueueName.fromNetMsmq))
    assert.isTrue(FormatName.equals(fromWcf, name))
  })
})

describe("limits", () => {
  it("of names are those that the names keep", () => {
    const named = (queue: number, subqueue: number, computer: number) =>
      PathName.queuePath({
        computer: "c".repeat(computer),
        queue: "q".repeat(queue),
        subqueue: "s".repeat(subqueue)
      })
    const { maximumComputerLength, maximumQueueLength, maximumSubqueueLength } = QueueName
    assert.isTrue(Result.isSuccess(named(maximumQueueLength, maximumSubqueueLength, maximumComputerLength)))
    assert.isTrue(Result.isFailure(named(maximumQueueLength + 1, maximumSubqueueLength, maximumComputerLength)))
    assert.isTrue(Result.isFailure(named(maximumQueueLength, maximumSubqueueLength + 1, maximumComputerLength)))
    assert.isTrue(Result.isFailure(named(maximumQueueLength, maximumSubqueueLength, maximumComputerLength + 1)))
  })
})
