/**
 * The event loop's turn, which all sends and receives of a process share; for who writes a backend.
 *
 * Core asks before each call of `Mqrt` whether the turn is over. A backend whose call does several things that take time,
 * such as `sendMessages`, asks in between.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Turn from "../internal/messages/Turn.ts"

/**
 * Returns the time when the turn ends, in milliseconds of `performance.now()`. The first to ask begins a turn.
 *
 * @category getters
 * @since 0.1.0
 */
export const end: () => number = Turn.end

/**
 * Returns `true` when the turn is over: then whatever sends or receives waits for {@link next}. The first to ask begins a
 * turn.
 *
 * @category getters
 * @since 0.1.0
 */
export const isOver: () => boolean = Turn.isTimeOver

/**
 * Returns the time when somebody asked last whether the turn is over, in milliseconds of `performance.now()`: core asks
 * before each send and receive, so this tells without a look at the clock how long the last one took at most.
 *
 * @category getters
 * @since 0.1.0
 */
export const askedAt = (): number => Turn.asked

/**
 * Waits until the event loop has gone round and those that came before have had their turn.
 *
 * @category running
 * @since 0.1.0
 */
export const next: Effect.Effect<void> = Turn.next
