/**
 * The queue manager for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { Abortable } from "./Abortable.ts"
import type { QueueName } from "./MessageQueue.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import type * as OwnedHandle from "./internal/handles/OwnedHandle.ts"
import type { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as QueueManager from "./QueueManager.ts"

/** Runs what needs the backend. */
type Run = <A>(effect: Effect.Effect<A, MsmqError, Mqrt>, options: Abortable) => Promise<A>

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
  info(options: Asking = {}): Promise<QueueManager.Info> {
    return this.#run(QueueManager.info(options.computer), options)
  }

  /** The path names of its private queues. See {@link QueueManager.privateQueues}. */
  privateQueues(options: Asking = {}): Promise<ReadonlyArray<string>> {
    return this.#run(QueueManager.privateQueues(options.computer), options)
  }

  /** The format names of its active queues. See {@link QueueManager.activeQueues}. */
  activeQueues(options: Asking = {}): Promise<ReadonlyArray<string>> {
    return this.#run(QueueManager.activeQueues(options.computer), options)
  }

  /** What the directory has of a machine. See {@link QueueManager.machineProperties}. */
  machineProperties(options: Asking = {}): Promise<QueueManager.MachineProperties> {
    return this.#run(QueueManager.machineProperties(options.computer), options)
  }

  /** Its version, and whether it works with the directory. See {@link QueueManager.privateComputerInformation}. */
  privateComputerInformation(options: Asking = {}): Promise<QueueManager.PrivateComputerInformation> {
    return this.#run(QueueManager.privateComputerInformation(options.computer), options)
  }

  /** Counts, bytes and state of a queue, without looking at its messages. See {@link QueueManager.queueInfo}. */
  queueInfo(queue: QueueName, options: Asking = {}): Promise<QueueManager.QueueInfo> {
    return this.#run(QueueManager.queueInfo(queue, options.computer), options)
  }

  /** How many messages are in a queue. See {@link QueueManager.messageCount}. */
  messageCount(queue: QueueName, options: Asking = {}): Promise<number> {
    return this.#run(QueueManager.messageCount(queue, options.computer), options)
  }

  /** Takes the machine back on line. See {@link QueueManager.connect}. */
  connect(options: Asking = {}): Promise<void> {
    return this.#run(QueueManager.connect(options.computer), options)
  }

  /** Takes the machine off line. See {@link QueueManager.disconnect}. */
  disconnect(options: Asking = {}): Promise<void> {
    return this.#run(QueueManager.disconnect(options.computer), options)
  }

  /** Frees the files of the message store that are no longer used. See {@link QueueManager.tidy}. */
  tidy(options: Asking = {}): Promise<void> {
    return this.#run(QueueManager.tidy(options.computer), options)
  }

  /** Sends nothing more from an outgoing queue, for now. See {@link QueueManager.pause}. */
  pause(queue: QueueName, options: Asking = {}): Promise<void> {
    return this.#run(QueueManager.pause(queue, options.computer), options)
  }

  /** Sends again from an outgoing queue. See {@link QueueManager.resume}. */
  resume(queue: QueueName, options: Asking = {}): Promise<void> {
    return this.#run(QueueManager.resume(queue, options.computer), options)
  }

  /** Sends at once what an outgoing queue has not been told of. See {@link QueueManager.resend}. */
  resend(queue: QueueName, options: Asking = {}): Promise<void> {
    return this.#run(QueueManager.resend(queue, options.computer), options)
  }

  /** Registers a certificate of the user in the directory. See {@link QueueManager.registerCertificate}. */
  registerCertificate(options: QueueManager.RegisterOptions & Abortable = {}): Promise<"registered" | "existed"> {
    return this.#run(QueueManager.registerCertificate(options), options)
  }
}
