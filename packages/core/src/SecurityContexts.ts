/**
 * Cache of security contexts, one for each certificate, which all senders share.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type { Certificate } from "./Certificate.ts"
import { contextsReused } from "./internal/telemetry/Meter.ts"
import { cacheOptions, certificate as rule } from "./internal/options/credentials.ts"
import { configured } from "./internal/options/configured.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { HandleCache } from "./internal/ownership/HandleCache.ts"
import type { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as SecurityContext from "./SecurityContext.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

/**
 * Cache of security contexts: one for each certificate, with a count of its users.
 *
 * See the example of {@link layer}.
 *
 * @category services
 * @since 0.1.0
 */
export class SecurityContexts extends Context.Service<
  SecurityContexts,
  {
    /**
     * Gets the context for a certificate, or for the internal one. The first call acquires it; concurrent calls share that one
     * acquisition. The context stays until the last scope that got it has closed, and for the idle time to live after that.
     *
     * Fails as {@link SecurityContext.acquire} does, and then the next use tries again. Fails with `Released` when the layer of
     * the cache has closed, or closes meanwhile.
     */
    readonly get: (certificate?: Certificate) => Effect.Effect<SecurityContext.SecurityContext, MsmqError, Scope.Scope>
    /**
     * Removes the context of a certificate, or of the internal one, for instance after the certificate was renewed. The
     * context is freed at once if it is idle, otherwise after its last user. The next `get` acquires another one.
     */
    readonly invalidate: (certificate?: Certificate) => Effect.Effect<void, MsmqError>
  }
>()("@effect-msmq/core/SecurityContexts") {}

/**
 * Settings of the cache.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Time for which an unused context is kept. One minute by default; zero frees it at once after its last use. */
  readonly idleTimeToLive?: Duration.Input | undefined
}

/**
 * Makes the cache. Closing the layer frees every context in it, each once.
 *
 * Fails with `IllegalOption` for an option that does not exist or is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityContexts } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const contexts = yield* SecurityContexts.SecurityContexts
 *   const [first, second] = yield* Effect.all([contexts.get(), contexts.get()], { concurrency: 2 })
 *   return first === second
 * }).pipe(Effect.scoped)
 *
 * const layer = SecurityContexts.layer({ idleTimeToLive: "5 minutes" }).pipe(Layer.provide(InMemoryMqrt.layer))
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => true
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<SecurityContexts, MsmqError, Mqrt> =>
  Layer.effect(
    SecurityContexts,
    Effect.gen(function* () {
      const given = yield* Given.options({ operation: operations.SecurityContexts.layer }, cacheOptions, options)
      const keyOf = (operation: Operation, certificate: Certificate | undefined) =>
        Effect.map(Given.optionalArgument({ operation }, "certificate", rule, certificate), (key) => key ?? "internal")
      const contexts = yield* HandleCache.make({
        name: "cache of security contexts",
        open: (key: Certificate | "internal") =>
          SecurityContext.acquire({ certificate: key === "internal" ? undefined : key }),
        idleTimeToLive: given.idleTimeToLive ?? "1 minute",
        capacity: Infinity
      })
      return SecurityContexts.of({
        get: (certificate) =>
          Effect.flatMap(keyOf(operations.SecurityContexts.get, certificate), (key) =>
            Effect.flatMap(contexts.has(key), (reused) =>
              Effect.tap(contexts.get(operations.SecurityContexts.get, key), () =>
                reused ? Metric.update(contextsReused, 1) : Effect.void
              )
            )
          ),
        invalidate: (certificate) =>
          Effect.flatMap(keyOf(operations.SecurityContexts.invalidate, certificate), (key) => contexts.invalidate(key))
      })
    })
  )

/**
 * Makes the cache as {@link layer} does, with settings from the configuration.
 *
 * Fails with `ConfigError` where the configuration is missing or illegal.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityContexts } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const contexts = SecurityContexts.layerConfig({ idleTimeToLive: Config.Duration("IDLE_CONTEXTS") })
 * const environment = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { IDLE_CONTEXTS: "5 minutes" } }))
 * const layer = contexts.pipe(Layer.provide(InMemoryMqrt.layer), Layer.provide(environment))
 *
 * const program = Effect.flatMap(SecurityContexts.SecurityContexts, (contexts) => contexts.get()).pipe(Effect.scoped)
 * const context = await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * context.certificate // => undefined
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config: Config.Wrap<Options>
): Layer.Layer<SecurityContexts, MsmqError | Config.ConfigError, Mqrt> =>
  Layer.unwrap(Effect.map(configured<Options>({ operation: operations.SecurityContexts.layerConfig }, config), layer))
