import {
  connect,
  FormatName,
  Message,
  MessageHeaders,
  MessageId,
  MsmqError,
  PathName,
  QueueName,
  SecurityDescriptor,
  Sid
} from "@effect-msmq/core/promises"
import type { ConsumeEvent, Poison } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { TestMsmq } from "@effect-msmq/testing/promises"
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { inspect } from "node:util"

const orders = ".\\private$\\orders"
const secret = "correct horse battery staple"

/** A value that a program without types has. */
const untyped = (value: unknown) => value as never

const errorOf = (thrown: unknown): MsmqError => {
  assert(thrown instanceof MsmqError, String(thrown))
  return thrown
}

const thrownBy = (call: () => unknown): MsmqError => {
  try {
    call()
  } catch (thrown) {
    return errorOf(thrown)
  }
  return assert.fail("it did not throw")
}

const rejectionOf = (promise: Promise<unknown>): Promise<MsmqError> =>
  promise.then(() => assert.fail("it was not rejected"), errorOf)

describe("in promises", () => {
  it("a name is a plain value, and a mistake in one is thrown with its place", () => {
    const journal = FormatName.parse("direct=os:server\\private$\\orders;journal")
    assert.strictEqual(FormatName.format(journal), "DIRECT=OS:server\\private$\\orders;JOURNAL")
    assert.deepStrictEqual(PathName.parse(orders), {
      _tag: "QueuePath",
      computer: ".",
      isPrivate: true,
      queue: "orders",
      subqueue: null
    })
    const calls: Readonly<Record<string, () => unknown>> = {
      "FormatName.parse": () => FormatName.parse("DIRECT=OS:server\\orders+returns"),
      "PathName.parse": () => FormatName.fromString("server\\private$\\orders+returns"),
      "QueueName.fromDotNet": () => QueueName.fromDotNet("server\\private$\\orders+returns")
    }
    for (const [operation, call] of Object.entries(calls)) {
      const { operation: by, reason } = thrownBy(call)
      assert.deepStrictEqual([by, reason._tag], [operation, "IllegalName"])
      assert(reason._tag === "IllegalName" && reason.position === reason.input.indexOf("+"), reason._tag)
    }
    const fields: Readonly<Record<string, () => unknown>> = {
      direct: () => FormatName.direct({ address: "server", queue: "" }),
      directSystem: () => FormatName.directSystem({ address: "", systemQueue: "journal" }),
      public: () => FormatName.public({ queueGuid: "no GUID" }),
      private: () => FormatName.private({ computerGuid: "no GUID", queueNumber: 1 }),
      distributionList: () => FormatName.distributionList({ listGuid: "no GUID" }),
      machine: () => FormatName.machine({ computerGuid: "no GUID", systemQueue: "journal" }),
      connector: () => FormatName.connector({ connectorGuid: "no GUID" }),
      multicast: () => FormatName.multicast({ address: "10.0.0.1", port: 80 }),
      multiple: () => FormatName.multiple([]),
      queuePath: () => PathName.queuePath({ queue: "" }),
      systemQueuePath: () => PathName.systemQueuePath({ computer: "", systemQueue: "journal" })
    }
    for (const [name, call] of Object.entries(fields)) {
      const { operation, reason } = thrownBy(call)
      assert.strictEqual(reason._tag, "IllegalName", name)
      assert.match(operation, new RegExp(`\\.${name}$`))
    }
  })

  it("a security descriptor, a SID, headers and an id are plain values, and a mistake in one is thrown", () => {
    const { dacl, owner } = SecurityDescriptor.parse("O:BAD:(A;;GA;;;BA)")
    assert.deepStrictEqual([owner, dacl?.entries?.length], [Sid.wellKnown.administrators, 1])
    const bytes = SecurityDescriptor.toBytes({ owner })
    assert.strictEqual(SecurityDescriptor.format(SecurityDescriptor.fromBytes(bytes)), "O:BA")
    assert.strictEqual(Sid.fromBytes(Sid.toBytes(Sid.parse("WD"))), "S-1-1-0")
    assert.isUndefined(Sid.fromBytes(new Uint8Array(3)))
    assert.deepStrictEqual(
      { ...MessageHeaders.decode(MessageHeaders.encode({ tenant: "north" })) },
      { tenant: "north" }
    )
    assert.isUndefined(MessageHeaders.traceContext({ headers: {} }))
    const mistakes: ReadonlyArray<readonly [string, string, () => unknown]> = [
      ["SecurityDescriptor.parse", "IllegalSddl", () => SecurityDescriptor.parse("O:BAD:(A;;all;;;BA)")],
      [
        "SecurityDescriptor.fromBytes",
        "UnreadableSecurityDescriptor",
        () => SecurityDescriptor.fromBytes(new Uint8Array(4))
      ],
      ["Sid.parse", "IllegalSddl", () => Sid.parse("S-1-everyone")],
      ["MessageHeaders.encode", "IllegalOption", () => MessageHeaders.encode({ tenant: untyped(7) })],
      ["MessageHeaders.encode", "IllegalOption", () => MessageHeaders.encode(untyped(undefined))],
      ["MessageHeaders.decode", "IllegalOption", () => MessageHeaders.decode(Uint8Array.of(1, 2, 3))],
      ["MessageHeaders.decode", "IllegalOption", () => MessageHeaders.decode(untyped("text"))],
      ["MessageId.parse", "IllegalOption", () => MessageId.parse("7")]
    ]
    for (const [operation, tag, call] of mistakes) {
      const error = thrownBy(call)
      assert.deepStrictEqual([error.operation, error.reason._tag], [operation, tag])
    }
    assert.include(
      thrownBy(() => MessageHeaders.encode({ tenant: untyped(7) })).message,
      "MessageHeaders.encode: headers is "
    )
  })

  it("the time limits of a message are numbers of milliseconds, and begin anew when it is sent again", async () => {
    await TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders)
      await using sender = await connection.openSender(orders)
      await using receiver = await connection.openReceiver(orders)
      await sender.send({ timeToBeReceived: "1 hour", timeToReachQueue: 60_000 })
      const message = await receiver.receive()
      const { timeToBeReceived = 0, timeToReachQueue } = message
      assert(timeToBeReceived > 3_590_000 && timeToBeReceived <= 3_600_000, String(timeToBeReceived))
      assert.strictEqual(timeToReachQueue, 60_000)
      await sender.sendAll([message, { ...message, label: "again" }, Message.copyOf(message)])
      for await (const { timeToBeReceived: left } of receiver.browse()) assert.strictEqual(left, timeToBeReceived)
      await sender.send({})
      const limits = [
        await receiver.receive(),
        await receiver.receive(),
        await receiver.receive(),
        await receiver.receive()
      ]
      assert.isUndefined(limits.at(-1)?.timeToBeReceived)
    })
  })

  it("in a transaction the limits of a received message give way to those of the transaction (D-42)", async () => {
    await TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders, { transactional: true })
      await using sender = await connection.openSender(orders)
      await using receiver = await connection.openReceiver(orders)
      await sender.send({ timeToBeReceived: "1 hour" }, { transaction: "singleMessage" })
      const message = await receiver.receive()
      await connection.transaction(async () => {
        await sender.sendAll([message, { ...message }, { ...Message.copyOf(message), label: "again" }])
      })
      for (const label of ["", "", "again"]) {
        // oxlint-disable-next-line no-await-in-loop -- in the order of the queue
        const sent = await receiver.receive()
        assert.deepStrictEqual([sent.label, sent.timeToBeReceived], [label, undefined])
      }
      const given = { ...message, timeToBeReceived: 5000 }
      const { reason } = await rejectionOf(connection.transaction(() => sender.send(given)))
      assert(reason._tag === "IllegalMessage" && reason.field === "timeToBeReceived", reason._tag)
    })
  })

  it("a password is a text, which no error shows, and a value of Effect in its place is refused", async () => {
    const clerk = { user: "clerk", domain: "CONTOSO", sid: "S-1-5-21-1-2-3-1009", password: secret }
    await using msmq = await TestMsmq.start({ users: [clerk], workgroup: false })
    const { connection } = msmq
    const as = { user: "clerk", domain: "CONTOSO", password: secret }
    using context = connection.securityContext({ as })
    assert.isTrue(context.isOpen)
    assert.notInclude(inspect(context, { depth: 9, showHidden: true }), secret)
    const wrong = thrownBy(() => connection.securityContext({ as: { ...as, password: `${secret}!` } }))
    assert.strictEqual(wrong.reason._tag, "ImpersonationFailed")
    for (const password of [undefined, 7, Buffer.from(secret), { value: secret }, Redacted.make(secret)]) {
      const refused = thrownBy(() => connection.securityContext({ as: { ...as, password: untyped(password) } }))
      assert(refused.reason._tag === "IllegalOption" && refused.reason.option === "as.password", refused.message)
      assert.include(refused.message, "it must be a string")
      assert.notInclude(`${inspect(refused)} ${JSON.stringify(refused)}`, secret)
    }
  })

  it("the format name of a queue is asked for by its path name, and by its path in the directory", async () => {
    await TestMsmq.run(async ({ connection, control }) => {
      const orders = await connection.createQueue("MACHINE\\orders")
      assert.strictEqual(await connection.formatName("machine\\orders"), orders)
      assert.strictEqual(await connection.formatName(PathName.parse(".\\orders")), orders)
      assert.strictEqual(await connection.formatName("server\\private$\\orders"), "DIRECT=OS:server\\private$\\orders")
      const { adsPath = "" } = await connection.queueProperties(orders)
      assert.strictEqual(await connection.formatNameOfAdsPath(adsPath), orders)
      assert.strictEqual(
        (await rejectionOf(connection.formatName("MACHINE\\nowhere"))).code,
        "MQ_ERROR_QUEUE_NOT_FOUND"
      )
      await control.setDirectoryAvailable(false)
      assert.strictEqual((await rejectionOf(connection.formatNameOfAdsPath(adsPath))).code, "MQ_ERROR_NO_DS")
      const aborted = AbortSignal.abort(new Error("stop"))
      const stopped = await connection
        .formatName("MACHINE\\orders", { signal: aborted })
        .catch((error: unknown) => error)
      assert.strictEqual(stopped, aborted.reason)
      await connection.close()
      assert.strictEqual((await rejectionOf(connection.formatName("MACHINE\\orders"))).code, "Released")
    })
  })

  it("the events of a consumer have what the handler threw, and times in milliseconds", async () => {
    await TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders, { transactional: true })
      await connection.createQueue(`${orders}.poison`, { transactional: true })
      await using sender = await connection.openSender(orders)
      await sender.send({ label: "order 1" }, { transaction: "singleMessage" })
      await using receiver = await connection.openReceiver(orders)
      const broken = new Error("out of stock")
      const events: Array<ConsumeEvent> = []
      const copied: Array<Poison> = []
      const stop = new AbortController()
      const consuming = receiver.consume(() => Promise.reject(broken), {
        retry: { times: 1, delay: 3 },
        poison: {
          queue: `${orders}.poison`,
          copy: (copy, poison) => {
            copied.push(poison)
            return { ...copy, label: "copy" }
          }
        },
        onEvent: (event) => {
          events.push(event)
          if (event._tag === "Poisoned") stop.abort(stop)
        },
        signal: stop.signal
      })
      assert.strictEqual(await consuming.done.catch((error: unknown) => error), stop)
      const [, retrying, poisoned] = events
      assert(retrying?._tag === "Retrying" && poisoned?._tag === "Poisoned", events.map(({ _tag }) => _tag).join())
      assert.deepStrictEqual([retrying.error, retrying.delay, retrying.attempt], [broken, 3, 1])
      assert.deepStrictEqual([poisoned.error, poisoned.attempts], [broken, 2])
      assert.deepStrictEqual([copied.length, copied[0]?.error, copied[0]?.attempts], [1, broken, 2])
      assert.notProperty(poisoned, "cause")
      await using copies = await connection.openReceiver(`${orders}.poison`)
      assert.strictEqual((await copies.receive()).label, "copy")
    })
  })

  it("the error of a consumer that fails has what the handler threw as its cause", async () => {
    await TestMsmq.run(async ({ connection }) => {
      await connection.createQueue(orders, { transactional: true })
      await using sender = await connection.openSender(orders)
      await sender.send({}, { transaction: "singleMessage" })
      await using receiver = await connection.openReceiver(orders)
      const broken = new Error("out of stock")
      const consuming = receiver.consume(() => Promise.reject(broken), { retry: { times: 0, delay: 0 } })
      const error = await rejectionOf(consuming.done)
      assert.deepStrictEqual([error.reason._tag, error.cause], ["PoisonMessage", broken])
    })
  })

  it("a transaction has the time limits of its messages", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await using transaction = await msmq.beginTransaction({ timeToBeReceived: "90 seconds" })
    assert.deepStrictEqual(transaction.timeLimits, { timeToReachQueue: null, timeToBeReceived: 90 })
  })
})
