import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { CursorHandle, TransactionHandle } from "@effect-msmq/core/mqrt/Handle"
import type { ReceivedProperties, TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Client, MachineRight, QueueRight } from "../../GatewayPolicy.ts"
import { refusalOf, toWire, type WireFailure } from "../wire/Failure.ts"
import type { WireTransaction } from "../wire/records.ts"
import type { CallExit, RemoteClient } from "./Clients.ts"
import type { Entry } from "./HandleTable.ts"
import { HandleTable } from "./HandleTable.ts"
import { limitsOf } from "./limits.ts"
import { fold, isThis, queuesOf, type ThisComputer, unreadable } from "./QueueAddress.ts"
import type { Held } from "./Holding.ts"
import { type QueueRights, Rights } from "./Rights.ts"
import type { QueueLines } from "./QueueLine.ts"

/** Backend and lines that all sessions of a gateway share. */
export interface Shared {
  readonly mqrt: Mqrt["Service"]
  readonly computer: ThisComputer
  readonly lines: QueueLines
  /** Name of the subqueues that hold messages of plain queues for clients. */
  readonly subqueue: string
}

/** Queue that a client may use, with its rights on it. */
interface PermittedQueue {
  readonly queue: string
  readonly rights: QueueRights
}

/** Function that makes an effect interruptible again. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

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
  readonly #doomed = new WeakSet<Entry>()
  #remote: RemoteClient | undefined
  #nextTicket = 1
  #waits = 0
  #isEnding = false

  constructor(client: Client, shared: Shared) {
    this.client = client
    this.shared = shared
    this.rights = new Rights(client, shared.computer)
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

  /** Returns `true` for a name of the gateway's computer. */
  isThisComputer(name: string | null): boolean {
    return isThis(this.shared.computer, name)
  }

  /**
   * Refuses a call unless the client has all of some rights on each queue that a name stands for; `"any"`: at least one right. `at`:
   * computer that the name is read on. Returns the first queue, with the rights that the client has on all of them.
   */
  onQueue(
    functionName: string,
    needed: ReadonlyArray<QueueRight | "any">,
    name: string,
    at: string | null = null
  ): Effect.Effect<PermittedQueue, WireFailure> {
    const { computer, mqrt, subqueue } = this.shared
    return Effect.flatMap(queuesOf(mqrt, computer, name, at), (addresses) => {
      let rights: QueueRights | undefined
      for (const address of addresses) {
        const shown = address.queue === unreadable ? name : address.queue
        if (address.subqueue !== "" && address.subqueue === fold(subqueue)) {
          const detail = `the subqueue ${subqueue} of ${shown} is the gateway's, which holds messages for clients in it`
          return Effect.fail(refusalOf(functionName, detail))
        }
        const own = this.rights.onQueue(address.queue)
        const missing = needed.find((right) => (right === "any" ? own.size === 0 : !own.has(right)))
        if (missing !== undefined) return this.#denied(functionName, missing, shown)
        rights = rights === undefined ? own : new Set([...rights].filter((right) => own.has(right)))
      }
      return Effect.succeed({ queue: addresses[0]?.queue ?? unreadable, rights: rights ?? new Set() })
    })
  }

  /** Refuses a call unless the client has a right on a queue that it has opened. */
  onEntry(functionName: string, right: QueueRight, { queue, rights }: Entry): Effect.Effect<void, WireFailure> {
    return rights.has(right) ? Effect.void : this.#denied(functionName, right, queue)
  }

  /** Refuses a call unless the client has a right on the computer. */
  onMachine(functionName: string, right: MachineRight): Effect.Effect<void, WireFailure> {
    if (this.rights.onMachine(right)) return Effect.void
    const detail = `its policy does not give the client ${this.client.name} the machine right "${right}"`
    return Effect.fail(refusalOf(functionName, detail))
  }

  #denied(functionName: string, right: QueueRight | "any", queue: string): Effect.Effect<never, WireFailure> {
    const words = right === "any" ? "a right" : `the right "${right}"`
    return Effect.fail(
      refusalOf(functionName, `its policy does not give the client ${this.client.name} ${words} on ${queue}`)
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
