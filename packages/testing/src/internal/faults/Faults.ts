import type { Fault, FunctionName } from "./Fault.ts"

/** Armed faults, and the number of calls of each function. */
export class Faults {
  readonly #calls = new Map<FunctionName, number>()
  #armed: ReadonlyArray<{ readonly fault: Fault; readonly strikes: number }> = []

  /** Arms a fault. */
  arm(fault: Fault): void {
    this.#armed = [...this.#armed, { fault, strikes: (this.#calls.get(fault.function) ?? 0) + fault.call }]
  }

  /** Disarms all faults. */
  clear(): void {
    this.#armed = []
  }

  /** Returns the number of calls of each function. */
  calls(): Readonly<Partial<Record<FunctionName, number>>> {
    return Object.fromEntries(this.#calls)
  }

  /** Returns the number of next calls that no fault strikes, at most `count`. */
  free(name: FunctionName, count: number): number {
    const next = (this.#calls.get(name) ?? 0) + 1
    return Math.min(count, ...this.#of(name).map(({ strikes }) => Math.max(strikes - next, 0)))
  }

  /** Counts calls that no fault strikes. */
  pass(name: FunctionName, count: number): void {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + count)
  }

  /** Counts one call, and returns the fault that strikes it. */
  next(name: FunctionName): Fault | undefined {
    this.pass(name, 1)
    const strike = this.#of(name).find(({ strikes }) => strikes === this.#calls.get(name))
    this.#armed = this.#armed.filter((armed) => armed !== strike)
    return strike?.fault
  }

  #of(name: FunctionName): ReadonlyArray<{ readonly fault: Fault; readonly strikes: number }> {
    return this.#armed.filter(({ fault }) => fault.function === name)
  }
}
