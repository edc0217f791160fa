import type { Credentials } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { failure } from "../src/internal/calls.ts"
import { actAs } from "../src/internal/impersonation.ts"
import { securityContexts } from "../src/internal/securityContexts.ts"
import { type FakeFunctions, fakeBindings, returnHandle } from "./fakeBindings.ts"

const alice: Credentials = { user: "alice", domain: "CORP", password: Redacted.make("s3cret") }

/** A Windows that writes down what it is asked, and can be told which of its functions fail. */
const makeWindows = (fails: ReadonlyArray<string> = []) => {
  const log: Array<string> = []
  const died: Array<string> = []
  let password: Uint8Array | undefined
  let text = ""
  const step = (name: string): number => {
    log.push(name)
    return fails.includes(name) ? 0 : 1
  }
  const functions: FakeFunctions = {
    LogonUserW: (user, domain, secret, type, provider, slot) => {
      if (!(secret instanceof Uint8Array)) throw new Error("the password is not memory")
      password = secret
      text = Buffer.from(secret).toString("utf16le")
      log.push(`${user}@${domain} ${type} ${provider}`)
      const ok = step("LogonUserW")
      if (ok === 1) returnHandle(slot, 0x77n)
      return ok
    },
    ImpersonateLoggedOnUser: (token) => step("ImpersonateLoggedOnUser") && Number(token === 0x77n),
    RevertToSelf: () => step("RevertToSelf"),
    CloseHandle: (token) => step("CloseHandle") && Number(token === 0x77n),
    GetLastError: () => 1326,
    MQGetSecurityContextEx: (_bytes, _length, slot) => {
      step("MQGetSecurityContextEx")
      return fails.includes("MQGetSecurityContextEx") ? 0xc00e_0025 : returnHandle(slot, 9n)
    }
  }
  return {
    log,
    died,
    get seenPassword() {
      return text
    },
    get keptPassword() {
      return password
    },
    functions,
    bindings: fakeBindings(functions),
    get: securityContexts(fakeBindings(functions), (reason) => void died.push(reason)).getSecurityContext(
      null,
      "MQGetSecurityContextEx",
      alice
    )
  }
}

const all = [
  "alice@CORP 2 0",
  "LogonUserW",
  "ImpersonateLoggedOnUser",
  "MQGetSecurityContextEx",
  "RevertToSelf",
  "CloseHandle"
]

describe("impersonation", () => {
  it.effect("lasts for the one call that gets the context, and wipes the password", () =>
    Effect.gen(function* () {
      const windows = makeWindows()
      assert.strictEqual<bigint>(yield* windows.get, 9n)
      assert.deepStrictEqual(windows.log, all)
      assert.strictEqual(windows.seenPassword, "s3cret\0")
      assert.deepStrictEqual(
        windows.keptPassword?.every((byte) => byte === 0),
        true
      )
      assert.deepStrictEqual(windows.died, [])
    })
  )

  it.effect("reverts when that call fails", () =>
    Effect.gen(function* () {
      const windows = makeWindows(["MQGetSecurityContextEx"])
      const failed = yield* Effect.flip(windows.get)
      assert.deepStrictEqual([failed.function, failed.code], ["MQGetSecurityContextEx", 0xc00e_0025])
      assert.deepStrictEqual(windows.log, all)
    })
  )

  it("reverts and closes the token when the function throws", () => {
    const windows = makeWindows()
    assert.throws(() => actAs(windows.bindings.identity, alice, () => assert.fail("oh")), "oh")
    assert.deepStrictEqual(windows.log.slice(-2), ["RevertToSelf", "CloseHandle"])
  })

  it.effect("a wrong password is a failure of LogonUserW; nothing else is called, and the password is wiped", () =>
    Effect.gen(function* () {
      const windows = makeWindows(["LogonUserW"])
      const failed = yield* Effect.flip(windows.get)
      assert.deepStrictEqual([failed.function, failed.code], ["LogonUserW", 0x8007_052e])
      assert.deepStrictEqual(windows.log, all.slice(0, 2))
      assert.deepStrictEqual(
        windows.keptPassword?.every((byte) => byte === 0),
        true
      )
      assert.notInclude(JSON.stringify(failed), "s3cret")
    })
  )

  it.effect("an impersonation that fails closes the token and reverts nothing", () =>
    Effect.gen(function* () {
      const windows = makeWindows(["ImpersonateLoggedOnUser"])
      const failed = yield* Effect.flip(windows.get)
      assert.deepStrictEqual([failed.function, failed.code], ["ImpersonateLoggedOnUser", 0x8007_052e])
      assert.deepStrictEqual(windows.log, [...all.slice(0, 3), "CloseHandle"])
    })
  )

  it.effect("a failed RevertToSelf ends the process", () =>
    Effect.gen(function* () {
      const windows = makeWindows(["RevertToSelf"])
      yield* Effect.exit(windows.get)
      assert.strictEqual(windows.died.length, 1)
      assert.include(windows.died[0], "RevertToSelf failed (1326)")
    })
  )

  it("returns the result of the function", () => {
    const { bindings } = makeWindows()
    const failed = failure("MQGetSecurityContextEx", 0xc00e_0006)
    assert.deepStrictEqual(
      actAs(bindings.identity, alice, () => Result.succeed("done")),
      Result.succeed("done")
    )
    assert.deepStrictEqual(
      actAs(bindings.identity, alice, () => Result.fail(failed)),
      Result.fail(failed)
    )
  })
})
