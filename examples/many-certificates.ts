/**
 * Sends signed messages for several offices, each with a certificate of its own. A cache keeps one security context for each
 * certificate: its private key is fetched once, however many messages are signed with it, and the context is freed once, after its
 * last use.
 *
 *   node many-certificates.ts
 */
import { Certificate, MessageQueue, SecurityContexts } from "@effect-msmq/core"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"

const queue = ".\\private$\\reports"

const certificateOf = (office: string) =>
  Certificate.fromPem(readFileSync(new URL(`certificates/${office}.pem`, import.meta.url), "utf8"))

/** Sends reports of an office, signed with its certificate. Offices may do so at the same time. */
const report = Effect.fn("report")(function* (office: string, count: number) {
  const certificate = yield* certificateOf(office)
  const contexts = yield* SecurityContexts.SecurityContexts
  const securityContext = yield* contexts.get(certificate)
  const sender = yield* MessageQueue.openSender(queue)
  for (let number = 1; number <= count; number++) {
    yield* sender.send({ label: `${office} ${number}` }, { securityContext })
  }
}, Effect.scoped)

const program = Effect.gen(function* () {
  yield* MessageQueue.create(queue, { authenticate: true })
  yield* Effect.all([report("north", 50), report("south", 50), report("north", 50)], { concurrency: 3 })
  const receiver = yield* MessageQueue.openReceiver(queue)
  const { authenticated, label, senderCertificate } = yield* receiver.receive
  console.log(`${label}: ${authenticated ? "authenticated" : "not authenticated"}, ${senderCertificate?.subject}`)
  const control = yield* MsmqControl.MsmqControl
  const { contextsAcquired, keyFetches, signatures } = yield* control.counters
  console.log(`${signatures} signatures, ${contextsAcquired} contexts, ${keyFetches} keys fetched`)
}).pipe(Effect.scoped)

/** Message Queuing in memory, whose user has the private keys of both certificates. */
const backend = Layer.unwrap(
  Effect.map(Effect.all([certificateOf("north"), certificateOf("south")]), (certificates) =>
    InMemoryMqrt.layerWith({ certificates: certificates.map(({ der }) => ({ certificate: der, privateKey: true })) })
  )
)

const layer = Layer.provideMerge(SecurityContexts.layer({ idleTimeToLive: "1 minute" }), backend)
await Effect.runPromise(Effect.provide(program, layer))
