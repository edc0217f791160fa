import { Data, Runtime } from "effect"

/**
 * Failure of the command, which has been reported.
 *
 * @category errors
 * @since 0.1.0
 */
export class Failed extends Data.TaggedError("Failed")<{
  /** Sentence that says what failed and what to do; empty where it was said already. */
  readonly message: string
  /** Exit code of the process; 1 by default. */
  readonly exitCode?: number
}> {
  /** @internal Keeps `runMain` from reporting it again. */
  override readonly [Runtime.errorReported] = false

  /** @internal Exit code for `runMain`. */
  override get [Runtime.errorExitCode](): number {
    return this.exitCode ?? 1
  }
}

/** Arguments that a command does not understand. The help that Effect prints says what is wrong. */
export class WrongUse extends Failed {
  constructor(message = "") {
    super({ message, exitCode: 2 })
  }
}
