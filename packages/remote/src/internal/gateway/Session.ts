import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { CursorHandle, TransactionHandle } from "@effect-msmq/core/mqrt/Handle"
import type {
  OutgoingProperties,
  ReceivedProperties,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Client, MachineRight, QueueRight } from "../../GatewayPolicy.ts"
import { Rights } from "../../GatewayPolicy.ts"
import { refusalOf, toWire, type WireFailure } from "../wire/Failure.ts"
import type { WireTransaction } from "../wire/records.ts"
import type { CallExit, RemoteClient } from "./Clients.ts"
import type { Entry } from "./HandleTable.ts"
import { HandleTable } from "./HandleTable.ts"
import { limitsOf } from "./limits.ts"
import { queuesOf, type ThisComputer } from "./QueueAddress.ts"
import type { Held } from "./Holding.ts"
import type { QueueLines } from "./QueueLine.ts"

/** Backend and lines that all sessions of a gateway share. */
export interface Shared {
  readonly mqrt: Mqrt["Service"]
  readonly computer: ThisComputer
  readonly lines: QueueLines
}

/** Function that makes an effect interruptible again. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Most names of queues that are remembered as allowed. */
const mostRemembered = 1000

/** Session of a client: what it has opened, what it was offered and what it waits for, until its connection ends. */
export class Session {
  readonly client: Client
  readonly handles: HandleTable
  readonly rights: Rights
  readonly shared: Shared
  readonly #limits: ReturnType<typeof limitsOf>
  readonly #tickets = new Map<number, Held>()
  /** Settlements that run. */
  readonly #settling = new Set<Fiber.Fiber<unknown, unknown>>()
  /** Calls that can be cancelled, by their keys. */
  readonly #running = new Map<number, Fiber.Fiber<unknown, unknown>>()
  readonly #ended = Deferred.makeUnsafe<void>()
  /** Names of queues for acknowledgments and dead letters that the client may send to. */
  readonly #reportQueues = new Set<string>()
  readonly #doomed = new WeakSet<Entry>()
  #remote: RemoteClient | undefined
  #nextTicket = 1
  #waits = 0
  #isEnding = false

  constructor(client: Client, shared: Shared) {
    this.client = client
    this.shared = shared
    this.rights = new Rights(client)
    this.#limits = limitsOf(client)
    this.handles = new HandleTable(this.#limits.handles)
  }

  /** Sets the program that the session is of. */
  set remote(remote: RemoteClient) {
    this.#remote = remote
  }

  /** Program that the session is of; `undefined` before its first call. */
  get remote(): RemoteClient | undefined {
    return this.#remote
  }

  /** Refuses a call unless the client has a right on the queues that a name stands for. Returns the first of them. */
  onQueue(functionName: string, right: QueueRight | "any", name: string): Effect.Effect<string, WireFailure> {
    const { computer, mqrt } = this.shared
    return Effect.flatMap(queuesOf(mqrt, computer, name), (queues) => {
      const denied = queues.find((queue) => !this.rights.onQueue(right, queue))
      return denied === undefined
        ? Effect.succeed(queues[0] ?? name)
        : Effect.fail(this.#denied(functionName, right === "any" ? "use" : right, denied))
    })
  }

  /** Refuses a call unless the client has a right on a queue that it has opened. */
  onEntry(functionName: string, right: QueueRight, { queue }: Entry): Effect.Effect<void, WireFailure> {
    return this.rights.onQueue(right, queue) ? Effect.void : Effect.fail(this.#denied(functionName, right, queue))
  }

  /**
   * Refuses messages unless the client may send to the queues that Message Queuing would send acknowledgments and dead letters to, which
   * have the bodies of the messages.
   */
  onReportQueues(functionName: string, messages: ReadonlyArray<OutgoingProperties>): Effect.Effect<void, WireFailure> {
    const names = new Set<string>()
    for (const { adminQueue, deadLetterQueue } of messages) {
      if (adminQueue !== null && !this.#reportQueues.has(adminQueue)) names.add(adminQueue)
      if (deadLetterQueue !== null && !this.#reportQueues.has(deadLetterQueue)) names.add(deadLetterQueue)
    }
    return Effect.forEach(
      names,
      (name) => Effect.map(this.onQueue(functionName, "send", name), () => this.#remember(name)),
      { discard: true }
    )
  }

  #remember(reportQueue: string): void {
    if (this.#reportQueues.size >= mostRemembered) this.#reportQueues.clear()
    this.#reportQueues.add(reportQueue)
  }

  /** Refuses a call unless the client has a right on the computer. */
  onMachine(functionName: string, right: MachineRight): Effect.Effect<void, WireFailure> {
    return this.rights.onMachine(right)
      ? Effect.void
      : Effect.fail(
          refusalOf(
            functionName,
            `its policy does not give the client ${this.client.name} the machine right "${right}"`
          )
        )
  }

  #denied(functionName: string, right: string, queue: string): WireFailure {
    return refusalOf(
      functionName,
      `its policy does not give the client ${this.client.name} the right "${right}" on ${queue}`
    )
  }

  /** Runs a call that changes something, and notes what became of it, also where nobody waits for the answer any more. */
  keyed<A>(key: number, effect: Effect.Effect<A, WireFailure>): Effect.Effect<A, WireFailure> {
    return this.keyedBatch(key, () => effect)
  }

  /**
   * Runs a call as {@link keyed} does, which can be interrupted only where it restores that: an interruption after it has had its effect
   * must not keep its outcome from being noted.
   */
  keyedBatch<A>(
    key: number,
    effect: (restore: Restore) => Effect.Effect<A, WireFailure>
  ): Effect.Effect<A, WireFailure> {
    let own: Exit.Exit<A, WireFailure> | undefined
    const noted = Effect.uninterruptibleMask((restore) =>
      Effect.onExit(effect(restore), (exit) => {
        own = exit
        return this.#note(key, exit)
      })
    )
    // The fiber ends with the interruption, the call with what it did before.
    return Effect.flatMap(this.#begin(key, noted), (fiber) => Effect.flatMap(Fiber.await(fiber), (exit) => own ?? exit))
  }

  /** Runs a call that waits, which the client may cancel. */
  waiting<A>(key: number, functionName: string, effect: Effect.Effect<A, WireFailure>): Effect.Effect<A, WireFailure> {
    return Effect.suspend(() => {
      if (this.#waits >= this.#limits.waits) {
        const limit = `${this.#limits.waits} receives and peeks wait through this connection, which is the limit`
        return Effect.fail(refusalOf(functionName, limit))
      }
      this.#waits++
      const counted = Effect.ensuring(
        effect,
        Effect.sync(() => this.#waits--)
      )
      return Effect.flatMap(this.#begin(key, counted), Fiber.join)
    })
  }

  /** Interrupts a call, and waits until it has ended. Its answer is still sent. */
  cancel(key: number): Effect.Effect<void> {
    const fiber = this.#running.get(key)
    return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
  }

  #begin<A, E>(key: number, effect: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>> {
    return Effect.suspend(() => {
      if (this.#isEnding) return Effect.interrupt
      const fiber = Effect.runFork(effect)
      this.#running.set(key, fiber)
      fiber.addObserver(() => this.#running.delete(key))
      return Effect.succeed(fiber)
    })
  }

  #note(key: number, exit: CallExit): Effect.Effect<void> {
    return Effect.sync(() => {
      const had = Exit.isSuccess(exit) || !Cause.hasInterruptsOnly(exit.cause)
      if (had) this.#remote?.note(key, exit)
    })
  }

  /** Returns a transaction argument of the backend. */
  transaction(argument: WireTransaction, functionName: string): Effect.Effect<TransactionArgument, WireFailure> {
    return typeof argument === "number"
      ? Effect.map(this.handles.get(argument, "transaction", functionName), ({ native }) => native as TransactionHandle)
      : Effect.succeed(argument)
  }

  /** Returns a cursor of the backend. */
  cursor(number: number | null, functionName: string): Effect.Effect<CursorHandle | null, WireFailure> {
    return number === null
      ? Effect.succeed(null)
      : Effect.map(this.handles.get(number, "cursor", functionName), ({ native }) => native as CursorHandle)
  }

  /** Notes a message that is held for the client. */
  hold(held: Held): Effect.Effect<{ readonly ticket: number; readonly message: ReceivedProperties }> {
    return Effect.suspend(() => {
      // The session ended meanwhile.
      if (this.#isEnding) return Effect.andThen(held.abandon, Effect.interrupt)
      const ticket = this.#nextTicket++
      this.#tickets.set(ticket, held)
      return Effect.succeed({ ticket, message: held.message })
    })
  }

  /** Notes that a transaction of the client has lost a message, and must not be committed. */
  doom(transaction: Entry): void {
    this.#doomed.add(transaction)
  }

  /** Returns `true` where a transaction must not be committed. */
  isDoomed(transaction: Entry): boolean {
    return this.#doomed.has(transaction)
  }

  /** Removes a message for good that was held for the client. */
  complete(ticket: number): Effect.Effect<void, WireFailure> {
    return this.#settle(ticket, ({ complete }) => Effect.mapError(complete, toWire))
  }

  /** Puts a message back that was held for the client. */
  abandon(ticket: number): Effect.Effect<void, WireFailure> {
    return this.#settle(ticket, ({ abandon }) => abandon)
  }

  #settle(ticket: number, settle: (held: Held) => Effect.Effect<void, WireFailure>): Effect.Effect<void, WireFailure> {
    return Effect.suspend(() => {
      const held = this.#tickets.get(ticket)
      this.#tickets.delete(ticket)
      if (held === undefined) return Effect.void
      const fiber = Effect.runFork(settle(held))
      this.#settling.add(fiber)
      fiber.addObserver(() => this.#settling.delete(fiber))
      return Fiber.join(fiber)
    }).pipe(Effect.uninterruptible)
  }

  /** Waits until the session has ended. */
  get ended(): Effect.Effect<void> {
    return Deferred.await(this.#ended)
  }

  /** Ends the session: its calls, its offers and its handles, in this order. The second end waits for the first. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#isEnding) return Deferred.await(this.#ended)
      this.#isEnding = true
      return Effect.suspend(() => Fiber.interruptAll([...this.#running.values()])).pipe(
        Effect.andThen(Effect.suspend(() => Fiber.awaitAll([...this.#settling]))),
        Effect.andThen(
          Effect.suspend(() => {
            const offers = [...this.#tickets.values()]
            // The old connection may still bring a settlement, and another client hold the message by then.
            this.#tickets.clear()
            return Effect.forEach(offers, ({ abandon, cut }) => cut ?? abandon, { discard: true })
          })
        ),
        Effect.andThen(this.handles.closeAll),
        Effect.andThen(Deferred.succeed(this.#ended, undefined)),
        Effect.asVoid
      )
    }).pipe(Effect.uninterruptible)
  }
}
