import { Mqrt, Sid } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const operator = "S-1-5-21-1-2-3-1001"
const alice = "S-1-5-21-4-5-6-1001"
const localAlice = "S-1-5-21-1-2-3-1002"
const machine = InMemoryMqrt.layerWith({
  machineName: "SHOP",
  user: { sid: operator, name: "operator" },
  users: [
    { user: "alice", domain: "CONTOSO", password: "a", sid: alice },
    { user: "alice", password: "b", sid: localAlice },
    { user: "bob@fabrikam.com", password: "c", sid: "S-1-5-21-7-8-9-1001" }
  ]
})

/** A backend whose look-ups fail with a code, or find what a test says. */
const withLookups = (functions: Partial<Mqrt.MqrtFunctions>) =>
  Effect.provideServiceEffect(
    Mqrt.Mqrt,
    Effect.flatMap(Mqrt.Mqrt, (mqrt) => Mqrt.make({ ...mqrt, ...functions }))
  )

const failing = (name: string, code: number) =>
  Effect.fail(new Mqrt.MqrtFailure({ function: name, code, properties: [] }))

describe("accounts", () => {
  it.effect.each([
    ["CONTOSO\\alice", alice],
    ["Alice@CONTOSO.com", alice],
    ["alice", localAlice],
    [".\\Alice", localAlice],
    ["shop\\alice", localAlice],
    ["fabrikam.com\\bob", "S-1-5-21-7-8-9-1001"],
    ["bob@fabrikam", "S-1-5-21-7-8-9-1001"],
    ["operator", operator],
    ["Everyone", Sid.wellKnown.everyone],
    ["NT AUTHORITY\\SYSTEM", Sid.wellKnown.localSystem],
    ["authenticated users", Sid.wellKnown.authenticatedUsers],
    ["BUILTIN\\Users", Sid.wellKnown.users]
  ] as const)("%s has the SID %s", ([name, sid]) =>
    Effect.gen(function* () {
      assert.strictEqual<string>(yield* Sid.ofAccount(name), sid)
    }).pipe(Effect.provide(machine))
  )

  it.effect("a SID has an account with its name, its domain and its kind", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual<object>(yield* Sid.accountOf(alice), {
        sid: alice,
        name: "alice",
        domain: "CONTOSO",
        qualifiedName: "CONTOSO\\alice",
        kind: "user"
      })
      const { kind, qualifiedName } = yield* Sid.accountOf(Sid.wellKnown.everyone)
      assert.deepStrictEqual([qualifiedName, kind], ["Everyone", "wellKnownGroup"])
      assert.strictEqual((yield* Sid.accountOf("BA")).kind, "alias")
    }).pipe(Effect.provide(machine))
  )

  it.effect("every well-known SID has an account, whose name has that SID", () =>
    Effect.gen(function* () {
      for (const sid of Object.values(Sid.wellKnown)) {
        const { qualifiedName } = yield* Sid.accountOf(sid)
        assert.strictEqual(yield* Sid.ofAccount(qualifiedName), sid)
      }
    }).pipe(Effect.provide(machine))
  )

  it.effect("the current user is the one that the program runs as, also after it has changed", () =>
    Effect.gen(function* () {
      assert.strictEqual<string>(yield* Sid.current, operator)
      assert.strictEqual((yield* Sid.accountOf(yield* Sid.current)).qualifiedName, "SHOP\\operator")
      const control = yield* MsmqControl.MsmqControl
      yield* control.setUser({ sid: alice })
      assert.strictEqual((yield* Sid.accountOf(yield* Sid.current)).qualifiedName, "CONTOSO\\alice")
      yield* control.setUser({ sid: "S-1-5-21-1-2-3-1009" })
      assert.strictEqual(yield* Sid.ofAccount("user"), yield* Sid.current)
      yield* control.setUser({ sid: null })
      const error = yield* Effect.flip(Sid.current)
      assert.deepStrictEqual([error.reason._tag, error.operation], ["CouldNotGetUserSid", "Sid.current"])
    }).pipe(Effect.provide(machine))
  )

  it.effect.each(["nobody", "CONTOSO\\nobody", "alice@nowhere.test", ".\\bob", "CONTOSO\\", "\\alice"])(
    "%s is not found, and the error says what to check",
    (name) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Sid.ofAccount(name))
        assert(error.reason._tag === "AccountNotFound")
        assert.strictEqual(error.reason.account, name)
        assert.include(error.message, `Sid.ofAccount: there is no account "${name}"`)
        assert.include(error.message, "CONTOSO\\alice or alice@contoso.com, one of this computer .\\alice")
        assert.isFalse(error.isRetryable)
      }).pipe(Effect.provide(machine))
  )

  it.effect("the name of a computer is no account, and the error says so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Sid.ofAccount("SHOP"))
      assert.strictEqual(error.reason._tag, "AccountNotFound")
      assert.include(error.message, "the name of a domain or computer")
    }).pipe(Effect.provide(machine))
  )

  it.effect("a SID without an account, and a text that is no SID", () =>
    Effect.gen(function* () {
      const unknown = yield* Effect.flip(Sid.accountOf("S-1-5-21-9-9-9-9"))
      assert(unknown.reason._tag === "AccountNotFound")
      assert.strictEqual(unknown.reason.account, "S-1-5-21-9-9-9-9")
      assert.include(unknown.message, "deleted")
      const broken = yield* Effect.flip(Sid.accountOf("CONTOSO\\alice"))
      assert.deepStrictEqual([broken.reason._tag, broken.operation], ["IllegalSddl", "Sid.accountOf"])
    }).pipe(Effect.provide(machine))
  )

  it.effect("a domain that cannot be asked is another failure than a name that is not found", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Sid.ofAccount("CONTOSO\\alice")).pipe(
        withLookups({ lookupAccountName: () => failing("LookupAccountNameW", 0x8007_06fd) })
      )
      assert.deepStrictEqual<object>(error.reason, {
        _tag: "WindowsFailure",
        function: "LookupAccountNameW",
        code: 0x8007_06fd
      })
      assert.include(error.message, "LookupAccountNameW returned 0x800706FD: the trust relationship")
      const missing = yield* Effect.flip(Sid.accountOf(alice)).pipe(
        withLookups({ lookupAccountSid: () => failing("LookupAccountSidW", 0x8007_007f) })
      )
      assert.strictEqual(missing.reason._tag, "FunctionMissing")
    }).pipe(Effect.scoped, Effect.provide(machine))
  )

  it.effect("a name that is none is refused before any call", () =>
    Effect.gen(function* () {
      const ofAccount = Sid.ofAccount as (name: unknown) => ReturnType<typeof Sid.ofAccount>
      for (const name of ["", " ", "a\0b", undefined, null, 42, {}]) {
        const error = yield* Effect.flip(ofAccount(name))
        assert.deepStrictEqual([error.reason._tag, error.operation], ["IllegalOption", "Sid.ofAccount"])
      }
    }).pipe(
      withLookups({ lookupAccountName: () => Effect.die("it was called") }),
      Effect.scoped,
      Effect.provide(machine)
    )
  )

  it("the same functions are methods of a connection", async () => {
    await using msmq = await connect(machine)
    assert.strictEqual<string>(await msmq.sidOfAccount("CONTOSO\\alice"), alice)
    assert.strictEqual((await msmq.accountOfSid(alice)).qualifiedName, "CONTOSO\\alice")
    assert.strictEqual<string>(await msmq.currentSid(), operator)
  })
})
