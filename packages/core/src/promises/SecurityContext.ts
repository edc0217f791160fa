/**
 * Security contexts for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import type { Certificate } from "../Certificate.ts"
import { Described, facts } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import { withOptions } from "../internal/options/OptionTable.ts"
import * as OwnedHandle from "../internal/ownership/OwnedHandle.ts"
import { Runner } from "../internal/promises/Runner.ts"
import { checkMade } from "../internal/promises/construction.ts"
import type {
  AcquireOptions as EffectAcquireOptions,
  Impersonated as EffectImpersonated,
  SecurityContext as EffectSecurityContext
} from "../SecurityContext.ts"

/**
 * Another user: `LogonUserW`, `ImpersonateLoggedOnUser`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Impersonated extends Omit<EffectImpersonated, "password"> {
  /** Password of the user, which no error, log line or span shows. */
  readonly password: string
}

/**
 * Choice of the certificate and the user of a security context.
 *
 * @category models
 * @since 0.1.0
 */
export interface AcquireOptions extends Omit<EffectAcquireOptions, "as"> {
  /**
   * Another user, whose certificate and SID the context captures. The user is logged on and impersonated during this call
   * only. Sends need no impersonation. The user of the process by default.
   */
  readonly as?: Impersonated | undefined
}

/** @internal */
export const effectOptions = (options: AcquireOptions): EffectAcquireOptions =>
  withOptions(options, { as: options.as && { ...options.as, password: Redacted.make(options.as.password) } })

/**
 * Security context that `using` or {@link close} frees: see `securityContext` of a `Connection`.
 *
 * It is freed at once, or at the end of the slice that is being sent with it. A batch that still uses it stops after that slice,
 * and its error has the number of accepted messages. Await the batch first.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders", { authenticate: true })
 * using securityContext = msmq.securityContext()
 * await msmq.send(".\\private$\\orders", { label: "order 1" }, { securityContext })
 * await using receiver = await msmq.openReceiver(".\\private$\\orders")
 * const message = await receiver.receive()
 * message.authenticated // => true
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class SecurityContext extends Described implements Disposable {
  readonly #context: EffectSecurityContext
  readonly #runner: Runner

  private constructor(context: EffectSecurityContext, runner: Runner) {
    super()
    checkMade(runner instanceof Runner)
    this.#context = context
    this.#runner = runner
  }

  /** @internal */
  static make(context: EffectSecurityContext, runner: Runner): SecurityContext {
    return new SecurityContext(context, runner)
  }

  /** @internal */
  static effectOf(context: SecurityContext): EffectSecurityContext {
    return context.#context
  }

  /** @internal */
  get [facts](): Facts {
    return this.#context[facts]
  }

  /** External certificate that it was acquired for; `undefined` for the user's internal certificate. */
  get certificate(): Certificate | undefined {
    return this.#context.certificate
  }

  /** `true` until it is closed. */
  get isOpen(): boolean {
    return this.#context.isOpen
  }

  /** Frees the context; a second call does nothing. `MQFreeSecurityContext`. */
  close(): void {
    this.#runner.closeNow(this.#context[OwnedHandle.symbol])
  }
  [Symbol.dispose](): void {
    this.close()
  }
}
