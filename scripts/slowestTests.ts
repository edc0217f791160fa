/**
 * A reporter for Vitest that prints the ten slowest tests at the end of a run, and holds each slow test to its name.
 *
 * A test with a time limit of its own is named by `slow(reason)` in its code, or the run fails: so it is seen which tests may
 * take long, and why, on any machine. A test that took long without that name is only told of: a busy machine makes any test
 * slow, and no run fails because of what else the machine did.
 */
import type { Reporter, TestCase, TestModule } from "vitest/node"

/** Number of tests that are printed. */
const count = 10

interface Options {
  /** Milliseconds from which a test is slow on an idle machine: 5,000 by default. */
  readonly slowFrom?: number
}

const durationOf = (test: TestCase): number => test.diagnostic()?.duration ?? 0

const reasonOf = (test: TestCase): string | undefined => test.meta().slow

const nameOf = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`

const line = (test: TestCase, slowFrom: number): string => {
  const duration = durationOf(test)
  const reason =
    reasonOf(test) ?? (duration < slowFrom ? "" : "not named slow: so it is on an idle machine, or this one is busy")
  return `${(duration / 1000).toFixed(1).padStart(6)} s  ${nameOf(test)}${reason === "" ? "" : `\n          ${reason}`}`
}

/** The limit of tests that have none of their own is that of the project. */
const hasLimitOfItsOwn = (test: TestCase): boolean =>
  test.options.timeout !== undefined && test.options.timeout !== test.project.config.testTimeout

export class SlowestTests implements Reporter {
  readonly #slowFrom: number

  constructor({ slowFrom = 5_000 }: Options = {}) {
    this.#slowFrom = slowFrom
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const slowest = tests.toSorted((a, b) => durationOf(b) - durationOf(a)).slice(0, count)
    console.log(["\n The slowest tests", ...slowest.map((test) => line(test, this.#slowFrom))].join("\n"))
    const unnamed = tests.filter((test) => hasLimitOfItsOwn(test) && reasonOf(test) === undefined)
    if (unnamed.length === 0) return
    process.exitCode = 1
    const names = unnamed.map((test) => `  ${nameOf(test)}: ${test.options.timeout} ms`)
    console.error(["\n Tests with a time limit of their own that slow(reason) does not name", ...names].join("\n"))
  }
}
