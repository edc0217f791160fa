import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Sid from "@effect-msmq/core/Sid"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { accounts } from "../src/internal/accounts.ts"
import { fakeBindings } from "./fakeBindings.ts"
import { onDouble } from "./support/onDouble.ts"
import { control, missing } from "./theDouble.ts"

const user = "S-1-5-21-1-2-3-1001"

const calls = (name: string) => control.identityLog().filter((line) => line.startsWith(name))

describe.skipIf(missing !== null)("accounts, on the double", () => {
  beforeEach(() => control.reset())

  it.effect.each([
    ["Everyone", "S-1-1-0"],
    ["NT AUTHORITY\\Network Service", "S-1-5-20"],
    ["BUILTIN\\Administrators", "S-1-5-32-544"],
    ["CONTOSO\\alice", "S-1-5-21-4-5-6-1002"],
    ["alice@contoso.com", "S-1-5-21-4-5-6-1002"],
    [".\\alice", "S-1-5-21-1-2-3-1002"],
    ["DOUBLE\\user", user]
  ] as const)("%s has the SID %s, which Windows is asked for on another thread", ([name, sid]) =>
    Effect.gen(function* () {
      assert.strictEqual<string>(yield* Sid.ofAccount(name), sid)
      const [line = ""] = calls("LookupAccountNameW")
      assert.notInclude(line, `thread=${process.pid} `)
      assert.strictEqual(control.identityViolations(), 0)
    }).pipe(onDouble)
  )

  it.effect("a SID has a name, a domain and a kind", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual<object>(yield* Sid.accountOf("S-1-5-21-4-5-6-1002"), {
        sid: "S-1-5-21-4-5-6-1002",
        name: "alice",
        domain: "CONTOSO",
        qualifiedName: "CONTOSO\\alice",
        kind: "user"
      })
      assert.strictEqual((yield* Sid.accountOf("WD")).qualifiedName, "Everyone")
      assert.strictEqual((yield* Sid.accountOf("BA")).kind, "alias")
    }).pipe(onDouble)
  )

  it.effect("a name that does not fit into the first buffer is read whole, after a second call", () =>
    Effect.gen(function* () {
      const { kind, name } = yield* Sid.accountOf("S-1-5-21-4-5-6-1003")
      assert.deepStrictEqual([name.length, name.slice(0, 3), name.slice(-3), kind], [300, "aaa", "jjj", "user"])
      assert.strictEqual(calls("LookupAccountSidW").length, 2)
      assert.strictEqual(yield* Sid.ofAccount(`CONTOSO\\${name}`), "S-1-5-21-4-5-6-1003")
    }).pipe(onDouble)
  )

  it.effect("a name that is not found, and the name of a domain, fail by their reasons", () =>
    Effect.gen(function* () {
      for (const name of ["nobody", ".\\nobody", "CONTOSO", "CONTOSO\\"]) {
        const error = yield* Effect.flip(Sid.ofAccount(name))
        assert(error.reason._tag === "AccountNotFound", error.message)
        assert.strictEqual(error.reason.account, name)
      }
      assert.strictEqual((yield* Effect.flip(Sid.accountOf("S-1-5-21-9-9-9-9"))).reason._tag, "AccountNotFound")
    }).pipe(onDouble)
  )

  it.effect("the error of a look-up is that of its own thread, also where several run at once", () =>
    Effect.gen(function* () {
      control.identityFailNext("LookupAccountNameW", 1789, 2)
      const errors = yield* Effect.forEach(
        ["Everyone", "Everyone", "nobody", "Everyone"],
        (name) => Effect.exit(Sid.ofAccount(name)),
        {
          concurrency: "unbounded"
        }
      )
      const failures = errors.flatMap((exit) => (exit._tag === "Failure" ? [exit.cause.reasons] : [])).flat()
      const reasons = failures.flatMap((one) => (one._tag === "Fail" ? [one.error.reason] : []))
      assert.deepStrictEqual(reasons.map(({ _tag }) => _tag).toSorted(), ["AccountNotFound", "WindowsFailure"])
      assert(reasons.some((reason) => reason._tag === "WindowsFailure" && reason.code === 0x8007_06fd))
    }).pipe(onDouble)
  )

  it.effect("the name of this computer that Windows does not tell fails the look-up of a name with a dot", () =>
    Effect.gen(function* () {
      control.identityFailNext("GetComputerNameW")
      const error = yield* Effect.flip(Sid.ofAccount(".\\alice"))
      assert.deepStrictEqual<object>(error.reason, {
        _tag: "WindowsFailure",
        function: "GetComputerNameW",
        code: 0x8007_0005
      })
    }).pipe(onDouble)
  )

  it.effect("the current user is that of the token of the process, which is closed in every case", () =>
    Effect.gen(function* () {
      assert.strictEqual<string>(yield* Sid.current, user)
      assert.strictEqual(control.openTokens(), 0)
      for (const name of ["OpenProcessToken", "GetTokenInformation"]) {
        control.identityFailNext(name)
        const error = yield* Effect.flip(Sid.current)
        assert.deepStrictEqual<object>(error.reason, { _tag: "WindowsFailure", function: name, code: 0x8007_0005 })
        assert.strictEqual(control.openTokens(), 0)
      }
      assert.strictEqual(control.identityViolations(), 0)
    }).pipe(onDouble)
  )

  it.effect("a look-up that is interrupted ends, and the next one works", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      for (let time = 0; time < 20; time++) {
        yield* Effect.raceFirst(mqrt.lookupAccountName("Everyone"), time % 2 === 0 ? Effect.void : Effect.yieldNow)
      }
      assert.strictEqual(yield* Sid.ofAccount("Everyone"), Sid.wellKnown.everyone)
    }).pipe(onDouble)
  )
})

describe("accounts, where Windows is strange", () => {
  it.effect("a kind that is not known is unknown, and no account has it", () =>
    Effect.gen(function* () {
      const rooms = accounts(
        fakeBindings({
          LookupAccountSidW: (_system, _sid, _name, nameSize, _domain, domainSize, use) => {
            for (const [at, value] of [
              [nameSize, 0],
              [domainSize, 0],
              [use, 77]
            ] as const) {
              if (at instanceof ArrayBuffer) new Uint32Array(at)[0] = value
            }
            return 1
          },
          GetLastError: () => 0
        })
      )
      const found = yield* rooms.lookupAccountSid(Sid.toBytes(Sid.wellKnown.everyone))
      assert.deepStrictEqual(found, { name: "", domain: "", kind: "unknown" })
    })
  )

  it.effect("a function that keeps asking for a buffer of the same size fails, instead of being asked for ever", () =>
    Effect.gen(function* () {
      let asked = 0
      const rooms = accounts(
        fakeBindings({
          LookupAccountNameW: () => {
            asked++
            return 0
          },
          GetLastError: () => 122
        })
      )
      const failure = yield* Effect.flip(rooms.lookupAccountName("Everyone"))
      assert.deepStrictEqual([failure.function, failure.code, asked], ["LookupAccountNameW", 0x8007_007a, 1])
    })
  )
})
