/**
 * Sends signed messages for several offices, each with a certificate of its own, and goes over to the next certificate before one expires. A
 * cache keeps one security context for each certificate: its private key is fetched once, however many messages are signed with it.
 *
 *   node many-certificates.ts
 */
import { Certificate, MessageQueue, SecurityContexts } from "@effect-msmq/core"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"

const queue = ".\\private$\\reports"

const read = (name: string) =>
  Certificate.fromPem(readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), "utf8"))

/** Certificates of each office, the oldest first. On Windows `Certificate.listStore` has those of the user. */
const certificates = Effect.all({
  north: Effect.all([read("north-2026"), read("north-2027")]),
  south: Effect.all([read("south")])
})

type Office = "north" | "south"

/** Message Queuing checks no validity: a sender chooses by it, and a receiver asks for it. */
const isValid = ({ notAfter, notBefore }: Certificate.Certificate, time: Date): boolean =>
  notBefore <= time && time < notAfter

/**
 * Sends reports of an office, signed with its newest certificate that is valid. The contexts of its older ones are freed, each after its
 * last use.
 */
const report = Effect.fn("report")(function* (office: Office, count: number, time: Date) {
  const all = (yield* certificates)[office]
  const certificate = all.findLast((one) => isValid(one, time))
  if (certificate === undefined) return yield* Effect.fail(`the ${office} office has no valid certificate`)
  const contexts = yield* SecurityContexts.SecurityContexts
  yield* Effect.forEach(all.slice(0, all.indexOf(certificate)), contexts.invalidate)
  const securityContext = yield* contexts.get(certificate)
  const sender = yield* MessageQueue.openSender(queue)
  const reports = Array.from({ length: count }, (_, index) => ({ label: `${office} ${index + 1}` }))
  yield* sender.sendAll(reports, { securityContext })
}, Effect.scoped)

/** Receives all reports. Prints how many each certificate has signed that was valid at the time. */
const receiveAll = Effect.fn("receiveAll")(function* (time: Date) {
  const receiver = yield* MessageQueue.openReceiver(queue)
  const counts = new Map<string, number>()
  for (let message = yield* receiver.poll; message._tag === "Some"; message = yield* receiver.poll) {
    const { authenticated, senderCertificate } = message.value
    if (!authenticated || senderCertificate === undefined || !isValid(senderCertificate, time)) continue
    const signer = `${senderCertificate.subject}, until ${senderCertificate.notAfter.toISOString().slice(0, 10)}`
    counts.set(signer, (counts.get(signer) ?? 0) + 1)
  }
  for (const [signer, count] of counts) console.log(`${count} signed by ${signer}`)
}, Effect.scoped)

const program = Effect.gen(function* () {
  yield* MessageQueue.create(queue, { authenticate: true })
  for (const time of [new Date("2026-11-01"), new Date("2026-12-15")]) {
    console.log(time.toISOString().slice(0, 10))
    const reports = [report("north", 50, time), report("south", 50, time), report("north", 50, time)]
    yield* Effect.all(reports, { concurrency: "unbounded" })
    yield* receiveAll(time)
  }
  const { contextsAcquired, contextsFreed, keyFetches, signatures } = yield* (yield* MsmqControl.MsmqControl).counters
  console.log(
    `${signatures} signatures, ${contextsAcquired} contexts, ${keyFetches} keys fetched, ${contextsFreed} freed`
  )
})

/** Message Queuing in memory, whose user has the private keys of all certificates. On Windows it is `NativeMqrt.layer`. */
const backend = Layer.unwrap(
  Effect.map(certificates, ({ north, south }) =>
    InMemoryMqrt.layerWith({
      certificates: [...north, ...south].map(({ der }) => ({ certificate: der, privateKey: true }))
    })
  )
)

const layer = SecurityContexts.layer({ idleTimeToLive: "5 minutes" }).pipe(Layer.provideMerge(backend))
await Effect.runPromise(program.pipe(Effect.provide(layer)))
