/** Finds out what a machine lacks of what promises of the contract need. */
import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import { Mqrt, MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Capability } from "./ContractPromise.ts"
import { newQueue, openHandle, receiveFrom, sendTo } from "./givens.ts"

/** Reason why the machine does not have a capability; `null` where it has it. */
type Reason = string | null

type Question = Effect.Effect<Reason, unknown, Mqrt | Scope.Scope>

/** Returns a failure as a person reads it. */
const textOf = (failure: unknown): string => {
  if (failure instanceof MqrtFailure) {
    return `${failure.function} returned ${ErrorCode.nameOf(failure.code) ?? ErrorCode.format(failure.code)}`
  }
  return failure instanceof Error ? failure.message : String(failure)
}

const secondsOfAges = 4_000_000_000

const context = Mqrt.use((mqrt) =>
  Effect.acquireRelease(mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null), mqrt.freeSecurityContext)
)

const mode = Effect.map(
  Mqrt.use((mqrt) => mqrt.getPrivateComputerInformation(null)),
  ({ directoryEnabled }) => (directoryEnabled ? "it works with the directory" : "it is in workgroup mode")
)

/** Asks for a context, or signs with one, and adds in which mode the machine is where that fails. */
const orMode = <A>(asked: Effect.Effect<A, unknown, Mqrt | Scope.Scope>): Question =>
  asked.pipe(
    Effect.as(null),
    Effect.catch((failure) => Effect.map(mode, (is) => `${textOf(failure)}, and ${is}`))
  )

const signed = Effect.gen(function* () {
  const queue = yield* newQueue({ authenticate: true })
  const [send, receive] = [yield* openHandle(queue, "send"), yield* openHandle(queue, "receive")]
  yield* sendTo(send, [{ label: "signed" }], { securityContext: yield* context, authenticationLevel: "always" })
  return yield* receiveFrom(receive, { timeout: 5000 })
})

/** Sends a message that expires in ages, and looks how long it has left. */
const expiring = Effect.gen(function* () {
  const queue = yield* newQueue()
  const [send, receive] = [yield* openHandle(queue, "send"), yield* openHandle(queue, "receive")]
  const limits = { timeToReachQueue: secondsOfAges, timeToBeReceived: secondsOfAges }
  yield* sendTo(send, [limits])
  const left = yield* receiveFrom(receive, { timeout: 5000 })
  const lost = Object.entries(limits).filter(([name, limit]) => {
    const actual = left[name === "timeToReachQueue" ? name : "timeToBeReceived"]
    return actual === null || actual > limit || actual < limit - 60
  })
  return lost.length === 0
    ? null
    : `of ${secondsOfAges} s ${left.timeToReachQueue} s are left to reach the queue, ${left.timeToBeReceived} s to be received`
})

/** Checks of the capabilities. */
const questions = (mayFillJournal: boolean): Readonly<Record<Capability, Question>> => ({
  authentication: orMode(signed),
  "internal certificate": orMode(context),
  journals: Effect.succeed(null),
  "journal of the machine": Effect.succeed(
    mayFillJournal ? null : "copies would stay in the machine's own journal, which is not allowed"
  ),
  "time limits of 32 bits": expiring
})

/**
 * Permissions of a run of the contract on a machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface CapabilityOptions {
  /** `true` if copies of the contract's messages may stay in the machine's own journal. `false` by default. */
  readonly mayFillJournal?: boolean | undefined
}

/**
 * Finds out which capabilities a machine lacks, each with the reason, by trying them in queues of the contract's own. A capability
 * that has no answer within 30 seconds counts as lacking.
 *
 * @example
 * ```ts import.meta.vitest
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
 * import { Effect } from "effect"
 *
 * const missing = await Effect.runPromise(MqrtContract.missingCapabilities().pipe(Effect.provide(InMemoryMqrt.layer)))
 * const promises = MqrtContract.promises.filter(({ needs }) => !needs.some((capability) => missing.has(capability)))
 * promises.length > 100 // => true
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const missingCapabilities = (
  options: CapabilityOptions = {}
): Effect.Effect<ReadonlyMap<Capability, string>, never, Mqrt> =>
  Effect.gen(function* () {
    const missing = new Map<Capability, string>()
    const all = Object.entries(questions(options.mayFillJournal === true)) as ReadonlyArray<[Capability, Question]>
    for (const [capability, question] of all) {
      const reason = yield* question.pipe(
        Effect.scoped,
        Effect.timeout("30 seconds"),
        Effect.catchCause((cause) => Effect.succeed(textOf(Cause.squash(cause))))
      )
      if (reason !== null) missing.set(capability, reason)
    }
    return missing
  })
