/** Finds out what a machine lacks of what promises of the contract need. */
import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import { Mqrt, MqrtFailure } from "@effect-msmq/core/Mqrt"
import type * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { newQueue, openHandle, receiveFrom, sendTo } from "../../../testing/src/contract/givens.ts"

/** Reason why the machine does not have a capability; `null` where it has it. */
type Reason = string | null

type Question = Effect.Effect<Reason, unknown, Mqrt | Scope.Scope>

/** Returns a failure as a person reads it. */
export const textOf = (failure: unknown): string => {
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

/** The environment variable by which whoever runs the tests allows copies in the machine's own journal. */
const journalVariable = "EFFECT_MSMQ_MACHINE_JOURNAL"

/** Checks of the capabilities. `isReal`: `true` for a real machine, `false` for a double. */
const questions = (isReal: boolean): Readonly<Record<MqrtContract.Capability, Question>> => ({
  authentication: orMode(signed),
  "internal certificate": orMode(context),
  journals: Effect.succeed(null),
  "journal of the machine": Effect.sync(() =>
    !isReal || process.env[journalVariable] === "1"
      ? null
      : `it would leave copies in the machine's journal, and ${journalVariable} is not 1`
  ),
  "time limits of 32 bits": expiring
})

/** Asks a machine for everything that the contract needs. An answer that does not come is a reason, too. */
export const whatIsMissing = (
  isReal: boolean
): Effect.Effect<ReadonlyMap<MqrtContract.Capability, string>, never, Mqrt> =>
  Effect.gen(function* () {
    const missing = new Map<MqrtContract.Capability, string>()
    const all = Object.entries(questions(isReal)) as ReadonlyArray<[MqrtContract.Capability, Question]>
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
