// Not the global one: in Bun that has all of its functions only when this module is imported.
import { performance } from "node:perf_hooks"

/** Average milliseconds of a call, from which on the calls that follow are made off the main thread. */
const slow = 0.2

/** The same of a queue of which nothing is known: long enough that each of its first calls is looked at. */
const unknown = 0.01

/**
 * Average milliseconds of a call, below which to look at the clock after each costs too much. No call that reaches the queue
 * manager is so quick.
 */
const veryQuick = 0.001

/** Weight of the last call in the average: one long call is enough, a pause of the whole thread of a millisecond is not. */
const weight = 1 / 8

/** Calls off the main thread, after which one is made on the main thread to see how long it takes. */
const callsUntilTry = 16

/**
 * Milliseconds that the slowest of these calls may take with such a try to follow: else it would keep the event loop waiting.
 * `idle`: that the event loop had nothing else to do meanwhile. `all`: with its other work.
 */
const longestTry = { idle: 2, all: 10 }

/**
 * The time that the calls on one open queue take: those that turn out slow go off the main thread, and come back when they have
 * become quick.
 *
 * The time of a call on the main thread is that of the function. Off the main thread it has the ways there and back in it,
 * and what the event loop does before it hears of the end. So it says only whether a try on the main thread is harmless.
 */
export class Pace {
  #average: number
  #calls = 0
  #longestIdle = 0
  #longestOfAll = 0

  /** `expectsSlow`: the first calls are made off the main thread, since nobody knows yet how long they take. */
  constructor(expectsSlow: boolean) {
    this.#average = expectsSlow ? Infinity : unknown
  }

  /** Returns true when the next call is to be made off the main thread. */
  get isSlow(): boolean {
    if (this.#average < slow) return false
    return this.#calls < callsUntilTry || this.#longestIdle >= longestTry.idle || this.#longestOfAll >= longestTry.all
  }

  /** Returns true while calls take less than a microsecond: then to look at the clock after each costs too much. */
  get isVeryQuick(): boolean {
    return this.#average < veryQuick
  }

  /** Takes note of a call on the main thread, in milliseconds. */
  recordHere(milliseconds: number): void {
    const before = this.#average
    // A try alone says how it is now.
    this.#average = before >= slow ? milliseconds : before + (milliseconds - before) * weight
    if (this.#calls > 0) this.#forget()
  }

  /** Takes note that a call off the main thread begins. Returns what takes note that the main thread has heard of its end. */
  recordBegin(): () => void {
    const began = performance.now()
    const load = performance.eventLoopUtilization()
    return () => this.recordElsewhere(performance.now() - began, performance.eventLoopUtilization(load).active)
  }

  /** Takes note of a call off the main thread. `all`: its milliseconds. `working`: those of them when the event loop worked. */
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
