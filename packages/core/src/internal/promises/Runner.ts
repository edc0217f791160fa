import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { AbortGate, CurrentAbortGate } from "./AbortGate.ts"

/** Runs effects and streams for those who do not write Effect, with what a layer provides: a tracer, for instance. */
export class Runner {
  readonly #context: Context.Context<never>

  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  /** Returns a runner for what is a part of the promise behind a gate. */
  within(gate: AbortGate | undefined): Runner {
    return gate === undefined ? this : new Runner(Context.add(this.#context, CurrentAbortGate, gate))
  }

  /**
   * Returns a promise that rejects with the error itself, or with the signal's reason when that aborts it. Once something
   * is done that cannot be taken back, an abort comes too late, and the promise tells the outcome.
   */
  async promise<A, E>(effect: Effect.Effect<A, E>, signal: AbortSignal | undefined): Promise<A> {
    if (signal === undefined) return settled(await Effect.runPromiseExitWith(this.#context)(effect), undefined)
    signal.throwIfAborted()
    const gate = new AbortGate(signal, Context.get(this.#context, CurrentAbortGate))
    const context = Context.add(this.#context, CurrentAbortGate, gate)
    const fiber = Effect.runForkWith(context)(gate.guard(effect))
    const ended = fiber.pollUnsafe()
    if (ended !== undefined) return settled(ended, signal)
    const pass = () => gate.pass()
    signal.addEventListener("abort", pass, { once: true })
    pass()
    const exit = await new Promise<Exit.Exit<A, E>>((resolve) => fiber.addObserver(resolve))
    signal.removeEventListener("abort", pass)
    return settled(exit, signal)
  }

  /** Returns a promise for what goes on until the signal aborts it, and then rejects with the signal's reason. */
  async endless<E>(effect: Effect.Effect<never, E>, signal: AbortSignal | undefined): Promise<never> {
    signal?.throwIfAborted()
    return settled(await Effect.runPromiseExitWith(this.#context)(effect, { signal }), signal)
  }

  /** For a loop, which closes what the stream has open when it is left. */
  iterable<A, E>(stream: Stream.Stream<A, E>): AsyncIterable<A> {
    return Stream.toAsyncIterableWith(stream, this.#context)
  }
}

const settled = <A, E>(exit: Exit.Exit<A, E>, signal: AbortSignal | undefined): A => {
  if (Exit.isSuccess(exit)) return exit.value
  if (Cause.hasInterruptsOnly(exit.cause)) signal?.throwIfAborted()
  throw Cause.squash(exit.cause)
}
