import * as Certificate from "@effect-msmq/core/Certificate"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as QueueSecurity from "@effect-msmq/core/QueueSecurity"
import * as SecurityContext from "@effect-msmq/core/SecurityContext"
import * as Sid from "@effect-msmq/core/Sid"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { failsBecause, newChannel, newQueue } from "./givens.ts"

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
  ),
  promise(
    "the account of the current user has the user's SID, and so does every well-known account",
    Effect.gen(function* () {
      for (const sid of [yield* Sid.current, ...Object.values(Sid.wellKnown)]) {
        const { qualifiedName } = yield* Sid.accountOf(sid)
        assert.equal(yield* Sid.ofAccount(qualifiedName), sid, qualifiedName)
      }
    })
  ),
  promise(
    "the look-up of a name or a SID that no account has fails with a reason of its own",
    Effect.gen(function* () {
      yield* failsBecause(Sid.ofAccount("no-such-account-of-the-contract"), "AccountNotFound")
      yield* failsBecause(Sid.ofAccount(".\\no-such-account-of-the-contract"), "AccountNotFound")
      yield* failsBecause(Sid.accountOf("S-1-5-21-1-1-1-4000000001"), "AccountNotFound")
    })
  ),
  promise(
    "rights are granted, denied and revoked by account name, and listed in the order in which they count",
    Effect.gen(function* () {
      const user = yield* Sid.current
      const { qualifiedName } = yield* Sid.accountOf(user)
      const { qualifiedName: everyone } = yield* Sid.accountOf(Sid.wellKnown.everyone)
      const queue = yield* newQueue({ securityDescriptor: `D:(A;;0xf003f;;;${user})` })
      yield* QueueSecurity.grant(queue, everyone, ["writeMessage", "getQueueProperties"])
      yield* QueueSecurity.grant(queue, qualifiedName, "fullControl")
      yield* QueueSecurity.deny(queue, "anonymous", "fullControl")
      yield* QueueSecurity.grant(queue, "everyone", "getQueuePermissions")
      const listed = yield* QueueSecurity.list(queue)
      assert.deepEqual(
        listed.map(({ account, kind, rights, sid }) => [kind, sid, account === undefined, ...rights]),
        [
          ["deny", Sid.wellKnown.anonymous, false, "fullControl"],
          ["allow", Sid.wellKnown.everyone, false, "writeMessage", "getQueueProperties", "getQueuePermissions"],
          ["allow", user, false, "fullControl"]
        ]
      )
      assert.equal(listed[2]?.account, qualifiedName)
      assert.equal(yield* QueueSecurity.revoke(queue, everyone), true)
      assert.equal(yield* QueueSecurity.revoke(queue, everyone), false)
      assert.equal(yield* QueueSecurity.get(queue, ["dacl"]), `D:(D;;0xf003f;;;AN)(A;;0xf003f;;;${user})`)
    })
  ),
  promise(
    "permissions are set back to those of a new queue",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const before = yield* QueueSecurity.get(queue, ["dacl"])
      yield* QueueSecurity.deny(queue, "anonymous", "fullControl")
      assert.notEqual(yield* QueueSecurity.get(queue, ["dacl"]), before)
      yield* QueueSecurity.reset(queue)
      assert.equal(yield* QueueSecurity.get(queue, ["dacl"]), before)
    })
  ),
  promise(
    "a certificate and a store that do not exist fail with reasons of their own, and the personal store can be listed",
    Effect.gen(function* () {
      yield* failsBecause(Certificate.fromStore({ thumbprint: "0".repeat(40) }), "CertificateNotFound")
      yield* failsBecause(
        Certificate.fromStore({ subject: "CN=no such subject of the contract" }),
        "CertificateNotFound"
      )
      yield* failsBecause(
        Certificate.listStore({ store: "no-such-store-of-the-contract", location: "LocalMachine" }),
        "CertificateStoreNotFound"
      )
      for (const { der, location, store } of yield* Certificate.listStore()) {
        assert.deepEqual([location, store], ["CurrentUser", "My"])
        assert.ok(der.length > 0, "a certificate without bytes")
      }
    })
  )
]
