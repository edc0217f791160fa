/**
 * Policies of a gateway: who may connect, with what, and what each client may do.
 *
 * @since 0.1.0
 */
import type * as Redacted from "effect/Redacted"
import { machineRights, queueRights } from "./internal/rights.ts"

/**
 * Right on a queue. Who has any of them may see the queue's properties and its state.
 *
 * - `"send"`: send messages to it. The admin queue and the dead-letter queue of a message, which the queue manager sends to, need
 *   it too; the response queue does not, since it is only a name for the receiver
 * - `"receive"`: take, reject and move messages, and peek
 * - `"peek"`: look at messages, which stay in the queue
 * - `"purge"`: remove all messages
 * - `"manage"`: create, delete and change it, and pause it; together with `"receive"` or `"peek"` open it as an administrator
 * - `"security"`: read and change its access list, also when it is created
 *
 * @category models
 * @since 0.1.0
 */
export type QueueRight = "send" | "receive" | "peek" | "purge" | "manage" | "security"

/**
 * Right on the gateway's computer.
 *
 * - `"sign"`: get security contexts, which sign as the gateway's account
 * - `"impersonate"`: get security contexts of other accounts, by their names and passwords, which the gateway's computer checks
 * - `"directory"`: look for public queues
 * - `"look"`: see what queues there are, also those on which the client has no right
 * - `"manage"`: connect and disconnect the computer
 * - `"security"`: look accounts up
 * - `"certificates"`: register certificates, and read the stores
 * - `"otherComputers"`: ask other computers for their properties and their state, and manage them with the rights for that
 *
 * @category models
 * @since 0.1.0
 */
export type MachineRight =
  | "sign"
  | "impersonate"
  | "directory"
  | "look"
  | "manage"
  | "security"
  | "certificates"
  | "otherComputers"

/**
 * Rule that gives a client rights on queues.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueRule {
  /**
   * Path names of queues, such as `".\\private$\\orders"`; `*` stands for any characters, and `"*"` for every name. The gateway's
   * computer is `.` or its name; another one is written as in the names that clients use. Names are compared without regard to case,
   * and after the gateway has resolved them: a client may use any name of the queue. `".\\system$;deadletter"`: a queue that every
   * computer has. `"MULTICAST=234.1.1.1:8001"` and `"DL=..."`: names without a queue.
   */
  readonly queues: ReadonlyArray<string>
  /** Rights on these queues, and on their subqueues and journals. */
  readonly rights: ReadonlyArray<QueueRight>
}

/**
 * Limits of one client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  /** Connections at the same time. 8 by default. */
  readonly connections?: number | undefined
  /** Open handles of each connection. 10,000 by default. */
  readonly handles?: number | undefined
  /** Receives and peeks of each connection that wait at the same time. 1,024 by default. */
  readonly waits?: number | undefined
  /** Calls of each connection at the same time, without those that wait. 256 by default. Further ones wait at the client. */
  readonly calls?: number | undefined
  /**
   * Bytes of the calls of each connection at the same time, without those that wait: of a send the bodies and extensions, and 1 KiB for
   * each message. 64 MiB by default. Further calls wait at the client.
   */
  readonly callBytes?: number | undefined
  /** Bytes of answers that each connection has not read. 16 MiB by default, and one answer more. */
  readonly unreadBytes?: number | undefined
}

/**
 * Client of a gateway, with its proof and its rights.
 *
 * @category models
 * @since 0.1.0
 */
export interface Client {
  /** Name for the log. */
  readonly name: string
  /** Token that the client presents; left out where it has a certificate. At least 16 characters. */
  readonly token?: Redacted.Redacted<string> | undefined
  /** SHA-256 fingerprints of the certificates that the client may present, in hexadecimal digits, with or without colons. */
  readonly certificates?: ReadonlyArray<string> | undefined
  /** Rights on queues. None by default. */
  readonly queues?: ReadonlyArray<QueueRule> | undefined
  /** Rights on the gateway's computer. `["sign"]` by default. */
  readonly machine?: ReadonlyArray<MachineRight> | undefined
  /** Numbers of connections, handles and calls that the client may have at most. */
  readonly limits?: Limits | undefined
}

/**
 * Policy: the clients of a gateway.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatewayPolicy {
  /** Clients that may connect. */
  readonly clients: ReadonlyArray<Client>
  /** Client that everybody is who presents nothing; left out: nobody is let in without proof. */
  readonly anybody?: Client | undefined
}

/**
 * Every right on every queue and on the computer, for tests and for a client that administers.
 *
 * @example
 * ```ts import.meta.vitest
 * import { GatewayPolicy } from "@effect-msmq/remote"
 * import { Redacted } from "effect"
 *
 * const policy: GatewayPolicy.GatewayPolicy = {
 *   clients: [{ name: "administration", token: Redacted.make("1a6c3c0c-8a0e-4c55"), ...GatewayPolicy.everything }]
 * }
 *
 * policy.clients[0]?.machine?.includes("manage") // => true
 * ```
 *
 * @category constants
 * @since 0.1.0
 */
export const everything: Pick<Client, "queues" | "machine"> = {
  queues: [{ queues: ["*"], rights: queueRights }],
  machine: machineRights
}

/**
 * Policy that lets everybody do everything, without a token. For tests on one computer: a gateway starts with it only where it
 * listens on the loopback address.
 *
 * @example
 * ```ts import.meta.vitest
 * import { GatewayPolicy } from "@effect-msmq/remote"
 *
 * GatewayPolicy.unprotected.anybody?.name // => "anybody"
 * ```
 *
 * @category constants
 * @since 0.1.0
 */
export const unprotected: GatewayPolicy = { clients: [], anybody: { name: "anybody", ...everything } }
