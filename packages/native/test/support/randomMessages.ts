/** Random messages: the same ones for the same seed. They are sent through the seam, received, and compared. */
import type {
  AuthenticationLevel,
  OutgoingProperties,
  ReceivedProperties,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Effect from "effect/Effect"
import { plainQueue, plainSend } from "../../../testing/src/contract/plainRecords.ts"

/** A generator of numbers, by Marsaglia's xorshift. */
export interface Random {
  /** Unsigned, 32 bits. */
  readonly word: () => number
  /** From 0 up to, and without, `limit`. */
  readonly below: (limit: number) => number
  /** True once in so many times. */
  readonly oneIn: (times: number) => boolean
  readonly pick: <A>(choices: readonly [A, ...Array<A>]) => A
  readonly bytes: (length: number) => Uint8Array
  /** So many UTF-16 units at random: astral characters and lone surrogates among them, and no NUL. */
  readonly text: (length: number) => string
}

const pooledBytes = 4 * 1024 * 1024 + 64 * 1024
const pooledUnits = 64 * 1024

const anyUnit = (word: () => number): number => {
  const kind = word() >>> 29
  if (kind < 4) return 0x20 + (word() % 0x5f)
  if (kind === 4) return 0xd800 + (word() % 0x800)
  return 1 + (word() % 0xffff)
}

/** Cutting pieces out of two pools is quicker than to make each piece anew. */
export const makeRandom = (seed: number): Random => {
  let state = seed >>> 0 || 1
  const word = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  const below = (limit: number) => word() % limit
  const bytes = new Uint8Array(Uint32Array.from({ length: pooledBytes / 4 }, word).buffer)
  const units: Array<string> = []
  while (units.length < pooledUnits) {
    // A whole pair now and then: by chance alone there are few.
    if (word() >>> 29 === 0) units.push(...String.fromCodePoint(0x1_0000 + below(0x10_0000)).split(""))
    else units.push(String.fromCharCode(anyUnit(word)))
  }
  const text = units.join("")
  return {
    word,
    below,
    oneIn: (times) => below(times) === 0,
    pick: ([first, ...rest]) => rest[below(rest.length + 1)] ?? first,
    bytes: (length) => {
      const at = below(pooledBytes - length + 1)
      return bytes.subarray(at, at + length)
    },
    text: (length) => {
      const at = below(pooledUnits - length + 1)
      return text.slice(at, at + length)
    }
  }
}

/** A name as it may stand in a format name: without what separates its parts. */
const nameOf = (random: Random) => `x${random.text(random.below(60)).replaceAll(/[\\/;,+"\r\n]/g, "")}`

const formatNameOf = (random: Random) => `DIRECT=OS:${random.below(1000)}\\private$\\${nameOf(random)}`

const guidOf = (random: Random) =>
  Buffer.from(random.bytes(16))
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

/** A quarter of the properties, each a quarter of the time, makes for the least likely neighbours. */
const sometimes = <A>(random: Random, value: () => A): A | null => (random.oneIn(4) ? value() : null)

const longestTime = 4_294_967_293

const randomMessage = (random: Random, bodySize: number): OutgoingProperties => ({
  body: random.bytes(bodySize),
  bodyType: sometimes(random, random.word) ?? 0,
  label: sometimes(random, () => random.text(random.oneIn(8) ? 249 : random.below(40))) ?? "",
  priority: sometimes(random, () => random.below(8)) ?? 3,
  delivery: random.oneIn(4) ? "recoverable" : "express",
  acknowledge: sometimes(random, () => ({
    positiveArrival: random.oneIn(2),
    positiveReceive: random.oneIn(2),
    negativeArrival: random.oneIn(2),
    negativeReceive: random.oneIn(2)
  })),
  // No copy of what is sent: nobody would read it.
  journaling: sometimes(random, () => ({ deadLetter: random.oneIn(2), journal: false })),
  correlationId: sometimes(random, () => random.bytes(20)),
  appSpecific: sometimes(random, random.word) ?? 0,
  extension: sometimes(random, () => random.bytes(random.below(random.oneIn(16) ? 20_000 : 100))),
  timeToReachQueue: sometimes(random, () => random.word() % (longestTime + 1)),
  timeToBeReceived: sometimes(random, () => 10_000 + (random.word() % (longestTime - 10_000))),
  responseQueue: sometimes(random, () =>
    random.oneIn(3) ? `${formatNameOf(random)},${formatNameOf(random)}` : formatNameOf(random)
  ),
  adminQueue: sometimes(random, () => formatNameOf(random)),
  deadLetterQueue: sometimes(random, () => random.text(1 + random.below(100))),
  trace: random.oneIn(4),
  connector: random.oneIn(16)
    ? {
        type: guidOf(random),
        class: random.below(0x1_0000),
        authenticated: random.oneIn(2),
        signature: sometimes(random, () => random.bytes(random.below(300))),
        symmetricKey: sometimes(random, () => random.bytes(random.below(300)))
      }
    : null,
  soap: random.oneIn(16)
    ? {
        header: sometimes(random, () => random.text(random.below(1000))),
        body: sometimes(random, () => random.text(random.below(1000)))
      }
    : null
})

const randomOptions = (random: Random): SendParameters => ({
  ...plainSend,
  senderCertificate: sometimes(random, () => random.bytes(random.below(3000))),
  authenticationLevel: random.pick<AuthenticationLevel>(["none", "none", "always", "msmq10", "msmq20", "msmq30"]),
  hashAlgorithm: sometimes(random, () => random.pick(["md2", "md4", "md5", "sha1", "sha256", "sha384", "sha512"])),
  provider: sometimes(random, () => ({ name: random.text(1 + random.below(200)), type: random.word() })),
  senderIdType: random.pick(["sid", "none", "queueManager"]),
  privacyLevel: random.pick(["none", "bodyBase", "bodyEnhanced", "bodyAes"]),
  encryptionAlgorithm: sometimes(random, () => random.pick(["rc2", "rc4", "aes128", "aes192", "aes256"])),
  messageIds: random.oneIn(2)
})

/** Mostly small; a few large, and a few dozen in a hundred thousand almost as large as a message may be. */
const randomBodySize = (random: Random): number => {
  const kind = random.below(2500)
  if (kind === 0) return random.below(4 * 1024 * 1024 - 40_000)
  return kind < 20 ? 64 * 1024 : random.below(random.oneIn(2) ? 100 : 2049)
}

/** Nothing, and no bytes, are the same to Message Queuing. */
const orNone = <A extends { readonly length: number }>(value: A | null): A | null =>
  value === null || value.length === 0 ? null : value

/** All zeros: as if it had not been given. */
const isZero = (value: Uint8Array): boolean => value.every((byte) => byte === 0)

const sameBytes = (left: Uint8Array | null, right: Uint8Array | null): boolean =>
  left === null || right === null ? left === right : Buffer.compare(left, right) === 0

const sameFlags = (left: object | null, right: object | null): boolean => {
  const set = (flags: object | null) =>
    Object.entries(flags ?? {})
      .filter(([, flag]) => flag === true)
      .map(([name]) => name)
      .join()
  return set(left) === set(right)
}

/** Time runs while a message waits. */
const sameTime = (left: number | null, given: number | null): boolean =>
  left === null || given === null ? left === given : left <= given && left >= given - 60

/** Certificate that the double signs with where none was given. */
const internalCertificate = Uint8Array.of(0x30, 0x0a, 0x0c, 0x08, ...Buffer.from("internal"))

/** The fields in which a message that was received is not as it was sent. */
const differences = (
  sent: OutgoingProperties,
  options: SendParameters,
  received: ReceivedProperties
): ReadonlyArray<string> => {
  const correlationId = sent.correlationId === null || isZero(sent.correlationId) ? null : sent.correlationId
  const isSigned = options.authenticationLevel !== "none"
  const certificate = options.senderCertificate ?? (isSigned ? internalCertificate : null)
  const equal: Readonly<Record<string, boolean>> = {
    body: sameBytes(received.body, sent.body),
    bodyType: received.bodyType === sent.bodyType,
    label: received.label === sent.label,
    priority: received.priority === sent.priority,
    delivery: received.delivery === sent.delivery,
    acknowledge: sameFlags(received.acknowledge, sent.acknowledge),
    journaling: sameFlags(received.journaling, sent.journaling),
    correlationId: sameBytes(received.correlationId, correlationId),
    appSpecific: received.appSpecific === sent.appSpecific,
    extension: sameBytes(received.extension, orNone(sent.extension)),
    timeToReachQueue:
      sameTime(received.timeToReachQueue, sent.timeToReachQueue) ||
      // It may have run out.
      (received.timeToReachQueue === 0 && (sent.timeToReachQueue ?? longestTime) < 60),
    timeToBeReceived: sameTime(received.timeToBeReceived, sent.timeToBeReceived),
    responseQueue: received.responseQueue === sent.responseQueue,
    adminQueue: received.adminQueue === sent.adminQueue,
    deadLetterQueue: received.deadLetterQueue === sent.deadLetterQueue,
    trace: received.trace === sent.trace,
    class: received.class === (sent.connector?.class ?? 0),
    authenticated: received.authenticated === (isSigned ? 1 : 0),
    hashAlgorithm: received.hashAlgorithm === (isSigned ? (options.hashAlgorithm ?? "sha512") : null),
    senderCertificate: sameBytes(received.senderCertificate, orNone(certificate)),
    senderIdType: received.senderIdType === options.senderIdType,
    privacyLevel: received.privacyLevel === options.privacyLevel,
    encryptionAlgorithm:
      received.encryptionAlgorithm ===
      (options.privacyLevel === "none" ? null : (options.encryptionAlgorithm ?? "rc2")),
    rare:
      received.rare === null ||
      (received.rare.connectorType === (sent.connector?.type ?? null) &&
        sameBytes(received.rare.signature, orNone(sent.connector?.signature ?? null)) &&
        sameBytes(received.rare.symmetricKey, orNone(sent.connector?.symmetricKey ?? null)) &&
        received.rare.provider?.name === options.provider?.name &&
        received.rare.provider?.type === options.provider?.type)
  }
  return Object.keys(equal).filter((field) => equal[field] !== true)
}

/** As many as wait in the queue at once at most, and as many bytes: the queue is emptied after that. */
const batchLimit = { messages: 250, bytes: 8 * 1024 * 1024 }

const takeBatch = (random: Random, most: number): ReadonlyArray<OutgoingProperties> => {
  const messages: Array<OutgoingProperties> = []
  let bytes = 0
  const size = 1 + random.below(Math.min(most, batchLimit.messages))
  while (messages.length < size && bytes < batchLimit.bytes) {
    const message = randomMessage(random, randomBodySize(random))
    bytes += message.body.length
    messages.push(message)
  }
  return messages
}

/**
 * Sends so many random messages in batches and receives each batch back, in the queue's order; dies with what is wrong
 * and the seed. Gives the number of bytes that went through.
 */
export const sendAndReceive = (mqrt: MqrtFunctions, seed: number, count: number): Effect.Effect<number> =>
  Effect.gen(function* () {
    const random = makeRandom(seed)
    const fail = (what: string) => Effect.die(new Error(`seed ${seed}: ${what}`))
    const formatName = yield* mqrt.createQueue({ ...plainQueue, pathName: ".\\private$\\random" }, null)
    const outgoing = yield* mqrt.openQueue(formatName, "send", "denyNone")
    const incoming = yield* mqrt.openQueue(formatName, "receive", "denyNone")
    let done = 0
    let bytes = 0
    while (done < count) {
      const messages = takeBatch(random, count - done)
      const options = randomOptions(random)
      const { accepted, failure, messageIds } = yield* mqrt.sendMessages(outgoing, messages, options)
      if (failure !== null || accepted !== messages.length) {
        return yield* fail(`message ${done + accepted} was refused: ${JSON.stringify(failure)}`)
      }
      const ids = messages.map((message, index) => ({ message, id: messageIds?.[index] }))
      const receive = mqrt.receiveMessage(incoming, {
        action: "receive",
        timeout: 0,
        cursor: null,
        transaction: "none",
        read: { ...usualRead, rare: random.oneIn(2) }
      })
      // The highest priority first, and within it the order of the sends.
      for (const { id, message } of ids.toSorted((left, right) => right.message.priority - left.message.priority)) {
        const received = yield* receive
        const wrong = differences(message, options, received)
        if (wrong.length > 0) return yield* fail(`message ${done} came back with another ${wrong.join(", ")}`)
        if (id !== undefined && id !== received.messageId) return yield* fail(`message ${done} has another id`)
        bytes += message.body.length
        done++
      }
    }
    yield* mqrt.closeQueue(incoming)
    yield* mqrt.closeQueue(outgoing)
    yield* mqrt.deleteQueue(formatName)
    return bytes
  }).pipe(Effect.catch((failure) => Effect.die(new Error(`seed ${seed}: ${failure.function} ${failure.code}`))))
