/**
 * Typed queues as services: a class for a sender or a receiver, which a program asks for by the class, and whose layer opens and
 * closes the queue.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { QueueName } from "./internal/names/queueName.ts"
import { configured } from "./internal/options/configured.ts"
import { argument, argumentOrThrow, optionsOrThrow } from "./internal/options/illegalOption.ts"
import { queueName } from "./internal/options/queueNames.ts"
import { receiverServiceOptions, senderServiceOptions } from "./internal/options/queueServiceOptions.ts"
import { name } from "./internal/options/Rule.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { ReadMessage, ReadOptions } from "./Message.ts"
import type { KindOf, OpenReceiverOptions, OpenSenderOptions } from "./MessageQueue.ts"
import * as MessageQueue from "./MessageQueue.ts"
import type { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import type * as Receivers from "./Receiver.ts"
import type * as Senders from "./Sender.ts"

/** Queue of a service. */
interface QueueOption {
  /** Queue that `layer` opens, by a path name or a format name. `layerConfig` opens another one. */
  readonly queue: QueueName
}

/**
 * Options of a sender as a service.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined>
  extends OpenSenderOptions<Body, Transactional>, QueueOption {}

/**
 * Options of a receiver as a service.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiverOptions<Body = Uint8Array, Read extends ReadOptions = {}>
  extends OpenReceiverOptions<Body, Read>, QueueOption {}

/**
 * Class of a service that is an open queue: see {@link Sender} and {@link Receiver}.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueClass<in out Self, in out Id extends string, in out Opened> extends Context.ServiceClass<
  Self,
  Id,
  Opened
> {
  /**
   * Layer that opens the queue, and closes it with the layer. All who ask for the service share it.
   *
   * Fails as the opening does: see `MessageQueue.openSender` and `MessageQueue.openReceiver`.
   */
  readonly layer: Layer.Layer<Self, MsmqError, Mqrt>
  /**
   * Makes a layer as {@link layer} is, of a queue that the configuration names, such as `Config.String("ORDERS_QUEUE")`.
   *
   * Fails as the opening does, with `IllegalOption` for a value that is no name, and with `ConfigError` where the configuration is
   * missing or illegal.
   */
  readonly layerConfig: (config: Config.Config<QueueName>) => Layer.Layer<Self, MsmqError | Config.ConfigError, Mqrt>
}

/** Makes the class of a service, whose layer opens a queue. */
const classOf = <Self, Id extends string, Opened>(
  operation: Operation,
  id: Id,
  queue: QueueName,
  open: (queue: QueueName) => Layer.Layer<Self, MsmqError, Mqrt>,
  service: Context.ServiceClass<Self, Id, Opened>
): QueueClass<Self, Id, Opened> => {
  argumentOrThrow({ operation }, "id", name, id)
  return Object.assign(service, {
    layer: open(queue),
    layerConfig: (config: Config.Config<QueueName>) =>
      Layer.unwrap(
        Effect.gen(function* () {
          const named = yield* configured<QueueName>({ operation }, config)
          return open(yield* argument({ operation }, "queue", queueName, named))
        })
      )
  })
}

const sender =
  <Self>() =>
  <const Id extends string, Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
    id: Id,
    options: SenderOptions<Body, Transactional>
  ): QueueClass<Self, Id, Senders.Sender<Body, KindOf<Transactional>>> => {
    const operation = operations.QueueService.Sender
    const { queue, ...others } = optionsOrThrow({ operation }, senderServiceOptions, options)
    const service = Context.Service<Self, Senders.Sender<Body, KindOf<Transactional>>>()(id)
    const open = (name: QueueName) => Layer.effect(service, MessageQueue.openSender(name, others))
    return classOf(operation, id, queue, open, service)
  }

const receiver =
  <Self>() =>
  <const Id extends string, Body = Uint8Array, const Read extends ReadOptions = {}>(
    id: Id,
    options: ReceiverOptions<Body, Read>
  ): QueueClass<Self, Id, Receivers.Receiver<Body, ReadMessage<Body, Read>>> => {
    const operation = operations.QueueService.Receiver
    const { queue, ...others } = optionsOrThrow({ operation }, receiverServiceOptions, options)
    const service = Context.Service<Self, Receivers.Receiver<Body, ReadMessage<Body, Read>>>()(id)
    const open = (name: QueueName) => Layer.effect(service, MessageQueue.openReceiver(name, others))
    return classOf(operation, id, queue, open, service)
  }

export {
  /**
   * Makes the class of a service that is a receiver: `class Orders extends QueueService.Receiver<Orders>()("app/Orders", { ... }) {}`.
   * `id` is the name of the service, which no other one has.
   *
   * Throws an `MsmqError` with the reason `IllegalOption` for an option that does not exist or is not allowed.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageBody, MessageQueue, QueueService } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Config, ConfigProvider, Effect, Layer, Schema } from "effect"
   *
   * const body = MessageBody.json(Schema.Struct({ id: Schema.Int }))
   * const queue = ".\\private$\\orders"
   * class Orders extends QueueService.Sender<Orders>()("app/Orders", { queue, body }) {}
   * class Incoming extends QueueService.Receiver<Incoming>()("app/Incoming", { queue, body }) {}
   *
   * const program = Effect.gen(function* () {
   *   const orders = yield* Orders
   *   yield* orders.send({ body: { id: 7 } })
   *   const incoming = yield* Incoming
   *   return (yield* incoming.receive).body.id
   * })
   *
   * const named = Config.String("ORDERS_QUEUE")
   * const queues = Layer.merge(Orders.layerConfig(named), Incoming.layerConfig(named))
   * const environment = ConfigProvider.fromEnv({ env: { ORDERS_QUEUE: ".\\private$\\orders.of.tests" } })
   * const test = Effect.andThen(
   *   MessageQueue.create(".\\private$\\orders.of.tests"),
   *   Effect.provide(program, Layer.provide(queues, ConfigProvider.layer(environment)))
   * )
   * await Effect.runPromise(test.pipe(Effect.provide(InMemoryMqrt.layer))) // => 7
   * ```
   *
   * @category constructors
   * @since 0.1.0
   */
  receiver as Receiver,
  /**
   * Makes the class of a service that is a sender: `class Orders extends QueueService.Sender<Orders>()("app/Orders", { ... }) {}`.
   * `id` is the name of the service, which no other one has.
   *
   * Throws an `MsmqError` with the reason `IllegalOption` for an option that does not exist or is not allowed.
   *
   * @example
   * ```ts import.meta.vitest
   * import { MessageQueue, QueueManager, QueueService } from "@effect-msmq/core"
   * import { InMemoryMqrt } from "@effect-msmq/testing"
   * import { Effect } from "effect"
   *
   * const queue = ".\\private$\\orders"
   * class Orders extends QueueService.Sender<Orders>()("app/Orders", { queue }) {}
   *
   * const program = Effect.flatMap(Orders, (orders) => orders.sendAll([{ label: "order 1" }, { label: "order 2" }]))
   *
   * const test = Effect.gen(function* () {
   *   yield* MessageQueue.create(queue)
   *   yield* Effect.provide(program, Orders.layer)
   *   return yield* QueueManager.messageCount(queue)
   * })
   * await Effect.runPromise(test.pipe(Effect.provide(InMemoryMqrt.layer))) // => 2
   * ```
   *
   * @category constructors
   * @since 0.1.0
   */
  sender as Sender
}
