import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as SecurityContext from "@effect-msmq/core/SecurityContext"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { failsBecause, newChannel } from "./givens.ts"

export const security: ReadonlyArray<ContractPromise> = [
  ...(["MQGetSecurityContextEx", "MQGetSecurityContext"] as const).map((api) =>
    promise(
      `one security context of ${api} serves many messages`,
      Effect.gen(function* () {
        const { receiver, sender } = yield* newChannel()
        const securityContext = yield* SecurityContext.acquire({ api })
        const report = yield* sender.sendAll([{ label: "one" }, { label: "two" }, { label: "three" }], {
          securityContext
        })
        assert.equal(report.accepted, 3)
        for (const label of ["one", "two", "three"]) {
          assert.equal((yield* receiver.receive).label, label)
        }
      }),
      ["internal certificate"]
    )
  ),
  promise(
    "security contexts that are open at once differ, and fit the 32 bits of their property",
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const acquire = Effect.acquireRelease(
        mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null),
        mqrt.freeSecurityContext
      )
      const handles = [yield* acquire, yield* acquire, yield* acquire]
      assert.equal(new Set(handles).size, 3)
      for (const handle of handles) {
        assert.ok(handle > BigInt(0) && handle <= BigInt(0xffffffff), `handle ${handle}`)
      }
    }),
    ["internal certificate"]
  ),
  promise(
    "a security context is refused after its release, and what was sent before arrives",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const scope = yield* Scope.make()
      const securityContext = yield* Scope.provide(SecurityContext.acquire(), scope)
      yield* sender.send({ label: "before" }, { securityContext })
      assert.equal(securityContext.isOpen, true)
      yield* Scope.close(scope, Exit.void)
      assert.equal(securityContext.isOpen, false)
      yield* failsBecause(sender.send({ label: "after" }, { securityContext }), "Released")
      assert.equal((yield* receiver.receive).label, "before")
      assert.equal((yield* receiver.poll)._tag, "None")
    }),
    ["internal certificate"]
  ),
  promise(
    "a queue that requires authentication takes what is signed and drops what is not",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel({ authenticate: true })
      const securityContext = yield* SecurityContext.acquire()
      yield* sender.send({ label: "unsigned" })
      yield* sender.send({ label: "signed" }, { securityContext })
      yield* sender.send({ label: "context without a signature" }, { securityContext, authenticationLevel: "none" })
      const message = yield* receiver.receive
      assert.deepEqual([message.label, message.authenticated], ["signed", true])
      assert.ok(message.signatureVersion > 0, `signature version ${message.signatureVersion}`)
      assert.ok(message.senderId !== undefined && message.senderId.length > 0, "no sender id")
      assert.equal((yield* receiver.poll)._tag, "None")
    }),
    ["internal certificate", "authentication"]
  )
]
