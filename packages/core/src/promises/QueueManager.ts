/**
 * Queue managers for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Abortable } from "./Abortable.ts"
import type { Call } from "../internal/options/illegalOption.ts"
import { asking } from "../internal/options/managementOptions.ts"
import type { NameOf, OptionTable } from "../internal/options/OptionTable.ts"
import { registration } from "../internal/options/promiseOptions.ts"
import type { QueueName } from "../MessageQueue.ts"
import { Described, facts, stateOf } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import type * as OwnedHandle from "../internal/ownership/OwnedHandle.ts"
import type { Mqrt } from "../Mqrt.ts"
import type { MsmqError } from "../MsmqError.ts"
import * as management from "../QueueManager.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"
import { checkMade } from "../internal/promises/construction.ts"

/** Function that checks options and runs an effect with the backend. */
type Run = <O extends Abortable, A>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  options: O | undefined,
  run: (options: O) => Effect.Effect<A, MsmqError, Mqrt>
) => Promise<A>

/** Function that makes the iterable of a stream with the backend. */
type Iterate = <A>(operation: Operation, stream: Stream.Stream<A, MsmqError, Mqrt>) => AsyncIterable<A>

/**
 * Options of a call to a queue manager.
 *
 * @category models
 * @since 0.1.0
 */
export interface ManagementOptions extends Abortable {
  /** Name of the computer of the queue manager. This computer by default. */
  readonly computer?: string | undefined
}

/**
 * Queue manager of this computer, and of others that can be reached: see `queueManager` of a `Connection`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders")
 * await msmq.send(".\\private$\\orders", { label: "order 1" })
 * await msmq.queueManager.messageCount(".\\private$\\orders") // => 1
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class QueueManager extends Described {
  readonly #run: Run
  readonly #iterate: Iterate
  readonly #connection: OwnedHandle.Root

  private constructor(run: Run, iterate: Iterate, connection: OwnedHandle.Root) {
    super()
    checkMade(typeof run === "function")
    this.#connection = connection
    this.#run = run
    this.#iterate = iterate
  }

  /** @internal */
  static make(run: Run, iterate: Iterate, connection: OwnedHandle.Root): QueueManager {
    return new QueueManager(run, iterate, connection)
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "QueueManager", state: stateOf(this.#connection) }
  }

  /** Returns its active and its private queues, and whether it is connected. See {@link management.info}. */
  info(options?: ManagementOptions): Promise<management.Info> {
    return this.#asking(operations.QueueManager.info, options, management.info)
  }

  /** Returns the path names of its private queues. See {@link management.privateQueues}. */
  privateQueues(options?: ManagementOptions): Promise<ReadonlyArray<string>> {
    return this.#asking(operations.QueueManager.privateQueues, options, management.privateQueues)
  }

  /** Returns the format names of its active queues. See {@link management.activeQueues}. */
  activeQueues(options?: ManagementOptions): Promise<ReadonlyArray<string>> {
    return this.#asking(operations.QueueManager.activeQueues, options, management.activeQueues)
  }

  /**
   * Returns the properties of a machine in the directory. `computer` may be its GUID. See
   * {@link management.machineProperties}.
   */
  machineProperties(options?: ManagementOptions): Promise<management.MachineProperties> {
    return this.#asking(operations.QueueManager.machineProperties, options, management.machineProperties)
  }

  /** Returns its version, and whether it works with the directory. See {@link management.privateComputerInformation}. */
  privateComputerInformation(options?: ManagementOptions): Promise<management.PrivateComputerInformation> {
    return this.#asking(
      operations.QueueManager.privateComputerInformation,
      options,
      management.privateComputerInformation
    )
  }

  /** Returns the counts, bytes and state of a queue, without reading its messages. See {@link management.queueInfo}. */
  queueInfo(queue: QueueName, options?: ManagementOptions): Promise<management.QueueInfo> {
    return this.#asking(operations.QueueManager.queueInfo, options, (computer) => management.queueInfo(queue, computer))
  }

  /** Returns the number of messages in a queue. See {@link management.messageCount}. */
  messageCount(queue: QueueName, options?: ManagementOptions): Promise<number> {
    return this.#asking(operations.QueueManager.messageCount, options, (computer) =>
      management.messageCount(queue, computer)
    )
  }

  /**
   * Returns the private, public or outgoing queues of a machine with their counts and states, as an iterable; leaving the loop
   * ends the search. See {@link management.queues}.
   */
  queues(options: management.ListOptions): AsyncIterable<management.ListedQueue> {
    return this.#iterate(operations.QueueManager.queues, management.queues(options))
  }

  /** Brings the machine online. See {@link management.connect}. */
  connect(options?: ManagementOptions): Promise<void> {
    return this.#asking(operations.QueueManager.connect, options, management.connect)
  }

  /** Takes the machine offline. See {@link management.disconnect}. */
  disconnect(options?: ManagementOptions): Promise<void> {
    return this.#asking(operations.QueueManager.disconnect, options, management.disconnect)
  }

  /** Removes the message files that have become empty. See {@link management.tidy}. */
  tidy(options?: ManagementOptions): Promise<void> {
    return this.#asking(operations.QueueManager.tidy, options, management.tidy)
  }

  /** Pauses an outgoing queue. See {@link management.pause}. */
  pause(queue: QueueName, options?: ManagementOptions): Promise<void> {
    return this.#asking(operations.QueueManager.pause, options, (computer) => management.pause(queue, computer))
  }

  /** Resumes an outgoing queue. See {@link management.resume}. */
  resume(queue: QueueName, options?: ManagementOptions): Promise<void> {
    return this.#asking(operations.QueueManager.resume, options, (computer) => management.resume(queue, computer))
  }

  /** Sends the unacknowledged messages of an outgoing queue again, at once. See {@link management.resend}. */
  resend(queue: QueueName, options?: ManagementOptions): Promise<void> {
    return this.#asking(operations.QueueManager.resend, options, (computer) => management.resend(queue, computer))
  }

  /** Registers a certificate of the user in the directory. See {@link management.registerCertificate}. */
  registerCertificate(options?: management.RegisterOptions & Abortable): Promise<"registered" | "existed"> {
    return this.#run({ operation: operations.QueueManager.registerCertificate }, registration, options, (options) =>
      management.registerCertificate(options)
    )
  }

  #asking<A>(
    operation: Operation,
    given: ManagementOptions | undefined,
    ask: (computer: string | undefined) => Effect.Effect<A, MsmqError, Mqrt>
  ): Promise<A> {
    return this.#run({ operation }, asking, given, ({ computer }) => ask(computer))
  }
}
