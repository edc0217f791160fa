/**
 * Cache of senders, one for each queue, so that a program that sends now and then to many queues opens each only once.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { QueueName } from "./internal/names/queueName.ts"
import { nameOf, textOf } from "./internal/names/queueName.ts"
import { configured } from "./internal/options/configured.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { queueName } from "./internal/options/queueNames.ts"
import { cachedSenderOptions, senderCacheOptions } from "./internal/options/queueOptions.ts"
import { HandleCache } from "./internal/ownership/HandleCache.ts"
import type { KindOf } from "./internal/queues/openToSend.ts"
import { openToSend, senderOn } from "./internal/queues/openToSend.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { MessageBody } from "./MessageBody.ts"
import type { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import type { Sender } from "./Sender.ts"

/**
 * Options of a sender in the cache.
 *
 * @category models
 * @since 0.1.0
 */
export interface GetOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined> {
  /** Codec for the bodies. They are bytes by default. Senders with different codecs share one open queue. */
  readonly body?: MessageBody<Body, unknown> | undefined
  /**
   * Kind of the queue, for a queue whose properties cannot be read from here: `true` if it is transactional. By default the
   * queue's properties tell. See `MessageQueue.openSender`.
   */
  readonly transactional?: Transactional
}

/**
 * Cache of senders: one for each name of a queue, with a count of its users. `MessageQueue.send` and `MessageQueue.reply` send over
 * it.
 *
 * Two spellings of one queue may be two senders. A queue that was deleted and created again is reopened as by any sender.
 *
 * See the example of {@link layer}.
 *
 * @category services
 * @since 0.1.0
 */
export class Senders extends Context.Service<
  Senders,
  {
    /**
     * Gets a sender for a queue. The first call opens the queue; concurrent calls share that one opening. It stays open until the
     * last scope that got it has closed, and for the idle time to live after that.
     *
     * Fails as `MessageQueue.openSender` does, and then the next use tries again. Fails with `Released` when the layer of the cache
     * has closed, or closes meanwhile.
     */
    readonly get: <Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
      queue: QueueName,
      options?: GetOptions<Body, Transactional>
    ) => Effect.Effect<Sender<Body, KindOf<Transactional>>, MsmqError, Scope.Scope>
    /**
     * Closes the senders of a queue by this name: at once if they are unused, otherwise after their last users. The next use
     * opens the queue again.
     */
    readonly invalidate: (queue: QueueName) => Effect.Effect<void, MsmqError>
  }
>()("@effect-msmq/core/Senders") {}

/**
 * Settings of the cache.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Time for which an unused sender is kept open. One minute by default; zero closes it at once after its last use. */
  readonly idleTimeToLive?: Duration.Input | undefined
  /**
   * Number of unused senders that are kept open, from 0 on; 1,000 by default. The one that was unused for the longest time is
   * closed first. Senders in use do not count, and are never closed for it.
   */
  readonly capacity?: number | undefined
}

/**
 * Makes the cache in a scope, which closes every sender in it, each once, after the sends that run. Fails as {@link layer} does.
 *
 * See the example of {@link layer}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Effect.Effect<Senders["Service"], MsmqError, Mqrt | Scope.Scope> =>
  Effect.gen(function* () {
    const { capacity = 1000, idleTimeToLive = "1 minute" } = yield* Given.options(
      { operation: operations.Senders.layer },
      senderCacheOptions,
      options
    )
    const cache = yield* HandleCache.make({
      name: "cache of senders",
      open: (key: string) => {
        const [kind = "", ...name] = key.split(" ")
        return openToSend(operations.MessageQueue.openSender, name.join(" "), kinds.get(kind))
      },
      idleTimeToLive,
      capacity
    })
    return Senders.of({
      get: <Body, Transactional extends boolean | undefined>(
        queue: QueueName,
        options?: GetOptions<Body, Transactional>
      ) => {
        const operation = operations.Senders.get
        const call = { operation, queue: nameOf(queue) }
        return Effect.gen(function* () {
          const name = yield* Given.argument(call, "queue", queueName, queue)
          const given = yield* Given.options(call, cachedSenderOptions, options)
          const opened = yield* cache.get(operation, `${String(given.transactional)} ${textOf(name)}`)
          return senderOn<Body, KindOf<Transactional>>(opened, call.queue, given.body, undefined)
        })
      },
      invalidate: (queue) =>
        Effect.flatMap(
          Given.argument({ operation: operations.Senders.invalidate }, "queue", queueName, queue),
          (name) =>
            Effect.forEach(kinds.keys(), (kind) => cache.invalidate(`${kind} ${textOf(name)}`), { discard: true })
        )
    })
  })

/** Kinds of queues in the keys of the cache. */
const kinds: ReadonlyMap<string, boolean | undefined> = new Map([
  ["undefined", undefined],
  ["true", true],
  ["false", false]
])

/**
 * Makes the layer of a cache. Closing it closes every sender in it, each once.
 *
 * Fails with `IllegalOption` for an option that does not exist or is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Senders } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   yield* MessageQueue.send(".\\private$\\orders", { label: "order 1" })
 *   yield* MessageQueue.send(".\\private$\\orders", { label: "order 2" })
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const [first, second] = [yield* receiver.receive, yield* receiver.receive]
 *   return [first.label, second.label]
 * }).pipe(Effect.scoped)
 *
 * const layer = Senders.layer({ idleTimeToLive: "5 minutes" }).pipe(Layer.provideMerge(InMemoryMqrt.layer))
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => ["order 1", "order 2"]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Senders, MsmqError, Mqrt> =>
  Layer.effect(Senders, make(options))

/**
 * Makes the layer of a cache as {@link layer} does, with settings from the configuration.
 *
 * Fails with `ConfigError` where the configuration is missing or illegal.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Senders } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const senders = Senders.layerConfig({ idleTimeToLive: Config.Duration("IDLE_SENDERS") })
 * const environment = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { IDLE_SENDERS: "5 minutes" } }))
 * const layer = senders.pipe(Layer.provideMerge(InMemoryMqrt.layer), Layer.provide(environment))
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   return yield* MessageQueue.send(".\\private$\\orders", { label: "order 1" })
 * })
 * const id = await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * id.startsWith("{") // => true
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (config: Config.Wrap<Options>): Layer.Layer<Senders, MsmqError | Config.ConfigError, Mqrt> =>
  Layer.unwrap(Effect.map(configured<Options>({ operation: operations.Senders.layerConfig }, config), layer))
