import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
// Not the global one: in Bun that has all of its functions only when this module is imported.
import { performance } from "node:perf_hooks"

/** Average milliseconds of a call from which on calls are made off the main thread. */
const slow = 0.2

/** Average milliseconds of a call at first: long enough that the clock is read after each of the first calls. */
const unknown = 0.01

/**
 * Average milliseconds of a call below which it takes too long to read the clock after each. No call that reaches the
 * queue manager is so quick.
 */
const veryQuick = 0.002

/**
 * Weight of the last call in the average: one long call is enough to be slow, a pause of the whole thread of a
 * millisecond is not.
 */
const weight = 1 / 8

/** Calls off the main thread after which one is made on the main thread, to measure it. */
const callsUntilTry = 16

/**
 * Most milliseconds that the slowest of these calls may take for a try on the main thread to follow. `idle`: without the
 * time when the event loop worked. `all`: with it.
 */
const longestTry = { idle: 2, all: 10 }

/**
 * Pace of the calls on one open queue. Slow calls are made off the main thread, and on it again when they have become
 * quick.
 *
 * The time of a call on the main thread is that of the function. The time of a call off the main thread also contains
 * the ways there and back, and the other work of the event loop: it only tells whether a try on the main thread is
 * harmless.
 */
export class Pace {
  #average: number
  #calls = 0
  #longestIdle = 0
  #longestOfAll = 0
  /** Time when core had asked for the turn of the last call. */
  #asked = -Infinity

  /** `expectsSlow`: `true` to make the first calls off the main thread. */
  constructor(expectsSlow: boolean) {
    this.#average = expectsSlow ? Infinity : unknown
  }

  /** `true` when the next call is to be made off the main thread. */
  get isSlow(): boolean {
    if (this.#average < slow) return false
    return this.#calls < callsUntilTry || this.#longestIdle >= longestTry.idle || this.#longestOfAll >= longestTry.all
  }

  /** `true` while calls take less than two microseconds, so that the clock is not read after each. */
  get isVeryQuick(): boolean {
    return this.#average < veryQuick
  }

  /**
   * Returns the time when a call on the main thread begins; `undefined` where it need not be measured. A very quick call is not,
   * if core asked for its turn shortly after it had asked for that of the call before: the time in between contains that call.
   */
  beginHere(): number | undefined {
    const asked = EventLoopTurn.askedAt()
    const between = asked - this.#asked
    this.#asked = asked
    return this.isVeryQuick && between > 0 && between < slow ? undefined : performance.now()
  }

  /** Records a call on the main thread, in milliseconds. */
  recordHere(milliseconds: number): void {
    const before = this.#average
    // After slow calls, the try alone counts.
    this.#average = before >= slow ? milliseconds : before + (milliseconds - before) * weight
    if (this.#calls > 0) this.#forget()
  }

  /** Records the beginning of a call off the main thread. Returns a function that records its end. */
  recordBegin(): () => void {
    const began = performance.now()
    const load = performance.eventLoopUtilization()
    return () => this.recordElsewhere(performance.now() - began, performance.eventLoopUtilization(load).active)
  }

  /**
   * Records a call off the main thread. `all`: milliseconds of the call. `working`: milliseconds of them when the event
   * loop worked.
   */
  recordElsewhere(all: number, working: number): void {
    if (this.#calls === callsUntilTry) this.#forget()
    this.#calls++
    this.#longestIdle = Math.max(this.#longestIdle, all - working)
    this.#longestOfAll = Math.max(this.#longestOfAll, all)
  }

  #forget(): void {
    this.#calls = this.#longestIdle = this.#longestOfAll = 0
  }
}
