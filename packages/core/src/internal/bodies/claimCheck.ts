/** Claim checks: references to bodies that are in a store, which travel in their place. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { bytesViolation, plainBytes } from "../bytes.ts"
import { countOf, describeValue } from "../errors/describeValue.ts"
import { CallProgram } from "../promises/CallProgram.ts"

/**
 * Store of bodies that are too large for a message: see `MessageBody.claimCheck`. Its functions return promises or effects.
 *
 * @category models
 * @since 0.1.0
 */
export interface BodyStore {
  /**
   * Stores the bytes of a body, and returns the reference that {@link get} finds them by: a text of 1 to 4,096 UTF-16 units, which is
   * no secret, since errors show it. It is called before the message is sent. The signal aborts when the send is interrupted.
   */
  readonly put: (body: Uint8Array, signal: AbortSignal) => PromiseLike<string> | Effect.Effect<string, unknown>
  /**
   * Returns the bytes of a reference, all of them and unchanged. It may be called more than once for a message. The signal aborts when
   * the receive is interrupted. Anyone who may send to the queue can choose the reference: check it before it becomes a path or an
   * address.
   */
  readonly get: (reference: string, signal: AbortSignal) => PromiseLike<Uint8Array> | Effect.Effect<Uint8Array, unknown>
  /** Number of bytes above which a body goes to the store, from 0 to 4,194,304. 4,000,000 by default. */
  readonly above?: number | undefined
}

/** Key of the store of a codec, which is no name that a codec of a program could have. */
export const bodyStore: unique symbol = Symbol.for("@effect-msmq/core/bodyStore")

/** Number of bytes that fit into a message, with 190 KiB for label, extension, names and signature. */
const defaultAbove = 4_000_000

/** Length of the longest reference, in UTF-16 units. */
const maximumReference = 4096

/** Beginning of a body that is a claim check. The size of the stored body and the reference follow, each in its own line. */
const mark = new TextEncoder().encode("effect-msmq/claim-check/1\n")

/** Returns `true` for a body that is a claim check, or would be mistaken for one. */
export const isMarked = (body: Uint8Array): boolean =>
  body.length >= mark.length && Buffer.compare(body.subarray(0, mark.length), mark) === 0

/** Returns `true` for a body that goes to the store. */
export const isStored = ({ above = defaultAbove }: BodyStore, body: Uint8Array): boolean =>
  body.length > above || isMarked(body)

/** Claim check of a message. */
interface ClaimCheck {
  readonly reference: string
  /** Number of bytes of the stored body. */
  readonly size: number
}

const textOf = (body: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}

/** Reads the claim check in a body that {@link isMarked}. Fails with the rule that it breaks. */
export const read = (body: Uint8Array): Result.Result<ClaimCheck, string> => {
  const [, size, reference] = /^(\d{1,15})\n(.+)$/s.exec(textOf(body.subarray(mark.length)) ?? "") ?? []
  return size === undefined || reference === undefined
    ? Result.fail("must have the size of a stored body and a reference to it, as it begins like a claim check")
    : Result.succeed({ reference, size: Number(size) })
}

const write = ({ reference, size }: ClaimCheck): Uint8Array =>
  Buffer.concat([mark, new TextEncoder().encode(`${size}\n${reference}`)])

/** Failure of a function of the store, whose cause may be any value. */
export class StoreFailure extends Data.TaggedError("StoreFailure")<{ readonly cause: unknown }> {}

const failure = (cause: unknown): StoreFailure => new StoreFailure({ cause })

/**
 * Calls a function of the store, and waits for its promise or effect. Fails with
 * whatever the function throws, rejects, fails or dies with.
 */
const call = (
  name: string,
  run: (signal: AbortSignal) => PromiseLike<unknown> | Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, StoreFailure> =>
  Effect.withFiber((fiber) => {
    const callProgram = fiber.getRef(CallProgram)
    const controller = new AbortController()
    const started = Effect.suspend((): Effect.Effect<unknown, StoreFailure> => {
      const given: unknown = callProgram(() => run(controller.signal))
      if (Effect.isEffect(given)) return Effect.mapError(given as Effect.Effect<unknown, unknown>, failure)
      return Predicate.isPromiseLike(given)
        ? Effect.tryPromise({ try: () => given, catch: failure })
        : failure(new TypeError(`${name} must return a promise or an Effect, not ${describeValue(given)}`))
    })
    return started.pipe(
      Effect.onInterrupt(() => Effect.sync(() => controller.abort())),
      Effect.catchDefect((defect) => Effect.fail(failure(defect)))
    )
  })

/** Puts a body into the store. Returns the body of the message, which refers to it. */
export const put = ({ put: putBody }: BodyStore, body: Uint8Array): Effect.Effect<Uint8Array, StoreFailure> =>
  Effect.flatMap(
    call("put", (signal) => putBody(body, signal)),
    (reference) =>
      typeof reference === "string" &&
      reference !== "" &&
      reference.length <= maximumReference &&
      reference.isWellFormed()
        ? Effect.succeed(write({ reference, size: body.length }))
        : failure(
            new TypeError(
              `put must return a reference, a well-formed text of 1 to ${maximumReference} UTF-16 units, and not ` +
                (typeof reference === "string" ? `one of ${reference.length} units` : describeValue(reference))
            )
          )
  )

/** Gets the body of a claim check from the store. */
export const get = (
  { get: getBody }: BodyStore,
  { reference, size }: ClaimCheck
): Effect.Effect<Uint8Array, StoreFailure> =>
  Effect.flatMap(
    call("get", (signal) => getBody(reference, signal)),
    (given) => {
      const bytes = plainBytes(given)
      if (bytes === undefined) {
        return failure(new TypeError(`get must return the bytes of the body: ${bytesViolation(given).rule}`))
      }
      return bytes.length === size
        ? Effect.succeed(bytes)
        : failure(new Error(`get returned ${countOf(bytes.length, "byte")}, and the sender stored ${size}`))
    }
  )
