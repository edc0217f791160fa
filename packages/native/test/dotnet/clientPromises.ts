/** Promises about this SDK and a client in .NET that use the same Message Queuing, the test double, in one process. */
import * as Certificate from "@effect-msmq/core/Certificate"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { messageProperties, usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import * as QueueSecurity from "@effect-msmq/core/QueueSecurity"
import type { Receiver } from "@effect-msmq/core/Receiver"
import * as SecurityContext from "@effect-msmq/core/SecurityContext"
import * as Transaction from "@effect-msmq/core/Transaction"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { spawnSync } from "node:child_process"
import { dotnets } from "../../../core/test/dotnet/dotnets.ts"
import { fork, openHandle, patternedBytes, receiveFrom, sendTo } from "../../../testing/src/contract/givens.ts"
import { certificates } from "../../../core/test/support/certificates.ts"
import { cases } from "../support/messageCases.ts"
import { control, files } from "../theDouble.ts"
import { client as clientProgram } from "./clientFiles.ts"
import type { DotNetMessage } from "./DotNetClient.ts"
import { DotNetClient, DotNetFailure, queueProperty, toBigInt, toNumber, toText } from "./DotNetClient.ts"
import { hostClient } from "./hosting.ts"

const path = ".\\private$\\orders"
const direct = `DIRECT=OS:${path}`

/** A certificate, in the bytes that Message Queuing takes. */
const certificateDer = certificates[0]!.certificate

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

const labelOf = (message: DotNetMessage): string => toText(message["LABEL"] ?? "")

/** Returns a message id as this SDK prints it. */
const messageIdOf = (hex: string): string => {
  const id = Buffer.from(hex, "hex")
  const reversed = (from: number, to: number) => hexOf(id.subarray(from, to).toReversed())
  const guid = [reversed(0, 4), reversed(4, 6), reversed(6, 8), hexOf(id.subarray(8, 10)), hexOf(id.subarray(10, 16))]
  return `{${guid.join("-")}}\\${id.readUInt32LE(16)}`
}

/** Asserts that a call of .NET fails with an error code. */
const failsInDotNet = (code: string, call: () => unknown): void => {
  try {
    call()
  } catch (error) {
    assert.instanceOf(error, DotNetFailure)
    assert.strictEqual((error as Error).message, code)
    return
  }
  assert.fail(`it succeeded instead of failing with ${code}`)
}

/** Returns the labels of all messages that a receiver finds, and takes them. */
const labelsOf = (receiver: Receiver): Effect.Effect<ReadonlyArray<string>, MsmqError> =>
  Effect.gen(function* () {
    const labels: Array<string> = []
    for (let found = yield* receiver.poll; Option.isSome(found); found = yield* receiver.poll) {
      labels.push(found.value.label)
    }
    return labels
  })

/** Properties that nobody reads: they say how to send. */
const writeOnly = new Set(["AUTH_LEVEL", "SECURITY_CONTEXT", "SOAP_HEADER", "SOAP_BODY"])

/** Properties that Message Queuing sets itself, whatever is sent. */
const setByQueueManager = new Set(["MSGID", "AUTHENTICATED"])

const timeLimits = new Set(["TIME_TO_REACH_QUEUE", "TIME_TO_BE_RECEIVED"])

/** Asserts that a property is as it was sent; of a time limit some may have passed. */
const assertProperty = (name: string, actual: string | undefined, expected: string): void => {
  if (!timeLimits.has(name)) return assert.strictEqual(actual, expected, name)
  const left = toNumber(actual ?? "")
  assert.isTrue(left <= toNumber(expected) && left > toNumber(expected) - 60, name)
}

/** Describes what this SDK and a client in a .NET promise each other. */
export const describeClient = (dotnet: "Core 2" | "10"): void => {
  const hosted = hostClient(dotnet)
  if ("missing" in hosted) {
    describe.skip(`a client in .NET ${dotnet}: ${hosted.missing}`, () => it("is not there", () => {}))
    return
  }
  const client = new DotNetClient(hosted)

  const opened = (formatName: string, access: "receive" | "send" | "peek", isExclusive = false) =>
    Effect.acquireRelease(
      Effect.sync(() => client.open(formatName, access, isExclusive)),
      (queue) => Effect.sync(() => client.close(queue))
    )

  /** A transaction of .NET that is released when the scope closes. */
  const begun = Effect.acquireRelease(
    Effect.sync(() => client.begin()),
    (transaction) => Effect.sync(() => assert.strictEqual(client.release(transaction), 0))
  )

  /** A queue that both have open, to send and to receive. */
  const both = (options: MessageQueue.CreateOptions = {}) =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(path, options)
      return {
        formatName,
        sender: yield* MessageQueue.openSender(path),
        receiver: yield* MessageQueue.openReceiver(path),
        netSend: yield* opened(direct, "send"),
        netReceive: yield* opened(direct, "receive")
      }
    })

  /** A promise; at its end everything was given back, and nothing was used as it may not be. */
  const promise = (name: string, check: Effect.Effect<void, unknown, Mqrt | Scope.Scope>) =>
    it.live(name, () =>
      check.pipe(
        Effect.scoped,
        Effect.provide(NativeMqrt.layerWith(files), { local: true }),
        Effect.andThen(
          Effect.sync(() => {
            const { counts, violations } = control.ledger()
            assert.deepStrictEqual(violations, [])
            for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, kind)
          })
        )
      )
    )

  describe(`a client in ${client.description}, beside this SDK`, () => {
    beforeEach(() => control.reset())

    it("does all of it alone, too, in a process of its own", () => {
      const { command = "dotnet" } = dotnets.find(({ column }) => column === dotnet) ?? {}
      const env = { ...process.env, MQRT_DOUBLE_ABORT: "1" }
      const { status, stderr, stdout } = spawnSync(command, [clientProgram], { encoding: "utf8", env })
      const lines = stdout.split("\n")
      assert.deepStrictEqual([status, lines.filter((line) => line.startsWith("not ok"))], [0, []], stdout + stderr)
      assert.isAbove(lines.filter((line) => line.startsWith("ok")).length, 5)
    })

    it("knows every property of a message", () => {
      const lengths = /_LEN$|_SIZE$/
      const ours = Object.keys(messageProperties).filter((name) => !lengths.test(name))
      assert.deepStrictEqual(client.properties.toSorted(), ours.toSorted())
    })

    promise(
      "creates a queue that this SDK finds with its properties, and deletes it for both",
      Effect.gen(function* () {
        const { journal, label, pathName, quota, transactional } = queueProperty
        const formatName = client.create(
          pathName(path),
          label("Größe 契約"),
          journal(true),
          quota(4000),
          transactional(true)
        )
        assert.strictEqual(yield* MessageQueue.formatName(path), formatName)
        assert.deepInclude(yield* MessageQueue.properties(path), {
          label: "Größe 契約",
          journal: true,
          quota: 4000,
          transactional: true,
          authenticate: false
        })
        client.setProperties(formatName, label("changed"), queueProperty.authenticate(true))
        assert.deepInclude(yield* MessageQueue.properties(path), { label: "changed", authenticate: true, quota: 4000 })
        client.delete(formatName)
        assert.isFalse(yield* MessageQueue.exists(path))
      })
    )

    promise(
      "finds a queue that this SDK creates with its properties, until this SDK deletes it",
      Effect.gen(function* () {
        assert.isFalse(client.exists(path))
        const formatName = yield* MessageQueue.create(path, { label: "Größe 契約", journal: true, transactional: true })
        assert.isTrue(client.exists(path))
        assert.strictEqual(client.formatName(path), formatName)
        yield* MessageQueue.setProperties(path, { authenticate: true })
        const [label = "", journal, authenticate, transactional] = client.queueProperties(
          formatName,
          108,
          104,
          111,
          113
        )
        assert.deepStrictEqual([toText(label), journal, authenticate, transactional], ["Größe 契約", "01", "01", "01"])
        yield* MessageQueue.delete(path)
        assert.isFalse(client.exists(path))
        failsInDotNet("0xC00E0003", () => client.queueProperties(formatName, 108))
      })
    )

    promise(
      "is on the same machine as this SDK",
      Effect.gen(function* () {
        const [id = "", name = ""] = client.machineProperties(202, 203)
        const { machineId, pathName } = yield* QueueManager.machineProperties()
        assert.strictEqual(messageIdOf(`${id}00000000`), `{${machineId}}\\0`)
        assert.strictEqual(toText(name), pathName)
      })
    )

    for (const { message = {}, name, options = {}, received = {}, rare = {}, sent } of cases) {
      promise(
        `receives what this SDK sends, and the reverse: ${name}`,
        Effect.gen(function* () {
          yield* MessageQueue.create(path)
          const [send, receive] = [yield* openHandle(path, "send"), yield* openHandle(path, "receive")]
          const [netSend, netReceive] = [yield* opened(direct, "send"), yield* opened(direct, "receive")]
          yield* sendTo(send, [message], { ...options, messageIds: true })
          const inDotNet = client.receive(netReceive)
          for (const [property, value] of Object.entries(sent)) {
            if (!writeOnly.has(property) && !setByQueueManager.has(property)) {
              assertProperty(property, inDotNet[property], value)
            }
          }
          client.send(netSend, {})
          const usual = yield* receiveFrom(receive, { read: { ...usualRead, rare: true } })
          client.send(netSend, Object.fromEntries(Object.entries(sent).filter(([property]) => property !== "MSGID")))
          const here = yield* receiveFrom(receive, { read: { ...usualRead, rare: true } })
          const { arrivedTime, lookupId, messageId, sentTime, timeToBeReceived, timeToReachQueue } = here
          for (const [whole, left] of [
            [message.timeToBeReceived ?? null, timeToBeReceived],
            [message.timeToReachQueue ?? null, timeToReachQueue]
          ] as const) {
            assert.strictEqual(left === null, whole === null)
            assert.isTrue(left === null || whole === null || (left <= whole && left > whole - 60))
          }
          const set = { arrivedTime, lookupId, messageId, sentTime, timeToBeReceived, timeToReachQueue }
          assert.deepStrictEqual(here, {
            ...usual,
            bodySize: message.body?.length ?? 0,
            ...received,
            ...set,
            rare: usual.rare === null ? null : { ...usual.rare, ...rare }
          })
        })
      )
    }

    promise(
      "and this SDK give a message the same id",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both()
        const ours = yield* sender.send({ label: "from here" })
        assert.strictEqual(messageIdOf(client.receive(netReceive)["MSGID"] ?? ""), ours)
        const theirs = client.sendLabel(netSend, "from .NET")
        assert.strictEqual((yield* receiver.receive).messageId, messageIdOf(theirs))
      })
    )

    for (const length of [0, 5, 4096, 4096 + 1, 1 << 20, 4_000_000]) {
      promise(
        `receives a body of ${length} bytes from this SDK, and the reverse`,
        Effect.gen(function* () {
          const { netReceive, netSend, receiver, sender } = yield* both()
          const body = patternedBytes(length)
          yield* sender.send({ body })
          const inDotNet = client.receive(netReceive)["BODY"]
          assert.isTrue(inDotNet === hexOf(body), "the body in .NET")
          client.send(netSend, { BODY: hexOf(body) })
          assert.isTrue(Buffer.compare((yield* receiver.receive).body, body) === 0, "the body here")
        })
      )
    }

    promise(
      "walks with a cursor past what this SDK takes meanwhile, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both()
        yield* sender.sendAll(["one", "two", "three"].map((label) => ({ label })))
        const cursor = client.createCursor(netReceive)
        failsInDotNet("0xC00E001C", () => client.receive(netReceive, { action: "peekNext", cursor }))
        assert.strictEqual(labelOf(client.receive(netReceive, { action: "peekCurrent", cursor })), "one")
        const second = Option.getOrThrow(yield* receiver.lookup("receiveLast"))
        assert.strictEqual(second.label, "three")
        assert.strictEqual(labelOf(client.receive(netReceive, { action: "peekNext", cursor })), "two")
        assert.strictEqual(labelOf(client.receive(netReceive, { cursor })), "two")
        // After a receive through it, a cursor stands on the following message already (E-28).
        failsInDotNet("0xC00E001C", () => client.receive(netReceive, { action: "peekNext", cursor }))
        failsInDotNet("0xC00E001B", () => client.receive(netReceive, { action: "peekCurrent", cursor }))
        client.closeCursor(cursor)
        for (const label of ["four", "five"]) client.sendLabel(netSend, label)
        const ours = yield* receiver.cursor
        assert.strictEqual(Option.getOrThrow(yield* ours.next).label, "one")
        assert.strictEqual(labelOf(client.receive(netReceive)), "one")
        assert.strictEqual(Option.getOrThrow(yield* ours.next).label, "four")
        assert.strictEqual(Option.getOrThrow(yield* ours.receive).label, "four")
        assert.strictEqual(labelOf(client.receive(netReceive)), "five")
      })
    )

    promise(
      "finds by its lookup id what this SDK peeked at, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both()
        yield* sender.sendAll(["one", "two", "three"].map((label) => ({ label })))
        const seen = yield* Stream.runCollect(Stream.take(receiver.browse, 3))
        const [first = 0n, second = 0n, third = 0n] = Array.from(seen, ({ lookupId }) => lookupId)
        assert.strictEqual(labelOf(client.lookup(netReceive, first, "peekNext")), "two")
        assert.strictEqual(labelOf(client.lookup(netReceive, second, "receiveCurrent")), "two")
        failsInDotNet("0xC00E0088", () => client.lookup(netReceive, second, "peekCurrent"))
        assert.strictEqual(labelOf(client.lookup(netReceive, third, "receivePrevious")), "one")
        client.sendLabel(netSend, "four")
        const last = client.lookup(netReceive, 0n, "peekLast")
        assert.strictEqual(labelOf(last), "four")
        const lookupId = toBigInt(last["LOOKUPID"] ?? "")
        assert.strictEqual(Option.getOrThrow(yield* receiver.lookup("receivePrevious", lookupId)).label, "three")
        assert.strictEqual(Option.getOrThrow(yield* receiver.lookup("receiveCurrent", lookupId)).label, "four")
      })
    )

    promise(
      "sends in a transaction what this SDK sees when it commits, with its first and last, and never when it aborts",
      Effect.gen(function* () {
        const { netSend, receiver } = yield* both({ transactional: true })
        const aborted = yield* begun
        client.sendLabel(netSend, "never", aborted)
        client.abort(aborted)
        const transaction = yield* begun
        for (const label of ["first", "second"]) client.sendLabel(netSend, label, transaction)
        assert.isTrue(Option.isNone(yield* receiver.poll))
        client.commit(transaction)
        failsInDotNet("0xC00E0051", () => client.commit(transaction))
        const received = yield* Effect.all([receiver.receive, receiver.receive]).pipe(Transaction.run())
        assert.deepStrictEqual(
          received.map(({ firstInTransaction, label, lastInTransaction }) => [
            label,
            firstInTransaction,
            lastInTransaction
          ]),
          [
            ["first", true, false],
            ["second", false, true]
          ]
        )
        client.sendLabel(netSend, "single", "single")
        const alone = yield* receiver.receive
        assert.deepInclude(alone, { label: "single", firstInTransaction: true, lastInTransaction: true })
      })
    )

    promise(
      "sees what this SDK sends in a transaction when that commits, and never when it aborts",
      Effect.gen(function* () {
        const { netReceive, sender } = yield* both({ transactional: true })
        yield* sender.send({ label: "never" }).pipe(Effect.andThen(Effect.fail("no")), Transaction.run(), Effect.ignore)
        yield* Effect.gen(function* () {
          yield* sender.sendAll([{ label: "first" }, { label: "second" }])
          failsInDotNet("0xC00E001B", () => client.receive(netReceive))
        }).pipe(Transaction.run())
        const transaction = yield* begun
        const [first, second] = [1, 2].map(() => client.receive(netReceive, { transaction }))
        client.commit(transaction)
        assert.deepStrictEqual(
          [first, second].map((message) => [
            labelOf(message ?? {}),
            message?.["FIRST_IN_XACT"],
            message?.["LAST_IN_XACT"],
            message?.["XACTID"]
          ]),
          [
            ["first", "01", "00", first?.["XACTID"]],
            ["second", "00", "01", first?.["XACTID"]]
          ]
        )
      })
    )

    promise(
      "locks what it receives in a transaction for this SDK, and gives it back when it aborts or is released; and the reverse",
      Effect.gen(function* () {
        const { netReceive, receiver, sender } = yield* both({ transactional: true })
        yield* Transaction.singleMessage(sender.send({ label: "order" }))
        const transaction = yield* begun
        const lookupId = toBigInt(client.receive(netReceive, { transaction })["LOOKUPID"] ?? "")
        assert.isTrue(Option.isNone(yield* receiver.poll))
        const locked = yield* Effect.flip(receiver.lookup("peekCurrent", lookupId))
        assert.strictEqual(locked.reason._tag, "MessageLockedUnderTransaction")
        client.abort(transaction)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const dropped = yield* begun
            assert.strictEqual(client.receive(netReceive, { transaction: dropped })["ABORT_COUNT"], "01000000")
          })
        )
        yield* Effect.gen(function* () {
          assert.deepInclude(yield* receiver.receive, { label: "order", abortCount: 2 })
          failsInDotNet("0xC00E001B", () => client.receive(netReceive))
          failsInDotNet("0xC00E009C", () => client.lookup(netReceive, lookupId, "receiveCurrent"))
          return yield* Effect.fail("no")
        }).pipe(Transaction.run(), Effect.ignore)
        assert.strictEqual(client.receive(netReceive)["ABORT_COUNT"], "03000000")
      })
    )

    for (const end of ["callback", "event"] as const) {
      promise(
        `waits, and is told by ${end === "callback" ? "a callback" : "an event"} of what this SDK sends, however large`,
        Effect.gen(function* () {
          const { netReceive, sender } = yield* both()
          for (const body of [patternedBytes(3), patternedBytes(300_000)]) {
            const receive = client.beginReceive(netReceive, end)
            assert.isTrue(client.isPending(receive))
            yield* sender.send({ label: "order", body })
            const message = client.endReceive(receive)
            assert.strictEqual(labelOf(message), "order")
            assert.isTrue(message["BODY"] === hexOf(body), "the body")
          }
          yield* sender.send({ label: "there already" })
          assert.strictEqual(labelOf(client.endReceive(client.beginReceive(netReceive, end))), "there already")
          const cursor = client.createCursor(netReceive)
          const peek = client.beginReceive(netReceive, end, { action: "peekCurrent", cursor })
          yield* sender.send({ label: "peeked at" })
          assert.strictEqual(labelOf(client.endReceive(peek)), "peeked at")
          const next = client.beginReceive(netReceive, end, { action: "peekNext", cursor })
          yield* sender.send({ label: "next", body: patternedBytes(70_000) })
          assert.strictEqual(labelOf(client.endReceive(next)), "next")
          client.closeCursor(cursor)
        })
      )

      promise(
        `waits no longer than it says, and not on a queue that is closed or deleted, told by ${end}`,
        Effect.gen(function* () {
          const { netReceive } = yield* both()
          failsInDotNet("0xC00E001B", () => client.endReceive(client.beginReceive(netReceive, end, { timeout: 1 })))
          const queue = client.open(direct, "receive")
          const closed = client.beginReceive(queue, end)
          client.close(queue)
          failsInDotNet("0xC00E0008", () => client.endReceive(closed))
          const deleted = client.beginReceive(netReceive, end)
          yield* MessageQueue.delete(path)
          failsInDotNet("0xC00E005A", () => client.endReceive(deleted))
        })
      )

      promise(
        `and this SDK wait on one queue, and each message goes to one of them, told by ${end}`,
        Effect.gen(function* () {
          const { netReceive, netSend, receiver, sender } = yield* both()
          for (const isHereFirst of [false, true]) {
            const before = isHereFirst ? yield* fork(receiver.receive) : undefined
            if (isHereFirst) yield* Effect.yieldNow
            const receive = client.beginReceive(netReceive, end)
            const here = before ?? (yield* fork(receiver.receive))
            client.sendLabel(netSend, "one")
            yield* sender.send({ label: "two" })
            const labels = [labelOf(client.endReceive(receive)), (yield* Fiber.join(here)).label]
            assert.deepStrictEqual(labels.toSorted(), ["one", "two"])
          }
          assert.deepStrictEqual(yield* labelsOf(receiver), [])
        })
      )
    }

    promise(
      "sends what this SDK waits for",
      Effect.gen(function* () {
        const { netSend, receiver } = yield* both()
        const waiting = yield* fork(receiver.receive)
        yield* Effect.yieldNow
        client.send(netSend, { BODY: hexOf(patternedBytes(300_000)) })
        const { body } = yield* Fiber.join(waiting)
        assert.isTrue(Buffer.compare(body, patternedBytes(300_000)) === 0)
        const streamed = yield* fork(Stream.runCollect(Stream.take(receiver.messages, 3)))
        for (const label of ["one", "two", "three"]) client.sendLabel(netSend, label)
        assert.deepStrictEqual(
          Array.from(yield* Fiber.join(streamed), ({ label }) => label),
          ["one", "two", "three"]
        )
      })
    )

    promise(
      "keeps this SDK from receiving while it has a queue to itself, and the reverse",
      Effect.gen(function* () {
        yield* MessageQueue.create(path)
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* opened(direct, "receive", true)
            const refused = yield* Effect.flip(MessageQueue.openReceiver(path))
            assert.strictEqual(refused.reason._tag, "SharingViolation")
          })
        )
        yield* MessageQueue.openReceiver(path, { shareMode: "denyReceive" })
        failsInDotNet("0xC00E0009", () => client.open(direct, "receive"))
      })
    )

    promise(
      "purges what this SDK sent, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both()
        yield* sender.sendAll([{ label: "one" }, { label: "two" }])
        client.purge(netReceive)
        assert.deepStrictEqual(yield* labelsOf(receiver), [])
        client.sendLabel(netSend, "three")
        yield* MessageQueue.purge(path)
        failsInDotNet("0xC00E001B", () => client.receive(netReceive))
      })
    )

    promise(
      "reads the security descriptor that this SDK sets, and sets parts of it as .NET does, by pointers",
      Effect.gen(function* () {
        const formatName = yield* MessageQueue.create(path)
        const [owner, group, dacl] = ["O:SY", "G:BA", "D:(A;;GA;;;WD)(A;;GR;;;BA)"]
        yield* QueueSecurity.set(path, `${owner}${group}${dacl}`)
        const ours = yield* QueueSecurity.get(path)
        const whole = client.security(formatName, 7)
        const list = client.security(formatName, 4)
        assert.isBelow(list.length, whole.length)
        yield* QueueSecurity.set(path, "O:BAG:SYD:(A;;GR;;;WD)")
        client.setSecurity(formatName, 4, list)
        assert.strictEqual(yield* QueueSecurity.get(path, ["dacl"]), ours.slice(ours.indexOf("D:")))
        assert.strictEqual(yield* QueueSecurity.get(path, ["owner", "group"]), "O:BAG:SY")
        client.setSecurity(formatName, 7, whole)
        assert.strictEqual(yield* QueueSecurity.get(path), ours)
        assert.strictEqual(client.security(formatName, 7), whole)
      })
    )

    promise(
      "signs with a security context of its own, whose certificate this SDK receives, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both({ authenticate: true })
        const context = client.getContext(hexOf(certificateDer))
        const low = Buffer.from(Uint32Array.of(Number(BigInt.asUintN(32, BigInt(context)))).buffer).toString("hex")
        client.send(netSend, { SECURITY_CONTEXT: low, AUTH_LEVEL: "01000000" })
        client.freeContext(context)
        client.sendLabel(netSend, "not signed, and dropped")
        const received = yield* receiver.receive
        const certificate = yield* Certificate.fromDer(certificateDer)
        assert.strictEqual(received.senderCertificate?.fingerprint, certificate.fingerprint)
        assert.deepInclude(received, { authenticated: true, hashAlgorithm: "sha512" })
        const securityContext = yield* SecurityContext.acquire({ certificate })
        yield* sender.send({ label: "from here" }, { securityContext })
        const inDotNet = client.receive(netReceive)
        assert.deepInclude(inDotNet, {
          SENDER_CERT: hexOf(certificateDer),
          AUTHENTICATED: "01",
          HASH_ALG: "0e800000"
        })
        assert.deepStrictEqual(yield* labelsOf(receiver), [])
      })
    )

    promise(
      "finds in the queue's journal what this SDK received, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both({ journal: true })
        const journal = yield* MessageQueue.openReceiver(`${direct};JOURNAL`)
        const netJournal = yield* opened(`${direct};JOURNAL`, "receive")
        client.sendLabel(netSend, "received here")
        yield* receiver.receive
        assert.strictEqual(labelOf(client.receive(netJournal)), "received here")
        yield* sender.send({ label: "received in .NET" })
        client.receive(netReceive)
        assert.deepStrictEqual(yield* labelsOf(journal), ["received in .NET"])
      })
    )

    promise(
      "leaves copies in the machine's journal and dead letters, which this SDK reads and purges for good, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, sender } = yield* both()
        const [journal, dead] = [
          yield* opened("DIRECT=OS:.\\SYSTEM$;JOURNAL", "receive"),
          yield* opened("DIRECT=OS:.\\SYSTEM$;DEADXACT", "receive")
        ]
        const [ourJournal, ourDead] = [
          yield* MessageQueue.openReceiver("DIRECT=OS:.\\SYSTEM$;JOURNAL"),
          yield* MessageQueue.openReceiver("DIRECT=OS:.\\SYSTEM$;DEADXACT")
        ]
        const everything = { JOURNAL: "03" }
        client.send(netSend, everything)
        client.send(netSend, everything, "single")
        assert.strictEqual(yield* QueueManager.messageCount(path), 1)
        assert.strictEqual(Option.getOrThrow(yield* ourJournal.poll).class, 0)
        assert.strictEqual(Option.getOrThrow(yield* ourDead.poll).class, 0x8009)
        client.purge(netReceive)
        const journaling = { deadLetter: true, journal: true }
        yield* sender.send({ label: "from here", journaling })
        const wrong = yield* openHandle(path, "send")
        yield* sendTo(wrong, [{ label: "no such kind", journaling }], { transaction: "singleMessage" })
        assert.strictEqual(labelOf(client.receive(journal)), "from here")
        assert.strictEqual(client.receive(dead)["CLASS"], "0980")
        client.send(netSend, everything)
        client.send(netSend, everything, "single")
        client.purge(dead)
        client.purge(journal)
        assert.deepStrictEqual([yield* labelsOf(ourJournal), yield* labelsOf(ourDead)], [[], []])
      })
    )

    promise(
      "is told of the arrival and the receipt of its messages by acknowledgments of this SDK, and the reverse",
      Effect.gen(function* () {
        const { netReceive, netSend, receiver, sender } = yield* both()
        const admin = ".\\private$\\admin"
        yield* MessageQueue.create(admin)
        const netAdmin = yield* opened(`DIRECT=OS:${admin}`, "receive")
        const id = client.send(netSend, {
          ADMIN_QUEUE: Buffer.from(`DIRECT=OS:${admin}`, "utf16le").toString("hex"),
          ACKNOWLEDGE: "0f",
          BODY: "010203"
        })
        yield* receiver.receive
        const told = [client.receive(netAdmin), client.receive(netAdmin)]
        assert.deepStrictEqual(
          told.map((message) => [message["CLASS"], message["CORRELATIONID"]]),
          [
            ["0200", id],
            ["0040", id]
          ]
        )
        const acknowledgments = yield* MessageQueue.openReceiver(admin)
        const messageId = yield* sender.send({
          adminQueue: `DIRECT=OS:${admin}`,
          acknowledge: { positiveArrival: true, positiveReceive: true, negativeReceive: true }
        })
        client.receive(netReceive)
        const ours = [yield* acknowledgments.receive, yield* acknowledgments.receive]
        assert.deepStrictEqual(
          ours.map((message) => [message.class, messageIdOf(hexOf(message.correlationId ?? new Uint8Array(20)))]),
          [
            [0x0002, messageId],
            [0x4000, messageId]
          ]
        )
      })
    )
  })
}
