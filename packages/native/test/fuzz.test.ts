/** Random messages and random nonsense through the seam: everything arrives as it is, or is refused by name. */
import * as Certificate from "@effect-msmq/core/Certificate"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { Mqrt, MqrtFailure } from "@effect-msmq/core/Mqrt"
import { MsmqError } from "@effect-msmq/core/MsmqError"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import koffi from "koffi"
import { readFileSync } from "node:fs"
import { makeRandom, sendAndReceive, type Random } from "./support/randomMessages.ts"
import { control, files, missing } from "./theDouble.ts"

/** Another one with each run; that of a failure is in its message, and `FUZZ_SEED` repeats it. */
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Date.now() / 1000) & 0x7fff_ffff)

const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt>) =>
  Effect.provide(effect, NativeMqrt.layerWith(files), { local: true })

const assertNothingIsOpen = () => {
  const { counts, violations } = control.ledger()
  assert.deepStrictEqual(violations, [], `seed ${seed}`)
  for (const [kind, { open }] of Object.entries(counts)) assert.strictEqual(open, 0, `seed ${seed}: ${kind}`)
}

/** Copies of what was sent cost time, and nobody looks at them here. */
const withoutRecording = () => koffi.load(files.library).func("void Double_SetRecording(uint32_t on)")(0)

const anyNumber = (random: Random): number =>
  random.pick<() => number>([
    () => random.below(100),
    () => -random.below(100),
    random.word,
    () => random.word() * random.word(),
    () => random.word() / 0x1_0000,
    () => 2 ** random.below(70),
    () => -(2 ** random.below(70)),
    () => Number.NaN,
    () => Number.POSITIVE_INFINITY,
    () => Number.NEGATIVE_INFINITY,
    () => -0
  ])()

const beginnings = [
  "",
  ".\\",
  ".\\private$\\",
  "DOUBLE\\private$\\",
  "DIRECT=",
  "DIRECT=OS:",
  "DIRECT=OS:.\\private$\\",
  "DIRECT=TCP:127.0.0.1\\",
  "DIRECT=HTTP://",
  "PUBLIC=",
  "PRIVATE=11223344-5566-7788-99aa-bbccddeeff01\\",
  "MACHINE=11223344-5566-7788-99aa-bbccddeeff01;",
  "DL=",
  "MULTICAST=",
  "LDAP://"
] as const

const privateQueues = [".\\private$\\", "DOUBLE\\private$\\", "DIRECT=OS:.\\private$\\"] as const

const endings = ["", "", "", ";JOURNAL", ";DEADLETTER", ";sub", ";", "\\", ",", "\0", "\0x", "\ud83d"] as const

/** A name, or something like it: of any length, of any units, and now and then with a NUL inside; some are good. */
const anyName = (random: Random): string => {
  if (random.oneIn(4))
    return `${random.pick(privateQueues)}${random.oneIn(2) ? "known" : random.text(1 + random.below(10))}`
  const length = random.oneIn(20) ? random.below(20_000) : random.below(random.oneIn(4) ? 300 : 20)
  return random.pick(beginnings) + random.text(length) + random.pick(endings)
}

const pem = readFileSync(new URL("../../core/test/certificates/alice.pem", import.meta.url), "utf8")
const realCertificate = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64")

/** Bytes that begin as DER does, most times, or a real certificate with a few bytes changed or the end cut off. */
const anyCertificate = (random: Random): Uint8Array => {
  if (random.oneIn(2)) {
    const length = random.oneIn(4) ? random.below(realCertificate.length) : realCertificate.length
    const bytes = Uint8Array.from(realCertificate.subarray(0, length))
    if (length > 0) for (let left = random.below(4); left > 0; left--) bytes[random.below(length)] = random.below(256)
    return bytes
  }
  const bytes = random.bytes(random.below(random.oneIn(20) ? 20_000 : 300)).slice()
  if (bytes.length > 0 && !random.oneIn(4)) bytes[0] = 0x30
  return bytes
}

/** Left out most times: what is refused for one thing alone gets further. */
const maybe = <A>(random: Random, value: () => A): A | undefined => (random.oneIn(8) ? value() : undefined)

const anyQueue = (random: Random) =>
  MessageQueue.create(anyName(random), {
    label: maybe(random, () => random.text(random.below(300)) + random.pick(endings)),
    quota: maybe(random, () => anyNumber(random)),
    journalQuota: maybe(random, () => anyNumber(random)),
    basePriority: maybe(random, () => anyNumber(random)),
    type: maybe(random, () => random.text(36)),
    multicastAddress: maybe(random, () => random.text(random.oneIn(2) ? 0 : random.below(40))),
    transactional: random.oneIn(2)
  })

const anySend = (random: Random, queue: string) =>
  Effect.flatMap(MessageQueue.openSender(queue, { transactional: random.oneIn(2) }), (sender) =>
    sender.send({
      body: random.bytes(random.below(100)),
      bodyType: maybe(random, () => anyNumber(random)),
      label: maybe(random, () => random.text(random.below(400)) + random.pick(endings)),
      priority: maybe(random, () => anyNumber(random)),
      appSpecific: maybe(random, () => anyNumber(random)),
      correlationId: maybe(random, () => random.bytes(random.below(40))),
      timeToReachQueue: maybe(random, () => anyNumber(random)),
      timeToBeReceived: maybe(random, () => anyNumber(random)),
      responseQueue: maybe(random, () => anyName(random)),
      adminQueue: maybe(random, () => anyName(random)),
      deadLetterQueue: maybe(random, () => anyName(random)),
      connector: maybe(random, () => ({
        type: random.text(36),
        class: anyNumber(random),
        authenticated: random.oneIn(2),
        signature: random.bytes(random.below(40)),
        symmetricKey: random.bytes(0)
      })),
      soap: maybe(random, () => ({ header: random.text(random.below(40)), body: `${random.text(3)}\0` }))
    })
  )

type Attempt = (random: Random, known: string) => Effect.Effect<unknown, MsmqError | MqrtFailure, Mqrt>

const attempts: Readonly<Record<string, Attempt>> = {
  "Certificate.fromDer": (random) => Certificate.fromDer(anyCertificate(random)),
  getSecurityContext: (random) =>
    Effect.flatMap(Mqrt, (mqrt) =>
      Effect.flatMap(mqrt.getSecurityContext(anyCertificate(random), "MQGetSecurityContextEx", null), (handle) =>
        mqrt.freeSecurityContext(handle)
      )
    ),
  registerCertificate: (random) =>
    Effect.flatMap(Mqrt, (mqrt) => mqrt.registerCertificate(anyCertificate(random), random.oneIn(2))),
  "MessageQueue.create": (random) => Effect.flatMap(anyQueue(random), (formatName) => MessageQueue.delete(formatName)),
  "MessageQueue.exists": (random) => MessageQueue.exists(anyName(random)),
  "MessageQueue.openSender": (random) => Effect.scoped(MessageQueue.openSender(anyName(random))),
  "MessageQueue.openReceiver": (random) => Effect.scoped(MessageQueue.openReceiver(anyName(random))),
  "Sender.send": (random, known) => Effect.scoped(anySend(random, known)),
  "Receiver.receiveWithin": (random, known) =>
    Effect.scoped(
      Effect.flatMap(MessageQueue.openReceiver(known), (receiver) =>
        // What would wait long is let go.
        receiver.receiveWithin(anyNumber(random)).pipe(Effect.timeoutOption(1))
      )
    )
}

const isTyped = (error: unknown) => error instanceof MsmqError || error instanceof MqrtFailure

describe.skipIf(missing !== null)("random input", () => {
  beforeEach(() => {
    control.reset()
    withoutRecording()
  })

  it.live("100,000 messages arrive as they were sent", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const bytes = yield* sendAndReceive(mqrt, seed, 100_000)
      assert.isAbove(bytes, 100_000_000)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )

  it.live("2,000 calls with random arguments succeed, or fail with a typed error", () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      const known = yield* MessageQueue.create(".\\private$\\known")
      const names = Object.keys(attempts)
      const outcomes = new Map(names.map((name) => [name, { succeeded: 0, failed: 0 }]))
      for (let run = 0; run < 2000; run++) {
        const name = names[run % names.length] ?? ""
        const exit = yield* Effect.exit(attempts[name]?.(random, known) ?? Effect.void)
        const outcome = outcomes.get(name)
        if (Exit.isSuccess(exit)) {
          if (outcome !== undefined) outcome.succeeded++
          continue
        }
        if (outcome !== undefined) outcome.failed++
        const typed = exit.cause.reasons.every((reason) => Cause.isFailReason(reason) && isTyped(reason.error))
        assert.isTrue(typed, `seed ${seed}, run ${run}, ${name}: ${Cause.pretty(exit.cause)}`)
      }
      // Both are tried: what is only ever refused at the door says little.
      for (const [name, { failed, succeeded }] of outcomes) {
        assert.isAbove(succeeded, 0, `seed ${seed}: ${name} never succeeded`)
        if (name !== "Receiver.receiveWithin") assert.isAbove(failed, 0, `seed ${seed}: ${name} never failed`)
      }
      yield* MessageQueue.delete(known)
    }).pipe(onDouble, Effect.andThen(Effect.sync(assertNothingIsOpen)))
  )
})
