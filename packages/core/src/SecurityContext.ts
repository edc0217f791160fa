/**
 * Security contexts: a certificate, its private key and the user's SID, which are fetched once for many signed messages.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Certificate } from "./Certificate.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { securityContextId } from "./internal/options/owned.ts"
import { contextsAcquired } from "./internal/telemetry/Meter.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"
import { acquireOptions } from "./internal/options/credentials.ts"
import * as Given from "./internal/options/illegalOption.ts"
import type { SecurityContextApi, SecurityContextHandle } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"

export type { SecurityContextApi } from "./Mqrt.ts"

/**
 * Security context, which belongs to the scope that acquired it: see {@link acquire}.
 *
 * It is local to this machine: a message contains only the SID, the certificate and the signature.
 *
 * See the example of {@link acquire}.
 *
 * @category models
 * @since 0.1.0
 */
export class SecurityContext extends Described {
  /** @internal */
  readonly [securityContextId] = securityContextId
  /** External certificate that it was acquired for; `undefined` for the user's internal certificate. */
  readonly certificate: Certificate | undefined
  readonly #handle: OwnedHandle.OwnedHandle<SecurityContextHandle>

  private constructor(certificate: Certificate | undefined, handle: OwnedHandle.OwnedHandle<SecurityContextHandle>) {
    super()
    this.certificate = certificate
    this.#handle = handle
  }

  /** @internal */
  static make(
    certificate: Certificate | undefined,
    handle: OwnedHandle.OwnedHandle<SecurityContextHandle>
  ): SecurityContext {
    return new SecurityContext(certificate, handle)
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<SecurityContextHandle> {
    return this.#handle
  }

  /** @internal */
  get [facts](): Facts {
    const { certificate } = this
    return {
      kind: "SecurityContext",
      certificate: certificate === undefined ? "internal" : String(certificate),
      state: stateOf(this.#handle)
    }
  }

  /** `true` until its scope closes. */
  get isOpen(): boolean {
    return this.#handle.state === "open"
  }
}

/**
 * Choice of the certificate and the user of a security context.
 *
 * @category models
 * @since 0.1.0
 */
export interface AcquireOptions {
  /**
   * External certificate, which the user holds with its private key in the personal store: `Certificate.fromStore` takes it from
   * there, and `Certificate.fromPem` and `Certificate.fromDer` from a file. By default the user's internal certificate, which needs
   * a domain.
   */
  readonly certificate?: Certificate | undefined
  /** Function that gets the context: `"MQGetSecurityContextEx"` by default, `"MQGetSecurityContext"` only for MSMQ 1.0. */
  readonly api?: SecurityContextApi | undefined
  /**
   * Another user, whose certificate and SID the context captures. The user is logged on and impersonated during this call
   * only. Sends need no impersonation. The user of the process by default.
   */
  readonly as?: Impersonated | undefined
}

/**
 * Another user: `LogonUserW`, `ImpersonateLoggedOnUser`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Impersonated {
  /** Name of the user, or `name@domain`. */
  readonly user: string
  /** Domain of the user. Left out for a local user, or where `user` has it. */
  readonly domain?: string | undefined
  /** Password of the user, which no error, log line or span shows. */
  readonly password: Redacted.Redacted<string>
}

/**
 * Acquires a security context, which is freed exactly once when the scope closes, after the last send that uses it.
 *
 * One context signs any number of messages; there is one per certificate. It captures the identity of the calling thread.
 * [`MQGetSecurityContextEx`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms703264(v=vs.85)), `MQFreeSecurityContext`.
 *
 * Fails with a reason for each documented failure:
 *
 * - `NoInternalUserCert`: the user has registered no internal certificate
 * - `CorruptedInternalCertificate`: it is damaged; MSMQ 1.0 only
 * - `InvalidCertificate`: the certificate is not in the personal store
 * - `CorruptedSecurityData`: the private key is missing or cannot be read
 * - `CouldNotGetUserSid`: the thread's token names no user
 * - `InsufficientResources`: no memory
 * - `InvalidParameter`: an argument was refused
 * - `ImpersonationFailed`: the user of `as` could not be logged on or impersonated
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, SecurityContext } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   yield* MessageQueue.create(".\\private$\\orders", { authenticate: true })
 *   const securityContext = yield* SecurityContext.acquire()
 *   const orders = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const report = yield* orders.sendAll([{ label: "order 1" }, { label: "order 2" }], { securityContext })
 *   return report.accepted
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => 2
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const acquire = Effect.fn(operations.SecurityContext.acquire.name, spanOptions)(function* (
  options: AcquireOptions = {}
): Effect.fn.Return<SecurityContext, MsmqError, Mqrt | Scope.Scope> {
  const operation = operations.SecurityContext.acquire
  const {
    api = "MQGetSecurityContextEx",
    as,
    certificate
  } = yield* Given.options({ operation }, acquireOptions, options)
  const mqrt = yield* Mqrt
  const acquire = mqrt
    .getSecurityContext(
      certificate?.der ?? null,
      api,
      as === undefined ? null : { user: as.user, domain: as.domain ?? null, password: as.password }
    )
    .pipe(Effect.mapError(operation.lift()))
  const handle = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    kind: "security context",
    name:
      (certificate === undefined ? "for the internal certificate" : `for ${certificate}`) +
      (as === undefined ? "" : ` of ${as.domain === undefined ? "" : `${as.domain}\\`}${as.user}`),
    acquire,
    release: mqrt.freeSecurityContext
  })
  yield* Metric.update(contextsAcquired, 1)
  return SecurityContext.make(certificate, handle)
}, withErrorType)
