import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import { errors } from "@effect-msmq/core/ErrorCode"
import * as Effect from "effect/Effect"
import { randomInt } from "node:crypto"
import { refusalOf, toWire, type WireFailure } from "../wire/Failure.ts"
import type { QueueRights } from "./Rights.ts"

/** Kinds of handles, with the code of a call that is given an unknown one: as after a restart of the service. */
const codes = {
  queue: errors.MQ_ERROR_STALE_HANDLE,
  cursor: errors.MQ_ERROR_STALE_HANDLE,
  "security context": errors.MQ_ERROR_BAD_SECURITY_CONTEXT,
  transaction: errors.MQ_ERROR_TRANSACTION_SEQUENCE,
  locate: errors.MQ_ERROR_STALE_HANDLE
}

/** Word for what a handle is of, by which its code is chosen. */
export type HandleKind = keyof typeof codes

/** Handle that a session owns. */
export interface Entry {
  readonly kind: HandleKind
  /** Handle of the backend. */
  readonly native: bigint
  /** Name of the queue, as the policy compares it and errors say it; empty for other handles. */
  readonly queue: string
  /** Rights of the client on the queue, when it was opened; none for other handles. */
  readonly rights: QueueRights
  /** Format name that the queue was opened by; empty for other handles. */
  readonly formatName: string
  /** Queue of a cursor, which is closed with it. */
  readonly parent: Entry | undefined
  readonly release: Effect.Effect<void, MqrtFailure>
}

/** Opening of a handle. */
export interface Opening {
  readonly kind: HandleKind
  /** Name of the function that opens it. */
  readonly function: string
  readonly acquire: Effect.Effect<bigint, MqrtFailure>
  readonly release: (native: bigint) => Effect.Effect<void, MqrtFailure>
  readonly queue?: string
  readonly rights?: QueueRights
  readonly formatName?: string
  readonly parent?: Entry
}

const noRights: QueueRights = new Set()

/** Handles of one session. Their numbers begin anywhere and are never given twice, so that none of an earlier session is one of them. */
export class HandleTable {
  readonly #entries = new Map<number, Entry>()
  readonly #most: number
  #next = randomInt(0x7fff_ffff)
  #opening = 0
  #isClosed = false

  /** `most`: number of handles that may be open at once. */
  constructor(most: number) {
    this.#most = most
  }

  /** Opens a handle and returns its number. */
  open({ acquire, function: name, release, ...facts }: Opening): Effect.Effect<number, WireFailure> {
    return Effect.suspend(() => {
      if (this.#isClosed) return Effect.interrupt
      if (this.#entries.size + this.#opening >= this.#most) {
        const limit = `${this.#most} handles are open through this connection, which is the limit; close those that are not needed`
        return Effect.fail(refusalOf(name, limit))
      }
      this.#opening++
      return Effect.uninterruptible(
        acquire.pipe(
          Effect.ensuring(Effect.sync(() => this.#opening--)),
          Effect.mapError(toWire),
          Effect.flatMap((native) => {
            const entry: Entry = {
              queue: "",
              rights: noRights,
              formatName: "",
              parent: undefined,
              ...facts,
              native,
              release: release(native)
            }
            // The session ended meanwhile.
            if (this.#isClosed) return Effect.andThen(Effect.ignore(entry.release), Effect.interrupt)
            const number = this.#next
            this.#next = (this.#next + 1) % 0xffff_ffff
            this.#entries.set(number, entry)
            return Effect.succeed(number)
          })
        )
      )
    })
  }

  /** Returns the handle of a number. `functionName`: function that is given it. */
  get(number: number, kind: HandleKind, functionName: string): Effect.Effect<Entry, WireFailure> {
    const entry = this.#entries.get(number)
    return entry === undefined || entry.kind !== kind
      ? Effect.fail({ function: functionName, code: codes[kind], properties: [], refusal: null })
      : Effect.succeed(entry)
  }

  /** Closes a handle, and forgets it whether or not that succeeds. */
  close(number: number, kind: HandleKind, functionName: string): Effect.Effect<void, WireFailure> {
    return Effect.uninterruptible(
      Effect.flatMap(this.get(number, kind, functionName), (entry) => {
        this.forget(number)
        return Effect.mapError(entry.release, toWire)
      })
    )
  }

  /** Forgets a handle without closing it, and the cursors of a queue with it. */
  forget(number: number): void {
    const entry = this.#entries.get(number)
    this.#entries.delete(number)
    for (const [other, { parent }] of this.#entries) if (parent === entry) this.#entries.delete(other)
  }

  /** Closes all handles, the youngest first. */
  get closeAll(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isClosed = true
      const entries = [...this.#entries.values()].toReversed()
      this.#entries.clear()
      return Effect.forEach(entries, ({ release }) => Effect.ignore(release), { discard: true })
    }).pipe(Effect.uninterruptible)
  }
}
