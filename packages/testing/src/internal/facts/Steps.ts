/** Operation on many messages. It may pause after each step. */
export type Steps<A = void> = Generator<void, A, void>

/** Runs an operation to its end, without a pause. */
export const finish = <A>(steps: Steps<A>): A => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
