import { MessageQueue, SecurityContext } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted, Scope, Stream } from "effect"
import { inspect } from "node:util"
import * as CallLog from "./support/CallLog.ts"
import { alice, bob, certificates } from "./support/certificates.ts"
import { elapse, start } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const backendOf = (version: InMemoryMqrt.Version) =>
  HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ certificates, version }))))
const backend = backendOf(6)

const contexts = Effect.map(CallLog.calls, (calls) => calls.filter((call) => call.endsWith("SecurityContext")))

const control = (use: (control: MsmqControl.MsmqControl["Service"]) => Effect.Effect<unknown>) =>
  MsmqControl.MsmqControl.use(use)

describe("acquire", () => {
  it.effect("without a certificate it is the internal one that signs, by the user's SID (A-01)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const securityContext = yield* SecurityContext.acquire()
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "signed" }, { securityContext })
      const receiver = yield* MessageQueue.openReceiver(orders)
      const message = yield* receiver.receive
      assert.strictEqual(securityContext.certificate, undefined)
      assert.isTrue(message.authenticated)
      assert.strictEqual(message.senderIdType, "sid")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an external certificate signs without a sender id, and arrives as it is (A-02, A-57)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "signed" }, { securityContext })
      const receiver = yield* MessageQueue.openReceiver(orders)
      const message = yield* receiver.receive
      assert.isTrue(message.authenticated)
      assert.strictEqual(message.senderIdType, "none")
      assert.strictEqual(message.senderCertificate?.fingerprint, alice.fingerprint)
      assert.deepStrictEqual(message.senderCertificate?.der, alice.der)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a thousand messages are signed with one fetch of the key (A-05)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.sendAll(
        Array.from({ length: 1000 }, () => ({})),
        { securityContext }
      )
      const { keyFetches, signatures } = yield* MsmqControl.MsmqControl.use((control) => control.counters)
      assert.deepStrictEqual({ keyFetches, signatures }, { keyFetches: 1, signatures: 1000 })
    }).pipe(Effect.provide(backend))
  )

  it.effect("a context does not sign if the caller says so (A-39)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const securityContext = yield* SecurityContext.acquire()
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({}, { securityContext, authenticationLevel: "none" })
      const receiver = yield* MessageQueue.openReceiver(orders)
      assert.isFalse((yield* receiver.receive).authenticated)
    }).pipe(Effect.provide(backend))
  )

  it.effect("the old getter is called only when it is asked for (A-16)", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(SecurityContext.acquire())
      yield* Effect.scoped(SecurityContext.acquire({ api: "MQGetSecurityContext" }))
      const { MQGetSecurityContext, MQGetSecurityContextEx } = yield* FaultInjection.calls
      assert.deepStrictEqual([MQGetSecurityContextEx, MQGetSecurityContext], [1, 1])
    }).pipe(Effect.provide(backend))
  )
})

describe("as another user", () => {
  const clerk = {
    user: "clerk",
    domain: "CONTOSO",
    password: "correct horse",
    sid: "S-1-5-21-1-2-3-1002",
    certificates: [{ certificate: alice.der, privateKey: true, registered: true }]
  }
  const office = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ users: [clerk] }))))
  const as = { user: "clerk", domain: "CONTOSO", password: Redacted.make("correct horse") }

  it.effect(
    "the context is that user's, and what is sent with it names that user, nothing else does (A-19, A-20)",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { authenticate: true })
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        const theirs = yield* SecurityContext.acquire({ as })
        const ours = yield* SecurityContext.acquire()
        yield* sender.send({}, { securityContext: theirs })
        yield* sender.send({}, { securityContext: ours })
        yield* sender.send({}, { authenticationLevel: "always" })
        const [first, second, third] = [yield* receiver.receive, yield* receiver.receive, yield* receiver.receive]
        // The last four bytes of a SID are the user's number on the machine or in the domain.
        assert.deepStrictEqual(first.senderId?.slice(-4), Uint8Array.of(0xea, 0x03, 0, 0))
        assert.deepStrictEqual(second.senderId?.slice(-4), Uint8Array.of(0xe9, 0x03, 0, 0))
        assert.deepStrictEqual(third.senderId, second.senderId)
      }).pipe(Effect.provide(office))
  )

  it.effect("a certificate is its owner's: who does not hold its private key signs with it under no name (A-17)", () =>
    Effect.gen(function* () {
      const theirs = yield* SecurityContext.acquire({ as, certificate: alice })
      assert.isTrue(theirs.isOpen)
      const reasonOf = (options: SecurityContext.AcquireOptions) =>
        Effect.map(Effect.flip(Effect.scoped(SecurityContext.acquire(options))), ({ reason }) => reason._tag)
      assert.strictEqual(yield* reasonOf({ certificate: alice }), "InvalidCertificate")
      yield* control((store) => store.addCertificate({ certificate: alice.der, privateKey: false }))
      assert.strictEqual(yield* reasonOf({ certificate: alice }), "CorruptedSecurityData")
      assert.strictEqual(yield* reasonOf({ as, certificate: bob }), "InvalidCertificate")
    }).pipe(Effect.provide(office))
  )

  const clerks = Uint8Array.of(0xea, 0x03, 0, 0)
  const numberOf = (message: { readonly senderId: Uint8Array | undefined }) => message.senderId?.slice(-4)

  it.effect("whoever runs the send and the free, a context signs as the one it was got for (A-21, X-02)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* Effect.gen(function* () {
        const theirs = yield* SecurityContext.acquire({ as })
        yield* sender.send({}, { securityContext: theirs })
        yield* control((msmq) => msmq.setUser({ sid: "S-1-5-21-1-2-3-1777" }))
        yield* sender.send({}, { securityContext: theirs })
        yield* Fiber.join(yield* Effect.forkChild(sender.send({}, { securityContext: theirs })))
      }).pipe(Effect.scoped)
      for (let count = 0; count < 3; count++) assert.deepStrictEqual(numberOf(yield* receiver.receive), clerks)
      const { contextsAcquired, contextsFreed } = yield* MsmqControl.MsmqControl.use((msmq) => msmq.counters)
      assert.deepStrictEqual([contextsAcquired, contextsFreed], [1, 1])
    }).pipe(Effect.provide(office))
  )

  it.effect("both getters capture another user alike (A-23)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      for (const options of [{}, { certificate: alice }]) {
        for (const api of ["MQGetSecurityContextEx", "MQGetSecurityContext"] as const) {
          const securityContext = yield* SecurityContext.acquire({ ...options, api, as })
          yield* sender.send({}, { securityContext, senderIdType: "sid" })
        }
        const [ex, old] = [yield* receiver.receive, yield* receiver.receive]
        assert.deepStrictEqual([numberOf(ex), numberOf(old)], [clerks, clerks])
        assert.isDefined(ex.senderCertificate)
        assert.strictEqual(ex.senderCertificate.fingerprint, old.senderCertificate?.fingerprint)
      }
    }).pipe(Effect.provide(office))
  )

  it.effect("to be another user is not enough: without that user's context the process's user is named (A-25)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      const theirs = yield* SecurityContext.acquire({ as })
      const ours = yield* SecurityContext.acquire()
      yield* sender.send({}, { authenticationLevel: "always" })
      yield* sender.send({}, { securityContext: ours })
      yield* sender.send({}, { securityContext: theirs })
      const users = [yield* receiver.receive, yield* receiver.receive, yield* receiver.receive].map(numberOf)
      const process = Uint8Array.of(0xe9, 0x03, 0, 0)
      assert.deepStrictEqual(users, [process, process, clerks])
    }).pipe(Effect.provide(office))
  )

  it.effect("a wrong password is said to be that, and is shown nowhere", () =>
    Effect.gen(function* () {
      const wrong = { ...as, password: Redacted.make("battery staple") }
      const error = yield* Effect.flip(Effect.scoped(SecurityContext.acquire({ as: wrong })))
      assert(error.reason._tag === "ImpersonationFailed")
      assert.deepStrictEqual([error.reason.function, error.reason.code], ["LogonUserW", 0x8007_052e])
      assert.include(error.message, "check name, domain and password")
      assert.notInclude(inspect(error, { depth: 10, showHidden: true }), "battery")
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(office))
  )

  it.effect("a released context of another user is named with the user", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const securityContext = yield* Effect.scoped(SecurityContext.acquire({ as }))
      const error = yield* Effect.flip(sender.send({}, { securityContext }))
      assert(error.reason._tag === "Released")
      assert.include(error.reason.resource, "of CONTOSO\\clerk")
    }).pipe(Effect.provide(office))
  )
})

describe("each documented failure has a reason of its own", () => {
  const failures = [
    {
      why: "no internal certificate (A-09)",
      given: control((store) => store.setInternalCertificate("absent")),
      options: {},
      reason: "NoInternalUserCert",
      name: "MQ_ERROR_NO_INTERNAL_USER_CERT"
    },
    {
      why: "a damaged internal certificate, for MSMQ 1.0 (A-15)",
      given: control((store) => store.setInternalCertificate("corrupted")),
      options: { api: "MQGetSecurityContext" },
      version: 1,
      reason: "CorruptedInternalCertificate",
      name: "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE"
    },
    {
      why: "a certificate that is not in the store (A-10)",
      given: control((store) => store.removeCertificate(alice.der)),
      options: { certificate: alice },
      reason: "InvalidCertificate",
      name: "MQ_ERROR_INVALID_CERTIFICATE"
    },
    {
      why: "a certificate without its private key (A-11)",
      given: control((store) => store.addCertificate({ certificate: alice.der, privateKey: false })),
      options: { certificate: alice },
      reason: "CorruptedSecurityData",
      name: "MQ_ERROR_CORRUPTED_SECURITY_DATA"
    },
    {
      why: "a thread whose token names no user (A-12)",
      given: control((store) => store.setUser({ sid: null })),
      options: {},
      reason: "CouldNotGetUserSid",
      name: "MQ_ERROR_COULD_NOT_GET_USER_SID"
    },
    {
      why: "no memory (A-14)",
      given: control((store) => store.setResourcesExhausted(true)),
      options: {},
      reason: "InsufficientResources",
      name: "MQ_ERROR_INSUFFICIENT_RESOURCES"
    },
    {
      why: "an argument that is refused (A-13)",
      given: FaultInjection.inject({ function: "MQGetSecurityContextEx", call: 1, code: "MQ_ERROR_INVALID_PARAMETER" }),
      options: {},
      reason: "InvalidParameter",
      name: "MQ_ERROR_INVALID_PARAMETER"
    }
  ] as const

  it.effect.each(failures)("$why", ({ given, name, options, reason, ...rest }) =>
    Effect.gen(function* () {
      yield* given
      const error = yield* Effect.flip(Effect.scoped(SecurityContext.acquire(options)))
      assert.strictEqual(error.reason._tag, reason)
      assert.include(error.message, name)
      assert.include(error.message, "SecurityContext.acquire")
      assert.deepStrictEqual(yield* contexts, reason === "InvalidParameter" ? [] : ["getSecurityContext"])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backendOf("version" in rest ? rest.version : 6)))
  )
})

describe("release", () => {
  it.effect("is once, when the scope closes: after success, failure, defect and interruption", () =>
    Effect.gen(function* () {
      const endings = [Effect.void, Effect.fail("failure"), Effect.die("defect"), Effect.interrupt]
      for (const ending of endings) {
        yield* SecurityContext.acquire().pipe(Effect.andThen(ending), Effect.scoped, Effect.exit)
      }
      assert.deepStrictEqual(
        yield* contexts,
        endings.flatMap(() => ["getSecurityContext", "freeSecurityContext"])
      )
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )

  it.effect("happens when the layer closes, for a context whose scope is still open", () =>
    Effect.gen(function* () {
      const longer = yield* Scope.make()
      const calls = yield* Effect.gen(function* () {
        yield* Scope.provide(SecurityContext.acquire(), longer)
        return (yield* CallLog.CallLog).calls
      }).pipe(Effect.provide(backend))
      assert.deepStrictEqual(calls, ["getSecurityContext", "freeSecurityContext"])
      yield* Scope.close(longer, Exit.void)
      assert.deepStrictEqual(calls, ["getSecurityContext", "freeSecurityContext"])
    })
  )

  it.effect("follows the last of the sends that share the context", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const sender = yield* MessageQueue.openSender(orders)
      const scope = yield* Scope.make()
      const securityContext = yield* Scope.provide(SecurityContext.acquire({ certificate: alice }), scope)
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 1, stall: "1 second" })
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 2, stall: "2 seconds" })
      const batch = (label: string) =>
        sender.sendAll([{ label: `${label} 1` }, { label: `${label} 2` }], { securityContext }).pipe(start)
      const sends = [yield* batch("first"), yield* batch("second")] as const
      yield* Effect.yieldNow
      const closing = yield* start(Scope.close(scope, Exit.void))

      const refused = yield* Effect.flip(sender.send({}, { securityContext }))
      assert.strictEqual(refused.reason._tag, "Released")
      yield* elapse("1 second")
      assert.strictEqual((yield* Fiber.join(sends[0])).accepted, 2)
      assert.notInclude(yield* contexts, "freeSecurityContext")
      yield* elapse("1 second")
      assert.strictEqual((yield* Fiber.join(sends[1])).accepted, 2)
      yield* Fiber.join(closing)

      const calls = yield* CallLog.calls
      assert.deepStrictEqual(calls.slice(calls.indexOf("sendMessages")), [
        "sendMessages",
        "sendMessages",
        "sendMessages",
        "sendMessages",
        "freeSecurityContext"
      ])
      const receiver = yield* MessageQueue.openReceiver(orders)
      const labels = yield* Stream.runCollect(Stream.map(Stream.take(receiver.messages, 4), ({ label }) => label))
      assert.sameOrderedMembers(labels, ["first 1", "first 2", "second 1", "second 2"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("ends the sends that share the context where they wait for their source", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { authenticate: true })
      const sender = yield* MessageQueue.openSender(orders)
      const scope = yield* Scope.make()
      const securityContext = yield* Scope.provide(SecurityContext.acquire({ certificate: alice }), scope)
      const batch = (label: string) =>
        sender
          .sendAll(Stream.concat(Stream.make({ label }), Stream.never), { securityContext })
          .pipe(Effect.flip, start)
      const sends = [yield* batch("first"), yield* batch("second")] as const
      yield* Effect.yieldNow
      const closing = yield* start(Scope.close(scope, Exit.void))

      const refused = yield* Effect.flip(sender.send({}, { securityContext }))
      assert.strictEqual(refused.reason._tag, "Released")
      for (const send of sends) {
        const { progress, reason } = yield* Fiber.join(send)
        assert.deepStrictEqual([reason._tag, progress], ["Released", { accepted: 1 }])
      }
      yield* Fiber.join(closing)

      const calls = yield* CallLog.calls
      assert.deepStrictEqual(calls.slice(calls.indexOf("sendMessages")), [
        "sendMessages",
        "sendMessages",
        "freeSecurityContext"
      ])
      const receiver = yield* MessageQueue.openReceiver(orders)
      const labels = yield* Stream.runCollect(Stream.map(Stream.take(receiver.messages, 2), ({ label }) => label))
      assert.sameOrderedMembers(labels, ["first", "second"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a use after it names the context and shows where it was released, and calls nothing", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const leaveTheScope = Effect.fn("leaveTheScope")(function* () {
        return yield* SecurityContext.acquire({ certificate: bob })
      }, Effect.scoped)
      const securityContext = yield* leaveTheScope()
      assert.isFalse(securityContext.isOpen)
      const before = yield* CallLog.calls
      const error = yield* Effect.flip(sender.sendAll([{}, {}], { securityContext }))
      assert(error.reason._tag === "Released")
      assert.include(error.reason.resource, "security context for Certificate(CN=Bob")
      assert.include(error.reason.openedAt, "SecurityContext.test.ts")
      assert.include(error.reason.releasedAt, "SecurityContext.test.ts")
      assert.include(error.message, "is closed: it was released")
      assert.deepStrictEqual(yield* CallLog.calls, before)
    }).pipe(Effect.provide(backend))
  )

  it.effect("an interruption while one context is being freed does not keep the others from it", () =>
    Effect.gen(function* () {
      yield* FaultInjection.inject({ function: "MQFreeSecurityContext", call: 1, interrupt: true })
      const acquired = Effect.all([SecurityContext.acquire(), SecurityContext.acquire({ certificate: alice })])
      const exit = yield* Fiber.await(yield* Effect.forkChild(Effect.scoped(acquired)))
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepStrictEqual(yield* contexts, [
        "getSecurityContext",
        "getSecurityContext",
        "freeSecurityContext",
        "freeSecurityContext"
      ])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )
})
