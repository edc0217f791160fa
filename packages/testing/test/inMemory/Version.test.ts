import { errors } from "@effect-msmq/core/ErrorCode"
import type { AuthenticationLevel, HashAlgorithm } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { code, codeOf, create, drained, ends, message, plain, receiving, rejectedClasses } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const control = MsmqControl.MsmqControl
const always = { authenticationLevel: "always" } as const
const single = { transaction: "singleMessage" } as const
const wanted = { deadLetter: true, journal: false }
const transactionalDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"
const remote = "DIRECT=OS:other\\private$\\orders"

const versions = [1, 2, 3, 4, 5, 6] as const

const running = (version: InMemoryMqrt.Version) => InMemoryMqrt.layerWith({ version })

/** Returns the result of an effect on each version, in order. */
const ofEach = <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt | MsmqControl.MsmqControl>) =>
  Effect.forEach(versions, (version) => Effect.provide(effect, running(version), { local: true }))

describe("the version of MSMQ", () => {
  it.effect("is the newest by default", () =>
    Effect.gen(function* () {
      const numbers = Mqrt.Mqrt.use((mqrt) => mqrt.getPrivateComputerInformation(null))
      const byDefault = yield* Effect.provide(numbers, InMemoryMqrt.layer, { local: true })
      assert.deepStrictEqual(yield* Effect.provide(numbers, running(6), { local: true }), byDefault)
    })
  )

  it.effect("is reported by the queue manager with the numbers of its Windows", () =>
    Effect.gen(function* () {
      const numbers = yield* ofEach(
        Effect.gen(function* () {
          const mqrt = yield* Mqrt.Mqrt
          const { version } = yield* mqrt.getPrivateComputerInformation(null)
          const { type } = yield* mqrt.getQueueManagerInfo(null)
          assert.strictEqual(type, `MSMQ ${version >>> 24}.${(version >>> 16) & 0xff}.${version & 0xffff}`)
          return [version >>> 24, (version >>> 16) & 0xff]
        })
      )
      assert.deepStrictEqual(numbers, [
        [4, 0],
        [5, 0],
        [5, 2],
        [6, 0],
        [6, 1],
        [6, 3]
      ])
    })
  )

  it.effect("decides on the signature and the hash that the level always makes: the newest (A-45, A-53)", () =>
    Effect.gen(function* () {
      const made = yield* ofEach(
        Effect.gen(function* () {
          const { poll, send } = yield* ends()
          yield* send([message()], always)
          const { authenticated, hashAlgorithm } = yield* poll
          return [authenticated, hashAlgorithm]
        })
      )
      assert.deepStrictEqual(made, [
        [1, "md5"],
        [3, "md5"],
        [5, "sha1"],
        [5, "sha1"],
        [5, "sha512"],
        [5, "sha512"]
      ])
    })
  )

  const hashes: Record<HashAlgorithm, null> = {
    md2: null,
    md4: null,
    md5: null,
    sha1: null,
    sha256: null,
    sha384: null,
    sha512: null
  }

  it.effect("decides on weak hashes: before Windows Vista they arrive, and later they do not (A-52, A-54)", () =>
    Effect.gen(function* () {
      const all = Struct.keys(hashes)
      const made = yield* ofEach(
        Effect.gen(function* () {
          const { send } = yield* ends()
          const outcomes = yield* Effect.forEach(all, (hashAlgorithm) =>
            send([message()], { ...always, hashAlgorithm })
          )
          const refused = outcomes.filter((outcome) => outcome.accepted === 0)
          assert.isTrue(refused.every((outcome) => codeOf(outcome) === errors.MQ_ERROR_CANNOT_CREATE_HASH_EX))
          return (yield* drained("DIRECT=OS:.\\private$\\orders")).map((received) => received.hashAlgorithm)
        })
      )
      const strong: Array<HashAlgorithm> = ["sha1", "sha256", "sha384", "sha512"]
      assert.deepStrictEqual(made, [all, all, all, strong, strong, strong])
    })
  )

  it.effect("does not matter for a signature that is named (A-44)", () =>
    Effect.gen(function* () {
      const levels: Record<Exclude<AuthenticationLevel, "always">, number> = {
        none: 0,
        msmq10: 1,
        msmq20: 3,
        msmq30: 5
      }
      const received = yield* ofEach(
        Effect.gen(function* () {
          const { poll, send } = yield* ends()
          return yield* Effect.forEach(Struct.keys(levels), (authenticationLevel) =>
            Effect.andThen(send([message()], { ...plain, authenticationLevel }), poll)
          )
        })
      )
      for (const messages of received) {
        assert.deepStrictEqual(
          messages.map(({ authenticated }) => authenticated),
          Object.values(levels)
        )
      }
    })
  )

  it.effect(
    "decides on the default time to reach a queue: ninety days before Windows Vista, and four days since (D-32)",
    () =>
      Effect.gen(function* () {
        const days = yield* ofEach(
          Effect.gen(function* () {
            const mqrt = yield* Mqrt.Mqrt
            const away = yield* mqrt.openQueue(remote, "send", "denyNone")
            yield* mqrt.sendMessages(away, [message()], plain)
            const waiting = Effect.map(
              control.use((msmq) => msmq.messagesIn(remote)),
              (messages) => messages.length
            )
            let days = 0
            while ((yield* waiting) > 0) {
              yield* elapse("1 day")
              days++
            }
            return days
          })
        )
        assert.deepStrictEqual(days, [90, 90, 90, 4, 4, 4])
      })
  )

  it.effect("1.0 and 2.0 refuse sends of the other kind than a queue that they know (F-10)", () =>
    Effect.gen(function* () {
      const outcomes = yield* ofEach(
        Effect.gen(function* () {
          const { mqrt, send } = yield* ends({ transactional: true })
          const outcome = yield* send([message()])
          assert.strictEqual((yield* send([message()], single)).accepted, 1)
          // The kind of a queue on another machine is not known.
          const away = yield* mqrt.openQueue(remote, "send", "denyNone")
          assert.strictEqual((yield* mqrt.sendMessages(away, [message()], plain)).accepted, 1)
          assert.strictEqual((yield* mqrt.sendMessages(away, [message()], { ...plain, ...single })).accepted, 1)
          return [codeOf(outcome), yield* rejectedClasses]
        })
      )
      const refused = [errors.MQ_ERROR_TRANSACTION_USAGE, []]
      const dropped = [undefined, [0x800a]]
      assert.deepStrictEqual(outcomes, [refused, refused, dropped, dropped, dropped, dropped])
    })
  )

  it.effect("1.0 and 2.0 refuse a send in a transaction to a plain queue, and the transaction goes on (F-10)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      const transaction = yield* mqrt.beginTransaction
      for (const argument of [transaction, "singleMessage"] as const) {
        assert.strictEqual(
          codeOf(yield* send([message()], { transaction: argument })),
          errors.MQ_ERROR_TRANSACTION_USAGE
        )
      }
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* rejectedClasses, [])
    }).pipe(Effect.provide(running(2)))
  )

  it.effect(
    "1.0 keeps every transactional message that fails as a dead letter, even if the sender did not ask for it (D-62)",
    () =>
      Effect.gen(function* () {
        const letters = yield* ofEach(
          Effect.gen(function* () {
            const { mqrt, receiver, send } = yield* ends({ transactional: true })
            yield* send(
              [message({ label: "not asked for" }), message({ label: "asked for", journaling: wanted })],
              single
            )
            yield* mqrt.purgeQueue(receiver)
            return (yield* drained(transactionalDeadLetters)).map(({ label }) => label)
          })
        )
        const asked = ["asked for"]
        assert.deepStrictEqual(letters, [["not asked for", ...asked], asked, asked, asked, asked, asked])
      })
  )

  it.effect("1.0 keeps a plain message that fails only if the sender asked for it (D-62)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends({ quota: 0 })
      yield* send([message({ label: "not asked for" }), message({ label: "asked for", journaling: wanted })])
      assert.deepStrictEqual(
        (yield* drained("DIRECT=OS:.\\SYSTEM$;DEADLETTER")).map(({ label }) => label),
        ["asked for"]
      )
    }).pipe(Effect.provide(running(1)))
  )

  it.effect("only on 1.0 the older function has a code of its own for a damaged internal certificate (A-15)", () =>
    Effect.gen(function* () {
      const codes = yield* ofEach(
        Effect.gen(function* () {
          const mqrt = yield* Mqrt.Mqrt
          yield* control.use((msmq) => msmq.setInternalCertificate("corrupted"))
          return yield* code(mqrt.getSecurityContext(null, "MQGetSecurityContext", null))
        })
      )
      const absent = errors.MQ_ERROR_NO_INTERNAL_USER_CERT
      const corrupted = errors.MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE
      assert.deepStrictEqual(codes, [corrupted, absent, absent, absent, absent, absent])
    })
  )

  it.effect(
    "decides on the quota: 2 GB for messages and 2 GB for journals, then 8 GB, and since Windows Vista 4 GB (C-54)",
    () =>
      Effect.gen(function* () {
        const quotas = yield* ofEach(control.use((msmq) => msmq.machineQuota))
        const of = (gigabytes: number) => ({ messages: gigabytes * 1_048_576, journals: gigabytes * 1_048_576 })
        // The quota of the first version is not known.
        assert.deepStrictEqual(quotas, [{ messages: null, journals: null }, of(2), of(8), of(4), of(4), of(4)])
      })
  )
})

describe("machines of several versions", () => {
  const office = (version: InMemoryMqrt.Version, other: InMemoryMqrt.Version) =>
    InMemoryMqrt.layerWith({
      machines: [
        { machineName: "OFFICE", version },
        { machineName: "WAREHOUSE", version: other }
      ]
    })
  const warehouse = "DIRECT=OS:WAREHOUSE\\private$\\orders"
  const there = <A, E, R>(effect: Effect.Effect<A, E, R>) => MsmqControl.on(effect, "WAREHOUSE")

  it.effect(
    "a message that an old one signs with a weak hash is accepted by an old one, and not by a new one (A-54, H-12)",
    () =>
      Effect.gen(function* () {
        const arrived = Effect.gen(function* () {
          const mqrt = yield* Mqrt.Mqrt
          yield* there(create())
          const handle = yield* mqrt.openQueue(warehouse, "send", "denyNone")
          for (const hashAlgorithm of ["md5", "sha256"] as const) {
            const options = { ...plain, ...always, senderIdType: "none", hashAlgorithm } as const
            assert.strictEqual(
              (yield* mqrt.sendMessages(handle, [message({ label: hashAlgorithm })], options)).accepted,
              1
            )
          }
          const received = yield* there(drained("DIRECT=OS:.\\private$\\orders"))
          return [received.map(({ label }) => label), yield* there(rejectedClasses)]
        })
        assert.deepStrictEqual(yield* Effect.provide(arrived, office(3, 6), { local: true }), [["sha256"], [0x8006]])
        assert.deepStrictEqual(yield* Effect.provide(arrived, office(3, 3), { local: true }), [["md5", "sha256"], []])
      })
  )

  it.effect("the sender's version decides whether a message that fails is kept (D-62)", () =>
    Effect.gen(function* () {
      const letters = Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* there(create({ transactional: true }))
        const handle = yield* mqrt.openQueue(warehouse, "send", "denyNone")
        yield* mqrt.sendMessages(handle, [message({ label: "not asked for" })], { ...plain, ...single })
        yield* there(
          Effect.gen(function* () {
            const other = yield* Mqrt.Mqrt
            yield* other.purgeQueue(yield* other.openQueue("DIRECT=OS:.\\private$\\orders", "receive", "denyNone"))
          })
        )
        const dead = Effect.map(drained(transactionalDeadLetters), (received) => received.map(({ label }) => label))
        return [yield* dead, yield* there(dead)]
      })
      assert.deepStrictEqual(yield* Effect.provide(letters, office(1, 6), { local: true }), [["not asked for"], []])
      assert.deepStrictEqual(yield* Effect.provide(letters, office(6, 1), { local: true }), [[], []])
    })
  )

  it.effect(
    "a queue of another machine can be read, but has no lookups before 3.0 and no moves before 4.0 (E-78)",
    () =>
      Effect.gen(function* () {
        const remotely = Effect.gen(function* () {
          const mqrt = yield* Mqrt.Mqrt
          yield* there(create())
          const sender = yield* mqrt.openQueue(warehouse, "send", "denyNone")
          yield* mqrt.sendMessages(sender, [message(), message()], plain)
          const receiver = yield* mqrt.openQueue(warehouse, "receive", "denyNone")
          const { lookupId } = yield* mqrt.receiveMessage(receiver, receiving({ action: "peekCurrent" }))
          const into = yield* mqrt.openQueue(`${warehouse};retry`, "move", "denyNone")
          const lookup = { transaction: "none", read: usualRead } as const
          const outcomes = [
            mqrt.receiveMessageByLookupId(receiver, lookupId, "peekCurrent", lookup),
            mqrt.moveMessage(receiver, into, lookupId, "none"),
            mqrt.receiveMessage(receiver, receiving())
          ].map((call: Effect.Effect<unknown, Mqrt.MqrtFailure>) =>
            Effect.match(call, { onFailure: (failure) => failure.code, onSuccess: () => "done" })
          )
          return yield* Effect.all(outcomes)
        })
        const outcomes = yield* Effect.forEach(versions, (version) =>
          Effect.provide(remotely, office(6, version), { local: true })
        )
        const not = errors.MQ_ERROR_OPERATION_NOT_SUPPORTED_BY_REMOTE_COMPUTER
        assert.deepStrictEqual(outcomes, [
          [not, not, "done"],
          [not, not, "done"],
          ["done", not, "done"],
          ["done", "done", "done"],
          ["done", "done", "done"],
          ["done", "done", "done"]
        ])
      })
  )

  it.effect(
    "an old one does not know the kind of a queue of another machine: a message of the other kind is dropped there (F-10)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* there(create({ transactional: true }))
        const handle = yield* mqrt.openQueue(warehouse, "send", "denyNone")
        assert.strictEqual((yield* mqrt.sendMessages(handle, [message()], plain)).accepted, 1)
        assert.deepStrictEqual(yield* there(rejectedClasses), [0x800a])
      }).pipe(Effect.provide(office(2, 6)))
  )
})
