/** The contract through a gateway in another process. */
import { RemoteMqrt } from "@effect-msmq/remote"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { readFileSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Backend, type LedgerGateway, ledgerGateway } from "./LedgerGateway.ts"

/** Account that the double of `mqrt.dll` writes when its process ends. */
interface Account {
  readonly counts: Readonly<Record<string, { readonly acquired: number; readonly open: number }>>
  readonly violations: ReadonlyArray<string>
}

/** Defines a test of each promise. All use one gateway, whose ledger must be clean after each. */
export const keepsTheContract = (backend: Backend): void => {
  const scope = Scope.makeUnsafe()
  const account = join(mkdtempSync(join(tmpdir(), "gateway-")), "account.json")
  let gateway: LedgerGateway
  beforeAll(async () => {
    gateway = await Effect.runPromise(Scope.provide(ledgerGateway(backend, { MQRT_DOUBLE_LEDGER: account }), scope))
  })
  afterAll(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    if (backend === "in memory") return
    const { counts, violations } = JSON.parse(readFileSync(account, "utf8")) as Account
    assert.deepStrictEqual(violations, [])
    const open = Object.entries(counts).filter(([, count]) => count.open > 0)
    assert.deepStrictEqual(open, [])
    assert.isAbove(counts["queue"]?.acquired ?? 0, 100)
  })

  for (const { check, name } of MqrtContract.promises) {
    it.live(name, () =>
      Effect.gen(function* () {
        const remote = RemoteMqrt.layer({ url: gateway.url })
        yield* check.pipe(Effect.scoped, Effect.provide(remote, { local: true }))
        yield* gateway.expectNoLeaks
      })
    )
  }
}
