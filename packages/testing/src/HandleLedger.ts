/**
 * Keeps account of the handles of any `Mqrt` layer: what is open and where it was opened, and what was given back or used
 * when it should not have been.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Accounts } from "./internal/ledger/Accounts.ts"
import { ledgerFunctions } from "./internal/ledger/ledgerFunctions.ts"
import { decorate } from "./internal/options/arguments.ts"

/**
 * The kinds of handle that are accounted for.
 *
 * @category models
 * @since 0.1.0
 */
export type HandleKind = "security context" | "queue" | "cursor" | "transaction" | "locate"

/**
 * A handle that is open. `openedAt`: the stack that opened it.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenHandle {
  readonly kind: HandleKind
  readonly handle: bigint
  readonly openedAt: string
}

/**
 * How many handles of a kind were acquired and freed, and how many are open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Count {
  readonly acquired: number
  readonly freed: number
  readonly open: number
}

/**
 * Something that must never happen to a handle.
 *
 * - `function`: the function of `mqrt.dll` that was called, and `at` the stack that called it
 * - `openedAt`, `releasedAt`: the stacks of its opening and of its release, where they are known
 *
 * @category models
 * @since 0.1.0
 */
export interface Violation {
  readonly rule: "freed twice" | "freed but never acquired" | "used after release" | "used but never acquired"
  readonly kind: HandleKind
  readonly handle: bigint
  readonly function: string
  readonly at: string
  readonly openedAt: string | null
  readonly releasedAt: string | null
}

/**
 * A release that the backend failed to do: the handle may still be open there. One that fails since the handle is gone
 * already, as after a restart of the service, is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface FailedRelease {
  readonly kind: HandleKind
  readonly handle: bigint
  /** Function of `mqrt.dll` that was called, such as `MQCloseQueue` or `ITransaction::Abort`. */
  readonly function: string
  /** Name of the error code that it returned, or the defect that it died of. */
  readonly failure: string
  /** Stack that called it. */
  readonly at: string
  /** Stack that opened the handle; `null` where it is not known. */
  readonly openedAt: string | null
}

const indented = (stack: string): string => stack.replaceAll(/^/gm, "      ")

const name = ({ handle, kind }: { readonly kind: HandleKind; readonly handle: bigint }): string =>
  `${kind} 0x${handle.toString(16)}`

/**
 * Handles are open, or something was done to one that must not be. The message lists each with its stacks, and first the
 * releases that failed, which explain what is open.
 *
 * @category errors
 * @since 0.1.0
 */
export class HandlesLeaked extends Data.TaggedError("HandlesLeaked")<{
  readonly open: ReadonlyArray<OpenHandle>
  readonly violations: ReadonlyArray<Violation>
  readonly failedReleases: ReadonlyArray<FailedRelease>
}> {
  override get message(): string {
    return [
      `${this.open.length} handles are open and ${this.violations.length} rules were broken`,
      ...this.failedReleases.map((failed) =>
        [
          `  ${name(failed)} could not be given back: ${failed.function} failed with ${failed.failure}\n${indented(failed.at)}`,
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
 * The account of the handles.
 *
 * - `open`: what is open, the oldest first
 * - `counts`: by kind
 * - `violations`: in the order in which they happened
 * - `failedReleases`: in the order in which they happened
 * - `expectNoLeaks`: fails with {@link HandlesLeaked} when anything is open or was done wrong
 *
 * @category services
 * @since 0.1.0
 */
export class HandleLedger extends Context.Service<
  HandleLedger,
  {
    readonly open: Effect.Effect<ReadonlyArray<OpenHandle>>
    readonly counts: Effect.Effect<Readonly<Record<HandleKind, Count>>>
    readonly violations: Effect.Effect<ReadonlyArray<Violation>>
    readonly failedReleases: Effect.Effect<ReadonlyArray<FailedRelease>>
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
 * Puts the ledger between the SDK and a backend. Every call still reaches the backend, the wrong ones too.
 *
 * **Details**
 *
 * When the layer closes, what the SDK still holds is given back through the ledger, before the backend goes. Of handles
 * that were given back, the latest 1,000 of each kind are known, an older one counts as never acquired, and the stacks of the
 * latest 100 are kept.
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
 * What is open, the oldest first.
 *
 * @category getters
 * @since 0.1.0
 */
export const open: Effect.Effect<ReadonlyArray<OpenHandle>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.open
)

/**
 * How many handles of each kind were acquired and freed, and are open.
 *
 * @category getters
 * @since 0.1.0
 */
export const counts: Effect.Effect<Readonly<Record<HandleKind, Count>>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.counts
)

/**
 * What was done to handles that must never be, in the order in which it happened.
 *
 * @category getters
 * @since 0.1.0
 */
export const violations: Effect.Effect<ReadonlyArray<Violation>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.violations
)

/**
 * The releases that the backend failed to do, in the order in which it happened.
 *
 * @category getters
 * @since 0.1.0
 */
export const failedReleases: Effect.Effect<ReadonlyArray<FailedRelease>, never, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.failedReleases
)

/**
 * Fails with {@link HandlesLeaked} when a handle is open or was done wrong to.
 *
 * @category testing
 * @since 0.1.0
 */
export const expectNoLeaks: Effect.Effect<void, HandlesLeaked, HandleLedger> = HandleLedger.use(
  (ledger) => ledger.expectNoLeaks
)
