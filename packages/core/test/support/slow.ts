import "vitest"

declare module "vitest" {
  interface TaskMeta {
    /** Reason why the test takes more than five seconds on an idle machine. */
    slow?: string
  }
}

/** Milliseconds that a slow test may take on a busy machine: ten times the limit of the others, as no limit is a measurement. */
const limit = 600_000

/** Options of a test that takes more than five seconds on an idle machine. */
export interface Slow {
  readonly timeout: number
  readonly meta: { readonly slow: string }
}

/**
 * Names a test, or all tests of a `describe`, as slow, and says why. The list of the slowest tests at the end of a run shows
 * the reason.
 */
export const slow = (reason: string): Slow => ({ timeout: limit, meta: { slow: reason } })
