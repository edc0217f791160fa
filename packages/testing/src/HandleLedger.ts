/**
 * Ledger of the handles of any `Mqrt` layer: the handles that are open, where each was opened, and each release and use of a
 * handle that was not allowed.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Count, FailedRelease, HandleKind, OpenHandle, Violation } from "./internal/ledger/Accounts.ts"
import { Accounts } from "./internal/ledger/Accounts.ts"
import { ledgerFunctions } from "./internal/ledger/ledgerFunctions.ts"
import { checkEffect, decorate } from "./internal/arguments.ts"

export type { Count, FailedRelease, HandleKind, OpenHandle, Violation } from "./internal/ledger/Accounts.ts"

const indented = (stack: string): string => stack.replaceAll(/^/gm, "      ")

const name = ({ handle, kind }: { readonly kind: HandleKind; readonly handle: bigint }): string =>
  `${kind} 0x${handle.toString(16)}`

/**
 * Error for handles that are open or were used wrongly. The message lists each with its stacks, and first the releases that
 * failed, which explain open handles.
 *
 * See the example of {@link layer}.
 *
 * @category errors
 * @since 0.1.0
 */
export class HandlesLeaked extends Data.TaggedError("HandlesLeaked")<{
  /** Handles that are open, the oldest first. */
  readonly open: ReadonlyArray<OpenHandle>
  /** Calls that broke a rule, in order. */
  readonly violations: ReadonlyArray<Violation>
  /** Releases that failed, in order. */
  readonly failedReleases: ReadonlyArray<FailedRelease>
}> {
  override get message(): string {
    return [
      `${this.open.length} ${this.open.length === 1 ? "handle is" : "handles are"} open and ` +
        `${this.violations.length} ${this.violations.length === 1 ? "rule was" : "rules were"} broken`,
      ...this.failedReleases.map((failed) =>
        [
          `  ${name(failed)} could not be released: ${failed.function} failed with ${failed.failure}\n${indented(failed.at)}`,
          ...(failed.openedAt === null ? [] : [`    opened\n${indented(failed.openedAt)}`])
        ].join("\n")
      ),
      ...this.open.map((handle) => `  ${name(handle)} is open; opened\n${indented(handle.openedAt)}`),
      ...this.violations.map((violation) =>
        [
          `  ${name(violation)} was ${violation.rule}, by ${violation.function}\n${indented(violation.at)}`,
          ...(violation.openedAt === null ? [] : [`    opened\n${indented(violation.openedAt)}`]),
          ...(violation.releasedAt === null ? [] : [`    released\n${indented(violation.releasedAt)}`])
        ].join("\n")
      )
    ].join("\n")
  }
}

/**
 * Ledger of the handles of a layer.
 *
 * See the example of {@link layer}.
 *
 * @category services
 * @since 0.1.0
 */
export class HandleLedger extends Context.Service<
  HandleLedger,
  {
    /** Reads the handles that are open, the oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<OpenHandle>>
    /** Reads the counts of each kind of handle. */
    readonly counts: Effect.Effect<Readonly<Record<HandleKind, Count>>>
    /** Reads the calls that broke a rule, in order. */
    readonly violations: Effect.Effect<ReadonlyArray<Violation>>
    /** Reads the releases that failed, in order. */
    readonly failedReleases: Effect.Effect<ReadonlyArray<FailedRelease>>
    /** Fails with {@link HandlesLeaked} where a handle is open or a rule was broken. */
    readonly expectNoLeaks: Effect.Effect<void, HandlesLeaked>
  }
>()("@effect-msmq/testing/HandleLedger") {}

const make = (accounts: Accounts): HandleLedger["Service"] =>
  HandleLedger.of({
    open: Effect.sync(() => accounts.open()),
    counts: Effect.sync(() => accounts.counts()),
    violations: Effect.sync(() => accounts.violations()),
    failedReleases: Effect.sync(() => accounts.failedReleases()),
    expectNoLeaks: Effect.suspend(() => {
      const open = accounts.open()
      const violations = accounts.violations()
      const failedReleases = accounts.failedReleases()
      return open.length + violations.length === 0
        ? Effect.void
        : Effect.fail(new HandlesLeaked({ open, violations, failedReleases }))
    })
  })

/**
 * Puts the ledger between the SDK and a backend. Every call reaches the backend, also one that breaks a rule.
 *
 * **Details**
 *
 * When the layer closes, the SDK releases its open handles through the ledger, before the backend closes. The ledger knows
 * the latest 1,000 released handles of each kind, and the stacks of the latest 100; an older handle counts as never
 * acquired.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Mqrt } from "@effect-msmq/core"
 * import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const mqrt = yield* Mqrt.Mqrt
 *   yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
 *   return yield* Effect.flip(HandleLedger.expectNoLeaks)
 * })
 *
 * const leaked = await Effect.runPromise(program.pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer))))
 * leaked.open.map((handle) => handle.kind) // => ["security context"]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <Out, E, R>(
  base: Layer.Layer<Mqrt.Mqrt | Out, E, R>
): Layer.Layer<Mqrt.Mqrt | HandleLedger | Out, E, R> => decorate("HandleLedger.layer", decoration, base)

const decoration: Layer.Layer<Mqrt.Mqrt | HandleLedger, never, Mqrt.Mqrt> = Layer.effectContext(
  Effect.flatMap(Mqrt.Mqrt, (backend) => {
    const accounts = new Accounts()
    return Effect.map(Mqrt.make(ledgerFunctions(backend, accounts)), (mqrt) =>
      Context.make(Mqrt.Mqrt, mqrt).pipe(Context.add(HandleLedger, make(accounts)))
    )
  })
)

/**
 * Reads the handles that are open, the oldest first.
 *
 * See the example of {@link counts}.
 *
 * @category getters
 * @since 0.1.0
 */
export const open: Effect.Effect<ReadonlyArray<OpenHandle>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.open
)

/**
 * Reads how many handles of each kind were acquired and freed, and are open.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityContext } from "@effect-msmq/core"
 * import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* Effect.scoped(SecurityContext.acquire())
 *   const counts = yield* HandleLedger.counts
 *   const open = yield* HandleLedger.open
 *   return [counts["security context"], open]
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer)))) // => [{ acquired: 1, freed: 1, open: 0 }, []]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const counts: Effect.Effect<Readonly<Record<HandleKind, Count>>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.counts
)

/**
 * Reads the calls that broke a rule of handles, in order.
 *
 * See the example of {@link counts}.
 *
 * @category getters
 * @since 0.1.0
 */
export const violations: Effect.Effect<ReadonlyArray<Violation>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.violations
)

/**
 * Reads the releases that the backend failed to do, in order.
 *
 * See the example of {@link counts}.
 *
 * @category getters
 * @since 0.1.0
 */
export const failedReleases: Effect.Effect<ReadonlyArray<FailedRelease>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.failedReleases
)

/**
 * Fails with {@link HandlesLeaked} where a handle is open or a rule was broken.
 *
 * See the example of {@link layer}.
 *
 * @category testing
 * @since 0.1.0
 */
export const expectNoLeaks: Effect.Effect<void, HandlesLeaked, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.expectNoLeaks
)

/**
 * Runs an effect in a scope of its own, and fails with {@link HandlesLeaked} if it leaves a handle open that was not open before, or
 * uses one wrongly: for a test that shares its layer with others. An effect that fails is not checked.
 *
 * **Gotchas**
 *
 * What a cache keeps open for later uses counts as left open. Give the layer of `Senders` or `SecurityContexts` an `idleTimeToLive` of
 * 0, or provide it inside the effect.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = ".\\private$\\orders"
 * const test = Effect.gen(function* () {
 *   const sender = yield* MessageQueue.openSender(orders)
 *   return yield* sender.send({ label: "order 1" }).pipe(Effect.as("sent"))
 * })
 *
 * const tests = Effect.andThen(MessageQueue.create(orders), HandleLedger.leakFree(test))
 * await Effect.runPromise(tests.pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer)))) // => "sent"
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const leakFree = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | HandlesLeaked, Exclude<R, Scope.Scope> | HandleLedger> =>
  Effect.gen(function* () {
    yield* checkEffect("HandleLedger.leakFree", effect)
    const ledger = yield* HandleLedger
    const before = new Set((yield* ledger.open).map(name))
    const [violated, failed] = [(yield* ledger.violations).length, (yield* ledger.failedReleases).length]
    const result = yield* Effect.scoped(effect)
    const open = (yield* ledger.open).filter((handle) => !before.has(name(handle)))
    const violations = (yield* ledger.violations).slice(violated)
    if (open.length + violations.length === 0) return result
    const failedReleases = (yield* ledger.failedReleases).slice(failed)
    return yield* new HandlesLeaked({ open, violations, failedReleases })
  })
