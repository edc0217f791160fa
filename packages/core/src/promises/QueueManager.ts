/**
 * The queue manager for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
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
import * as QueueManager from "../QueueManager.ts"
import * as operations from "../internal/telemetry/operations.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"

/** Runs what needs the backend. */
type Run = <O extends Abortable, A>(
  call: Call,
  table: OptionTable<NameOf<O>>,
  options: O | undefined,
  run: (options: O) => Effect.Effect<A, MsmqError, Mqrt>
) => Promise<A>

/**
 * Which computer is asked, and the signal that gives up. `computer`: this one if left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asking extends Abortable {
  readonly computer?: string | undefined
}

/**
 * A queue manager and its queues: {@link QueueManager} in promises. See `queueManager` of {@link Msmq}.
 *
 * @category models
 * @since 0.1.0
 */
export class MsmqQueueManager extends Described {
  readonly #run: Run
  readonly #connection: OwnedHandle.Root

  /** Use `queueManager` of {@link Msmq}. */
  constructor(run: Run, connection: OwnedHandle.Root) {
    super()
    this.#connection = connection
    this.#run = run
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "MsmqQueueManager", state: stateOf(this.#connection) }
  }

  /** What it tells of itself. See {@link QueueManager.info}. */
  info(options?: Asking): Promise<QueueManager.Info> {
    return this.#asking(operations.QueueManager.info, options, QueueManager.info)
  }

  /** The path names of its private queues. See {@link QueueManager.privateQueues}. */
  privateQueues(options?: Asking): Promise<ReadonlyArray<string>> {
    return this.#asking(operations.QueueManager.privateQueues, options, QueueManager.privateQueues)
  }

  /** The format names of its active queues. See {@link QueueManager.activeQueues}. */
  activeQueues(options?: Asking): Promise<ReadonlyArray<string>> {
    return this.#asking(operations.QueueManager.activeQueues, options, QueueManager.activeQueues)
  }

  /** What the directory has of a machine. See {@link QueueManager.machineProperties}. */
  machineProperties(options?: Asking): Promise<QueueManager.MachineProperties> {
    return this.#asking(operations.QueueManager.machineProperties, options, QueueManager.machineProperties)
  }

  /** Its version, and whether it works with the directory. See {@link QueueManager.privateComputerInformation}. */
  privateComputerInformation(options?: Asking): Promise<QueueManager.PrivateComputerInformation> {
    return this.#asking(
      operations.QueueManager.privateComputerInformation,
      options,
      QueueManager.privateComputerInformation
    )
  }

  /** Counts, bytes and state of a queue, without looking at its messages. See {@link QueueManager.queueInfo}. */
  queueInfo(queue: QueueName, options?: Asking): Promise<QueueManager.QueueInfo> {
    return this.#asking(operations.QueueManager.queueInfo, options, (computer) =>
      QueueManager.queueInfo(queue, computer)
    )
  }

  /** How many messages are in a queue. See {@link QueueManager.messageCount}. */
  messageCount(queue: QueueName, options?: Asking): Promise<number> {
    return this.#asking(operations.QueueManager.messageCount, options, (computer) =>
      QueueManager.messageCount(queue, computer)
    )
  }

  /** Takes the machine back on line. See {@link QueueManager.connect}. */
  connect(options?: Asking): Promise<void> {
    return this.#asking(operations.QueueManager.connect, options, QueueManager.connect)
  }

  /** Takes the machine off line. See {@link QueueManager.disconnect}. */
  disconnect(options?: Asking): Promise<void> {
    return this.#asking(operations.QueueManager.disconnect, options, QueueManager.disconnect)
  }

  /** Frees the files of the message store that are no longer used. See {@link QueueManager.tidy}. */
  tidy(options?: Asking): Promise<void> {
    return this.#asking(operations.QueueManager.tidy, options, QueueManager.tidy)
  }

  /** Sends nothing more from an outgoing queue, for now. See {@link QueueManager.pause}. */
  pause(queue: QueueName, options?: Asking): Promise<void> {
    return this.#asking(operations.QueueManager.pause, options, (computer) => QueueManager.pause(queue, computer))
  }

  /** Sends again from an outgoing queue. See {@link QueueManager.resume}. */
  resume(queue: QueueName, options?: Asking): Promise<void> {
    return this.#asking(operations.QueueManager.resume, options, (computer) => QueueManager.resume(queue, computer))
  }

  /** Sends at once what an outgoing queue has not been told of. See {@link QueueManager.resend}. */
  resend(queue: QueueName, options?: Asking): Promise<void> {
    return this.#asking(operations.QueueManager.resend, options, (computer) => QueueManager.resend(queue, computer))
  }

  /** Registers a certificate of the user in the directory. See {@link QueueManager.registerCertificate}. */
  registerCertificate(options?: QueueManager.RegisterOptions & Abortable): Promise<"registered" | "existed"> {
    return this.#run({ operation: operations.QueueManager.registerCertificate }, registration, options, (options) =>
      QueueManager.registerCertificate(options)
    )
  }

  #asking<A>(
    operation: Operation,
    given: Asking | undefined,
    ask: (computer: string | undefined) => Effect.Effect<A, MsmqError, Mqrt>
  ): Promise<A> {
    return this.#run({ operation }, asking, given, ({ computer }) => ask(computer))
  }
}
