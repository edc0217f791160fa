/** Average milliseconds of a call, from which on the calls that follow are made off the main thread. */
const slow = 0.2

/** Weight of the last call in the average: one long call is enough, a pause of the whole thread of a millisecond is not. */
const weight = 1 / 8

/** Calls off the main thread, after which one is made on the main thread to see how long it takes. */
const callsUntilTry = 16

/**
 * Milliseconds that the slowest of these calls may take with such a try to follow: else it would keep the event loop waiting.
 * `idle`: that the event loop had nothing else to do meanwhile. `all`: with its other work.
 */
const longestTry = { idle: 2, all: 20 }

/**
 * How long the calls on one open queue take: those that turn out slow go off the main thread, and come back when they have
 * become quick.
 *
 * The time of a call on the main thread is that of the function. Off the main thread it has the ways there and back in it,
 * and what the event loop does before it hears of the end. So it says only whether a try on the main thread is harmless.
 */
export class Pace {
  #average: number
  #calls = 0
  #longest = { idle: 0, all: 0 }

  /** `expectsSlow`: the first calls are made off the main thread, since nobody knows yet how long they take. */
  constructor(expectsSlow: boolean) {
    this.#average = expectsSlow ? Infinity : 0
  }

  /** Returns true when the next call is to be made off the main thread. */
  get isSlow(): boolean {
    if (this.#average < slow) return false
    return this.#calls < callsUntilTry || this.#longest.idle >= longestTry.idle || this.#longest.all >= longestTry.all
  }

  /** Takes note of a call on the main thread, in milliseconds. */
  tookHere(milliseconds: number): void {
    const before = this.#average
    // A try alone says how it is now.
    this.#average = before >= slow ? milliseconds : before + (milliseconds - before) * weight
    if (this.#calls > 0) this.#forget()
  }

  /** Takes note that a call off the main thread begins. Returns what takes note that the main thread has heard of its end. */
  beginElsewhere(): () => void {
    const began = performance.now()
    const load = performance.eventLoopUtilization()
    return () => this.tookElsewhere(performance.now() - began, performance.eventLoopUtilization(load).active)
  }

  /** Takes note of a call off the main thread. `all`: its milliseconds. `working`: those of them when the event loop worked. */
  tookElsewhere(all: number, working: number): void {
    if (this.#calls === callsUntilTry) this.#forget()
    this.#calls++
    this.#longest = { idle: Math.max(this.#longest.idle, all - working), all: Math.max(this.#longest.all, all) }
  }

  #forget(): void {
    this.#calls = 0
    this.#longest = { idle: 0, all: 0 }
  }
}
