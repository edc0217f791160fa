import { MessageQueue, Mqrt, QueueSecurity } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as CallLog from "../support/CallLog.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"

const orders = ".\\private$\\orders"
const owner = "S-1-5-21-1-2-3-1001"
const alice = "S-1-5-21-4-5-6-1001"
const svc = "S-1-5-21-1-2-3-1002"
const users = [
  { user: "alice", domain: "CONTOSO", password: "a", sid: alice },
  { user: "svc", password: "b", sid: svc }
]
const machine = InMemoryMqrt.layerWith({ user: { sid: owner, name: "operator" }, users })
const backend = CallLog.layer(machine)

const dacl = QueueSecurity.get(orders, ["dacl"])

const created = (list: string) => MessageQueue.create(orders, { securityDescriptor: list })

describe("rights by account name", () => {
  it.effect.each([
    ["CONTOSO\\alice", alice],
    ["contoso\\ALICE", alice],
    ["alice@contoso.com", alice],
    ["alice", alice],
    [".\\svc", svc],
    ["MACHINE\\svc", svc],
    ["Everyone", "WD"],
    ["everyone", "WD"],
    ["BUILTIN\\Administrators", "BA"],
    ["administrators", "BA"],
    ["NT AUTHORITY\\NETWORK SERVICE", "NS"],
    ["authenticatedUsers", "AU"],
    ["S-1-5-32-545", "BU"],
    ["s-1-5-21-9-9-9-9", "S-1-5-21-9-9-9-9"]
  ] as const)("a trustee is %s, and its entry has the SID %s", ([trustee, sid]) =>
    Effect.gen(function* () {
      yield* created("D:")
      yield* QueueSecurity.grant(orders, trustee, "writeMessage")
      assert.strictEqual(yield* dacl, `D:(A;;0x4;;;${sid})`)
    }).pipe(Effect.provide(backend))
  )

  it.effect("rights are named one by one, as groups, generic and standard ones", () =>
    Effect.gen(function* () {
      yield* created("D:")
      for (const [rights, mask] of [
        ["fullControl", "0xf003f"],
        ["send", "0x20024"],
        ["receive", "0x20023"],
        ["peek", "0x20022"],
        [["receiveMessage", "getQueueProperties"], "0x23"],
        [["receiveMessage", "receiveMessage"], "0x3"],
        [["queueGenericRead"], "0x2002b"],
        ["genericAll", "GA"],
        ["genericRead", "GR"],
        [["delete", "writeDac"], "SDWD"],
        [["synchronize"], "0x100000"]
      ] as const) {
        yield* QueueSecurity.set(orders, "D:")
        yield* QueueSecurity.grant(orders, "users", rights)
        assert.strictEqual(yield* dacl, `D:(A;;${mask};;;BU)`)
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("a grant adds to the entry that the trustee has, in its place, and a second one changes nothing", () =>
    Effect.gen(function* () {
      yield* created("D:P(A;;GA;;;BA)(A;;0x24;;;AU)(A;;0x3;;;NS)")
      for (let time = 0; time < 2; time++) {
        yield* QueueSecurity.grant(orders, "authenticatedUsers", "receiveMessage")
        assert.strictEqual(yield* dacl, "D:P(A;;GA;;;BA)(A;;0x27;;;AU)(A;;0x3;;;NS)")
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("denials come before permissions, and both before what is inherited", () =>
    Effect.gen(function* () {
      yield* created("D:AI(A;ID;GA;;;BA)(D;ID;0x4;;;AN)")
      yield* QueueSecurity.grant(orders, "authenticatedUsers", "send")
      yield* QueueSecurity.deny(orders, "anonymous", "fullControl")
      yield* QueueSecurity.grant(orders, "users", "peek")
      yield* QueueSecurity.deny(orders, ".\\svc", "deleteMessage")
      assert.strictEqual(
        yield* dacl,
        `D:AI(D;;0x1;;;${svc})(D;;0xf003f;;;AN)(A;;0x20022;;;BU)(A;;0x20024;;;AU)(A;ID;GA;;;BA)(D;ID;0x4;;;AN)`
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "entries that are in another order are put in the canonical one, and keep their order among themselves",
    () =>
      Effect.gen(function* () {
        yield* created("D:(A;;0x4;;;AU)(D;;0x1;;;WD)(A;ID;GA;;;BA)(A;;0x2;;;BU)(D;;0x2;;;AN)")
        yield* QueueSecurity.grant(orders, "authenticatedUsers", "writeMessage")
        assert.strictEqual(yield* dacl, "D:(D;;0x1;;;WD)(D;;0x2;;;AN)(A;;0x4;;;AU)(A;;0x2;;;BU)(A;ID;GA;;;BA)")
      }).pipe(Effect.provide(backend))
  )

  it.effect("a grant takes the rights away from the trustee's denial, and a denial from its permission", () =>
    Effect.gen(function* () {
      yield* created("D:(D;;0x5;;;AU)(D;;0x4;;;WD)")
      yield* QueueSecurity.grant(orders, "authenticatedUsers", "writeMessage")
      assert.strictEqual(yield* dacl, "D:(D;;0x1;;;AU)(D;;0x4;;;WD)(A;;0x4;;;AU)")
      yield* QueueSecurity.grant(orders, "authenticatedUsers", "deleteMessage")
      assert.strictEqual(yield* dacl, "D:(D;;0x4;;;WD)(A;;0x5;;;AU)")
      yield* QueueSecurity.deny(orders, "authenticatedUsers", "fullControl")
      assert.strictEqual(yield* dacl, "D:(D;;0xf003f;;;AU)(D;;0x4;;;WD)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a generic right counts by what it means on a queue", () =>
    Effect.gen(function* () {
      yield* created("D:(D;;GA;;;AU)")
      yield* QueueSecurity.grant(orders, "authenticatedUsers", "send")
      assert.strictEqual(yield* dacl, "D:(D;;0xd001b;;;AU)(A;;0x20024;;;AU)")
      yield* QueueSecurity.grant(orders, "authenticatedUsers", "genericAll")
      assert.strictEqual(yield* dacl, "D:(A;;0x10020024;;;AU)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an entry that is inherited, or for other objects only, is neither changed nor removed by a grant", () =>
    Effect.gen(function* () {
      yield* created("D:(A;IO;0x1;;;AU)(D;ID;0x4;;;AU)(A;ID;0x2;;;AU)")
      yield* QueueSecurity.grant(orders, "authenticatedUsers", "writeMessage")
      assert.strictEqual(yield* dacl, "D:(A;;0x4;;;AU)(A;IO;0x1;;;AU)(D;ID;0x4;;;AU)(A;ID;0x2;;;AU)")
      assert.isTrue(yield* QueueSecurity.revoke(orders, "authenticatedUsers"))
      assert.strictEqual(yield* dacl, "D:(D;ID;0x4;;;AU)(A;ID;0x2;;;AU)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a revoke removes all entries of the trustee, and tells whether there was one", () =>
    Effect.gen(function* () {
      yield* created("D:(D;;0x1;;;WD)(A;;0x4;;;WD)(OA;;0x4;;;WD)(A;;GA;;;BA)")
      assert.isTrue(yield* QueueSecurity.revoke(orders, "Everyone"))
      assert.strictEqual(yield* dacl, "D:(A;;GA;;;BA)")
      assert.isFalse(yield* QueueSecurity.revoke(orders, "Everyone"))
      assert.strictEqual(yield* dacl, "D:(A;;GA;;;BA)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a conditional entry of the trustee is revoked, too, and that of another one stays", () =>
    Effect.gen(function* () {
      const conditional = (sid: number): ReadonlyArray<number> => [
        9,
        0,
        20,
        0,
        1,
        0,
        0,
        0,
        1,
        1,
        0,
        0,
        0,
        0,
        0,
        sid,
        0,
        0,
        0,
        0
      ]
      const bytes = [
        1,
        0,
        4,
        0x80,
        ...Array(12).fill(0),
        20,
        0,
        0,
        0,
        2,
        0,
        48,
        0,
        2,
        0,
        0,
        0,
        ...conditional(1),
        ...conditional(3)
      ]
      yield* created("D:")
      const mqrt = yield* Mqrt.Mqrt
      yield* mqrt.setQueueSecurity(
        `DIRECT=OS:${orders}`,
        { owner: false, group: false, dacl: true, sacl: false },
        Uint8Array.from(bytes)
      )
      assert.deepStrictEqual(
        (yield* QueueSecurity.list(orders)).map(({ account, kind, mask }) => [account, kind, mask]),
        [
          ["Everyone", "other", 0],
          ["CREATOR OWNER", "other", 0]
        ]
      )
      assert.isTrue(yield* QueueSecurity.revoke(orders, "everyone"))
      assert.deepStrictEqual(
        (yield* QueueSecurity.list(orders)).map(({ account }) => account),
        ["CREATOR OWNER"]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue without a list of permissions keeps allowing everything to all others", () =>
    Effect.gen(function* () {
      yield* created("D:NO_ACCESS_CONTROL")
      assert.isFalse(yield* QueueSecurity.revoke(orders, "everyone"))
      assert.strictEqual(yield* dacl, "D:NO_ACCESS_CONTROL")
      yield* QueueSecurity.deny(orders, "anonymous", "writeMessage")
      assert.strictEqual(yield* dacl, "D:(D;;0x4;;;AN)(A;;0xf003f;;;WD)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("only the permissions are read and written: the owner and the rest stay", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { securityDescriptor: "O:BAG:SYD:P(A;;GA;;;WD)S:(AU;FA;0x3;;;WD)" })
      yield* QueueSecurity.grant(orders, "users", "send")
      assert.strictEqual(
        yield* QueueSecurity.get(orders, ["owner", "group", "dacl", "sacl"]),
        "O:BAG:SYD:P(A;;0x20024;;;BU)(A;;GA;;;WD)S:(AU;FA;0x3;;;WD)"
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("a right that is granted is used, and one that is denied or revoked is missed", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      const mayPeek = Effect.gen(function* () {
        yield* control.setUser({ sid: alice, administrator: false })
        const opened = yield* MessageQueue.openReceiver(orders).pipe(
          Effect.flatMap((receiver) => receiver.pollPeek),
          Effect.scoped,
          Effect.exit
        )
        yield* control.setUser({ sid: owner })
        return opened._tag === "Success"
      })
      yield* MessageQueue.create(orders)
      assert.isFalse(yield* mayPeek)
      yield* QueueSecurity.grant(orders, "CONTOSO\\alice", "receive")
      assert.isTrue(yield* mayPeek)
      yield* QueueSecurity.deny(orders, "Everyone", "peekMessage")
      assert.isFalse(yield* mayPeek)
      yield* QueueSecurity.revoke(orders, "Everyone")
      assert.isTrue(yield* mayPeek)
      yield* QueueSecurity.revoke(orders, "alice@contoso")
      assert.isFalse(yield* mayPeek)
    }).pipe(Effect.provide(backend))
  )

  it.effect("permissions are listed with account names where they are found, and all rights by name", () =>
    Effect.gen(function* () {
      yield* created(
        `D:(D;;0x4;;;AN)(A;;0xf003f;;;${alice})(A;;0x2b;;;S-1-5-21-9-9-9-9)(A;;GRSDWP;;;WD)(A;ID;0x800024;;;WD)`
      )
      assert.deepStrictEqual(yield* QueueSecurity.list(orders), [
        {
          kind: "deny",
          sid: "S-1-5-7",
          account: "NT AUTHORITY\\ANONYMOUS LOGON",
          rights: ["writeMessage"],
          mask: 4,
          isInherited: false
        },
        {
          kind: "allow",
          sid: alice,
          account: "CONTOSO\\alice",
          rights: ["fullControl"],
          mask: 0xf003f,
          isInherited: false
        },
        {
          kind: "allow",
          sid: "S-1-5-21-9-9-9-9",
          account: undefined,
          rights: ["receiveMessage", "receiveJournalMessage", "getQueueProperties"],
          mask: 0x2b,
          isInherited: false
        },
        {
          kind: "allow",
          sid: "S-1-1-0",
          account: "Everyone",
          rights: ["getQueueProperties", "deleteQueue", "genericRead"],
          mask: 0x8001_0020,
          isInherited: false
        },
        {
          kind: "allow",
          sid: "S-1-1-0",
          account: "Everyone",
          rights: ["writeMessage", "getQueueProperties"],
          mask: 0x80_0024,
          isInherited: true
        }
      ] as never)
      const calls = yield* CallLog.calls
      assert.strictEqual(calls.filter((name) => name === "lookupAccountSid").length, 4)
    }).pipe(Effect.provide(backend))
  )

  it.effect("no list is listed as what it means, and an empty one as nothing", () =>
    Effect.gen(function* () {
      yield* created("D:NO_ACCESS_CONTROL")
      const [all, ...others] = yield* QueueSecurity.list(orders)
      assert.deepStrictEqual([all?.account, all?.rights, others], ["Everyone", ["fullControl"], []])
      yield* QueueSecurity.set(orders, "D:")
      assert.deepStrictEqual(yield* QueueSecurity.list(orders), [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("the names that are listed can be granted", () =>
    Effect.gen(function* () {
      yield* created(`D:(A;;0x20024;;;AU)(A;;0xf003f;;;${svc})(A;;GW;;;BU)`)
      const permissions = yield* QueueSecurity.list(orders)
      yield* QueueSecurity.set(orders, "D:")
      for (const { account, rights } of permissions.toReversed()) {
        yield* QueueSecurity.grant(orders, account ?? "", rights)
      }
      assert.strictEqual(yield* dacl, `D:(A;;0x20024;;;AU)(A;;0xf003f;;;${svc})(A;;GW;;;BU)`)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a reset gives a queue the permissions of a new one, and leaves its owner", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const before = yield* QueueSecurity.get(orders)
      yield* QueueSecurity.set(orders, "D:(D;;GA;;;WD)")
      yield* QueueSecurity.reset(orders)
      assert.strictEqual(yield* QueueSecurity.get(orders), before)
    }).pipe(Effect.provide(backend))
  )
})

describe("what cannot be done", () => {
  const refusal = <A, R>(effect: Effect.Effect<A, { readonly reason: unknown; readonly message: string }, R>) =>
    Effect.flip(effect)

  it.effect("a trustee that is not found is refused with what to check, and nothing is changed", () =>
    Effect.gen(function* () {
      yield* created("D:(A;;GA;;;BA)")
      for (const change of [
        QueueSecurity.grant(orders, "CONTOSO\\alise", "send"),
        QueueSecurity.deny(orders, "CONTOSO\\alise", "send"),
        QueueSecurity.revoke(orders, "CONTOSO\\alise")
      ]) {
        const error = yield* Effect.flip(change)
        assert(error.reason._tag === "AccountNotFound")
        assert.deepStrictEqual([error.reason.account, error.queue], ["CONTOSO\\alise", orders])
        assert.include(error.message, "check its spelling")
      }
      assert.strictEqual(yield* dacl, "D:(A;;GA;;;BA)")
      assert.notInclude(yield* CallLog.calls, "setQueueSecurity")
    }).pipe(Effect.provide(backend))
  )

  it.effect("the name of a computer is no trustee: no user has its SID", () =>
    Effect.gen(function* () {
      yield* created("D:")
      const error = yield* Effect.flip(QueueSecurity.grant(orders, "MACHINE", "send"))
      assert.strictEqual(error.reason._tag, "AccountNotFound")
      assert.include(error.message, "the name of a domain or computer")
    }).pipe(Effect.provide(backend))
  )

  it.effect("a broken SID, no rights, unknown rights and a number are refused before any call", () =>
    Effect.gen(function* () {
      const grant = QueueSecurity.grant as (...given: ReadonlyArray<unknown>) => ReturnType<typeof QueueSecurity.grant>
      for (const [given, tag, said] of [
        [[orders, "S-1-5-", "send"], "IllegalSddl", "S-1-5-"],
        [[orders, "everyone", []], "IllegalOption", "at least one"],
        [[orders, "everyone", "sending"], "IllegalOption", "writeMessage"],
        [[orders, "everyone", ["send", "sending"]], "IllegalOption", "writeMessage"],
        [[orders, "everyone", 0x24], "IllegalOption", "a name of a right"],
        [[orders, "everyone", "toString"], "IllegalOption", "toString"],
        [[orders, "everyone"], "IllegalOption", "a name of a right"],
        [[orders, "", "send"], "IllegalOption", "CONTOSO\\alice"],
        [[orders, "ali\0ce", "send"], "IllegalOption", "account"],
        [[orders, 42, "send"], "IllegalOption", "account"]
      ] as const) {
        const error = yield* refusal(grant(...given))
        assert.strictEqual((error.reason as { readonly _tag: string })._tag, tag, error.message)
        assert.include(error.message, said)
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a list that would be too large is refused, and stays", () =>
    Effect.gen(function* () {
      const entries = Array.from({ length: 1820 }, (_, at) => `(A;;0x4;;;S-1-5-21-7-7-7-${at})`)
      yield* created(`D:${entries.join("")}`)
      const error = yield* Effect.flip(QueueSecurity.grant(orders, "CONTOSO\\alice", "send"))
      assert.strictEqual(error.reason._tag, "UnreadableSecurityDescriptor")
      assert.include(error.message, "65535 bytes")
      assert.isTrue(yield* QueueSecurity.revoke(orders, "S-1-5-21-7-7-7-5"))
      yield* QueueSecurity.grant(orders, "CONTOSO\\alice", "send")
    }).pipe(Effect.provide(backend))
  )

  it.effect("who may not change the permissions learns it, with the queue", () =>
    Effect.gen(function* () {
      yield* created("D:(A;;GA;;;BA)(A;;0x20000;;;AU)")
      const control = yield* MsmqControl.MsmqControl
      yield* control.setUser({ sid: alice, administrator: false })
      const error = yield* Effect.flip(QueueSecurity.grant(orders, "everyone", "send"))
      assert.deepStrictEqual(
        [error.reason._tag, error.operation, error.queue],
        ["AccessDenied", "QueueSecurity.grant", orders]
      )
      assert.deepStrictEqual((yield* QueueSecurity.list(orders)).length, 2)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a look-up that Windows cannot do fails the change, and leaves out the name in a list", () =>
    Effect.gen(function* () {
      yield* created("D:(A;;GA;;;BA)")
      yield* FaultInjection.inject({ function: "LookupAccountNameW", call: 1, code: "MQ_ERROR_NO_DS" })
      const error = yield* Effect.flip(QueueSecurity.grant(orders, "CONTOSO\\alice", "send"))
      assert.strictEqual(error.reason._tag, "NoDs")
      yield* FaultInjection.inject({ function: "LookupAccountSidW", call: 1, code: "MQ_ERROR_NO_DS" })
      assert.deepStrictEqual(
        (yield* QueueSecurity.list(orders)).map(({ account, sid }) => [account, sid]),
        [[undefined, "S-1-5-32-544"]]
      )
    }).pipe(Effect.provide(FaultInjection.layer(machine)))
  )
})

describe("changes at the same time", () => {
  it.effect("all changes of one program are kept", () =>
    Effect.gen(function* () {
      yield* created("D:")
      const sids = Array.from({ length: 20 }, (_, at) => `S-1-5-21-7-7-7-${at}`)
      const slow = yield* Mqrt.Mqrt
      const yielding = yield* Mqrt.make({
        ...slow,
        getQueueSecurity: (...given) => Effect.tap(slow.getQueueSecurity(...given), () => Effect.yieldNow)
      })
      yield* Effect.forEach(sids, (sid) => QueueSecurity.grant(orders, sid, "send"), {
        concurrency: "unbounded",
        discard: true
      }).pipe(Effect.provideService(Mqrt.Mqrt, yielding))
      const listed = yield* QueueSecurity.list(orders)
      assert.deepStrictEqual(listed.map(({ sid }) => String(sid)).toSorted(), sids.toSorted())
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("of two programs the one that writes last wins", () =>
    Effect.gen(function* () {
      yield* created("D:")
      const mqrt = yield* Mqrt.Mqrt
      const hasRead = yield* Deferred.make<void>()
      const mayWrite = yield* Deferred.make<void>()
      const other = yield* Mqrt.make({
        ...mqrt,
        setQueueSecurity: (...given) =>
          Deferred.succeed(hasRead, undefined).pipe(
            Effect.andThen(Deferred.await(mayWrite)),
            Effect.andThen(mqrt.setQueueSecurity(...given))
          )
      })
      const first = yield* Effect.forkChild(
        QueueSecurity.grant(orders, "users", "send").pipe(Effect.provideService(Mqrt.Mqrt, other)),
        { startImmediately: true }
      )
      yield* Deferred.await(hasRead)
      yield* QueueSecurity.grant(orders, "everyone", "send")
      yield* Deferred.succeed(mayWrite, undefined)
      yield* Fiber.join(first)
      assert.strictEqual(yield* dacl, "D:(A;;0x20024;;;BU)")
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it("interrupted at any step, the permissions are the old ones or the new ones, and the next change works", () => {
    const old = "D:(A;;GA;;;BA)"
    const both = [old, "D:(A;;0x20024;;;AU)(A;;GA;;;BA)"]
    const seen = new Set<string>()
    const steps = interruptAtEveryStep(() =>
      Effect.gen(function* () {
        yield* Effect.uninterruptible(created(old))
        yield* QueueSecurity.grant(orders, "NT AUTHORITY\\Authenticated Users", "send").pipe(
          Effect.onExit(() =>
            Effect.gen(function* () {
              const list = yield* dacl
              seen.add(list)
              assert.include(both, list)
              yield* QueueSecurity.revoke(orders, "authenticatedUsers")
              assert.strictEqual(yield* dacl, old)
            }).pipe(Effect.orDie)
          )
        )
      }).pipe(Effect.provide(machine, { local: true }))
    )
    assert.isAbove(steps, 20)
    assert.deepStrictEqual([...seen].toSorted(), both.toSorted())
  })
})

describe("promises", () => {
  it("the same functions are methods of a connection", async () => {
    await using msmq = await connect(machine)
    await msmq.createQueue(orders, { securityDescriptor: "D:(A;;GA;;;BA)" })
    await msmq.grantQueueRights(orders, "CONTOSO\\alice", ["writeMessage", "getQueueProperties"])
    await msmq.denyQueueRights(orders, "anonymous", "fullControl")
    assert.deepStrictEqual(
      (await msmq.queuePermissions(orders)).map(({ account, kind, rights }) => [kind, account, rights.join()]),
      [
        ["deny", "NT AUTHORITY\\ANONYMOUS LOGON", "fullControl"],
        ["allow", "CONTOSO\\alice", "writeMessage,getQueueProperties"],
        ["allow", "BUILTIN\\Administrators", "genericAll"]
      ]
    )
    assert.isTrue(await msmq.revokeQueueRights(orders, "anonymous"))
    assert.isFalse(await msmq.revokeQueueRights(orders, "anonymous"))
    await msmq.resetQueuePermissions(orders)
    assert.deepStrictEqual(
      (await msmq.queuePermissions(orders)).map(({ account }) => account),
      ["MACHINE\\operator", "Everyone"]
    )
  })

  it("an abort before the write leaves the permissions as they were", async () => {
    await using msmq = await connect(machine)
    await msmq.createQueue(orders, { securityDescriptor: "D:(A;;GA;;;BA)" })
    const reason = new Error("no longer wanted")
    const thrown = await msmq.grantQueueRights(orders, "everyone", "send", { signal: AbortSignal.abort(reason) }).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.strictEqual(thrown, reason)
    assert.strictEqual(await msmq.queueSecurity(orders, { parts: ["dacl"] }), "D:(A;;GA;;;BA)")
  })
})
