import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { CallSite } from "../../CallSite.ts"
import * as OwnedHandle from "../handles/OwnedHandle.ts"

/** Runs effects and streams for those who do not write Effect, with what a layer provides: a tracer, for instance. */
export class Runner {
  readonly #context: Context.Context<never>

  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  /** Closes a handle at once. See `OwnedHandle.closeNow`. */
  closeNow(handle: OwnedHandle.OwnedHandle<unknown>): void {
    OwnedHandle.closeNow(handle, this.#context)
  }

  /** A promise that rejects with the error itself, or with the signal's reason when that aborts it. */
  async promise<A, E>(effect: Effect.Effect<A, E>, signal: AbortSignal | undefined): Promise<A> {
    signal?.throwIfAborted()
    const exit = await Effect.runPromiseExitWith(this.#context)(effect, { signal })
    if (Exit.isSuccess(exit)) return exit.value
    if (Cause.hasInterruptsOnly(exit.cause)) signal?.throwIfAborted()
    throw Cause.squash(exit.cause)
  }

  /** For a loop, which closes what the stream has open when it is left. */
  iterable<A, E>(stream: Stream.Stream<A, E>): AsyncIterable<A> {
    // The program's stack is seen only before the first wait.
    return Stream.toAsyncIterableWith(stream, Context.add(this.#context, OwnedHandle.Opener, new CallSite()))
  }
}
