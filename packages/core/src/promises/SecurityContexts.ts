/**
 * Cache of security contexts for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import type { Certificate } from "../Certificate.ts"
import { Described, facts, stateOf } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import { certificate as certificateRule } from "../internal/options/credentials.ts"
import * as Given from "../internal/options/illegalOption.ts"
import { abortable } from "../internal/options/signals.ts"
import * as OwnedHandle from "../internal/ownership/OwnedHandle.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { openScoped, ScopedResource } from "../internal/promises/ScopedResource.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import { Mqrt } from "../Mqrt.ts"
import type { MsmqError } from "../MsmqError.ts"
import { SecurityContext as EffectSecurityContext } from "../SecurityContext.ts"
import type { Options } from "../SecurityContexts.ts"
import * as Contexts from "../SecurityContexts.ts"
import { SecurityContext } from "./SecurityContext.ts"

type Service = Contexts.SecurityContexts["Service"]

/** Cache as a handle, which its connection closes. */
class Cache extends Described {
  readonly handle: OwnedHandle.OwnedHandle<Service>
  readonly mqrt: Mqrt["Service"]

  constructor(handle: OwnedHandle.OwnedHandle<Service>, mqrt: Mqrt["Service"]) {
    super()
    this.handle = handle
    this.mqrt = mqrt
  }

  get isOpen(): boolean {
    return this.handle.isOpen
  }

  get [facts](): Facts {
    return { kind: "SecurityContexts", state: stateOf(this.handle) }
  }
}

/** Makes an effect that closes a scope, in which idle contexts wait in the background. */
const closing = (scope: Scope.Closeable): Effect.Effect<void> =>
  Effect.asVoid(Effect.forkDetach(Scope.close(scope, Exit.void), { startImmediately: true }))

/**
 * Acquires something that lives in a scope of its own, and owns it as a handle of the connection. `kind`, `name`: words for it in
 * errors.
 */
const owned = <A, H>(
  mqrt: Mqrt["Service"],
  operation: Operation,
  words: Pick<OwnedHandle.Resource<H, never>, "kind" | "name">,
  acquire: Effect.Effect<A, MsmqError, Scope.Scope>,
  nativeOf: (acquired: A) => H
): Effect.Effect<OwnedHandle.OwnedHandle<H>, MsmqError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) => {
    const scope = Scope.makeUnsafe()
    return restore(Scope.provide(acquire, scope)).pipe(
      Effect.flatMap((acquired) =>
        OwnedHandle.scoped(mqrt.openHandles, operation, {
          ...words,
          acquire: Effect.sync(() => nativeOf(acquired)),
          release: () => closing(scope)
        })
      ),
      Effect.onError(() => closing(scope))
    )
  })

const open = (options: Options, mqrt: Mqrt["Service"]): Effect.Effect<Cache, MsmqError, Scope.Scope> => {
  const contexts = Effect.provideService(Layer.build(Contexts.layer(options)), Mqrt, mqrt)
  const words = { kind: "cache of security contexts", name: null }
  const handle = owned(mqrt, operations.SecurityContexts.layer, words, contexts, Context.get(Contexts.SecurityContexts))
  return Effect.map(handle, (handle) => new Cache(handle, mqrt))
}

/** Gets a context as a handle of one user, whose closing leaves the handles of others open. */
const contextFor = (
  { handle, mqrt }: Cache,
  certificate: Certificate | undefined,
  operation: Operation
): Effect.Effect<EffectSecurityContext, MsmqError, Scope.Scope> => {
  const name = certificate === undefined ? "for the internal certificate" : `for ${certificate}`
  return OwnedHandle.lease(handle, operation, (contexts) =>
    Effect.map(
      owned(
        mqrt,
        operation,
        { kind: "security context", name },
        contexts.get(certificate),
        (context) => context[OwnedHandle.symbol].native
      ),
      (handle) => EffectSecurityContext.make(certificate, handle)
    )
  )
}

/**
 * Cache of security contexts, one for each certificate: see `securityContexts` of a `Connection`. Own it with `await using` or
 * `close()`, which free its contexts, each once.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await using contexts = await msmq.securityContexts({ idleTimeToLive: "5 minutes" })
 * await using securityContext = await contexts.get()
 * securityContext.certificate // => undefined
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class SecurityContexts extends ScopedResource {
  readonly #cache: Cache

  private constructor(cache: Cache, scope: Scope.Closeable, runner: Runner) {
    super(cache, scope, runner)
    this.#cache = cache
  }

  /** @internal */
  static open(
    options: Options,
    mqrt: Mqrt["Service"],
    runner: Runner
  ): Effect.Effect<SecurityContexts, MsmqError, Mqrt> {
    return openScoped(open(options, mqrt), (cache, scope) => new SecurityContexts(cache, scope, runner))
  }

  /**
   * Gets the context for a certificate, or for the user's internal one. The first call acquires it, and concurrent calls share it.
   * Own what it returns with `using` or `close()`: the context stays until the last of its users has closed, and for the idle time
   * to live after that.
   *
   * Rejects as `securityContext` of a `Connection` throws; then the next call tries again. Rejects with `Released` after the cache
   * was closed.
   */
  get(certificate?: Certificate, options?: Abortable): Promise<SecurityContext> {
    const operation = operations.SecurityContexts.get
    return this.runner.run({ operation }, abortable, options, () =>
      Effect.flatMap(Given.optionalArgument({ operation }, "certificate", certificateRule, certificate), (known) =>
        Effect.provideService(
          openScoped(contextFor(this.#cache, known, operation), (context) =>
            SecurityContext.make(context, this.runner)
          ),
          Mqrt,
          this.#cache.mqrt
        )
      )
    )
  }

  /**
   * Removes the context of a certificate, or of the internal one, for instance after the certificate was renewed. The context is
   * freed at once if it is idle, otherwise after its last user. The next `get` acquires another one.
   */
  invalidate(certificate?: Certificate, options?: Abortable): Promise<void> {
    const operation = operations.SecurityContexts.invalidate
    return this.runner.run({ operation }, abortable, options, () =>
      OwnedHandle.lease(this.#cache.handle, operation, (contexts) => contexts.invalidate(certificate))
    )
  }
}
