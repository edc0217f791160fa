import { AsyncLocalStorage } from "node:async_hooks"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import type * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { Abortable } from "../../promises/Abortable.ts"
import { CallSite } from "../../mqrt/CallSite.ts"
import { beginCall, endCall } from "../ownership/liveness.ts"
import type { OwnedHandle, Run } from "../ownership/OwnedHandle.ts"
import { closeNow, Opener, Runs } from "../ownership/OwnedHandle.ts"
import type { Call } from "../options/illegalOption.ts"
import { readOptions } from "../options/illegalOption.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { Participation } from "../../Transaction.ts"
import { Current } from "../../Transaction.ts"
import type { NameOf, OptionTable } from "../options/OptionTable.ts"
import { AbortGate, CurrentAbortGate } from "./AbortGate.ts"
import { CallProgram } from "./CallProgram.ts"
import { PromptScheduler } from "./PromptScheduler.ts"
import { StreamIterator } from "./StreamIterator.ts"

/** Call of a function of the program, such as a handler of `consume`. Calls of the promise face by the function are a part of it. */
interface ProgramCall {
  /** Runs that the function was called in. */
  readonly runs: ReadonlyArray<Run>
  /** Transaction that the function was called in. */
  readonly transaction: Participation
  /** Span that the function was called in. */
  readonly span: Tracer.AnySpan | undefined
}

const programCall = new AsyncLocalStorage<ProgramCall>()

/** Runner of effects and streams for programs that do not use Effect, with what a layer provides, such as a tracer. */
export class Runner {
  readonly #context: Context.Context<never>
  /** Left out where the scheduler of the context lets fibers begin at once. */
  readonly #scheduler: PromptScheduler | undefined
  #latest: { readonly call: ProgramCall; readonly context: Context.Context<never> } | undefined = undefined

  constructor(context: Context.Context<never>) {
    this.#scheduler = PromptScheduler.of(context)
    this.#context = this.#scheduler === undefined ? context : Context.add(context, Scheduler.Scheduler, this.#scheduler)
  }

  /** Reads the options of a call, and returns the promise of its effect. See {@link promise}. */
  run<O extends Abortable, A, E>(
    call: Call,
    table: OptionTable<NameOf<O>>,
    given: O | undefined,
    run: (options: O) => Effect.Effect<A, E>
  ): Promise<A> {
    const options = readOptions(call, table, given)
    return options instanceof MsmqError ? Promise.reject(options) : this.promise(run(options), options.signal)
  }

  /** Returns a runner for promises that are a part of another one, whose gate this is. */
  within(gate: AbortGate | undefined): Runner {
    return gate === undefined ? this : new Runner(Context.add(this.#context, CurrentAbortGate, gate))
  }

  /** Closes a handle at once. See `OwnedHandle.closeNow`. */
  closeNow(handle: OwnedHandle<unknown>): void {
    closeNow(handle, this.#context)
  }

  /** Runs an effect to its end or its first wait. Returns the fiber, which goes on by itself after a wait. */
  start<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return this.#start(effect, this.#contextHere)
  }

  /**
   * Returns a promise that rejects with the error itself, or with the signal's reason when that aborts it. After
   * something that cannot be undone, an abort has no effect, and the promise has the outcome.
   */
  promise<A, E>(effect: Effect.Effect<A, E>, signal: AbortSignal | undefined): Promise<A> {
    if (signal !== undefined) return this.#gated(effect, signal)
    const fiber = this.#start(effect, this.#contextHere)
    const exit = fiber.pollUnsafe()
    return exit === undefined ? outcomeOf(fiber, undefined) : settled(exit, undefined)
  }

  #gated<A, E>(effect: Effect.Effect<A, E>, signal: AbortSignal): Promise<A> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const gate = new AbortGate(signal, Context.get(this.#context, CurrentAbortGate))
    const fiber = this.#start(gate.guard(effect), Context.add(this.#contextHere, CurrentAbortGate, gate))
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return settled(exit, signal)
    const pass = () => gate.pass()
    signal.addEventListener("abort", pass, { once: true })
    fiber.addObserver(() => signal.removeEventListener("abort", pass))
    pass()
    return outcomeOf(fiber, signal)
  }

  /** Returns an iterable for a loop, which closes what the stream has open when it is left. */
  iterable<A, E>(stream: Stream.Stream<A, E>): AsyncIterable<A> {
    // The stack of the program is available only before the first wait.
    const opener = new CallSite()
    let here = this.#contextHere
    let context = Context.add(here, Opener, opener)
    const contextHere = () => {
      if (here !== this.#contextHere) context = Context.add((here = this.#contextHere), Opener, opener)
      return context
    }
    return { [Symbol.asyncIterator]: () => new StreamIterator(stream, contextHere) }
  }

  /**
   * Calls a function of the program. Its calls of the promise face are a part of the runs, of the transaction and of the span that it
   * is called in.
   */
  call<A>(body: () => A): Effect.Effect<A> {
    return Effect.withFiber((fiber) => Effect.sync(() => programCall.run(programCallIn(fiber), body)))
  }

  /** Calls a function of the program, as {@link call} does, and waits for its promise. */
  await<A>(body: (signal: AbortSignal) => PromiseLike<A>): Effect.Effect<A> {
    return Effect.withFiber((fiber) =>
      Effect.promise((signal) => programCall.run(programCallIn(fiber), () => body(signal)))
    )
  }

  /** Runs an effect that calls functions of the program, such as the source of a batch, as the caller of this would call them. */
  callingHere<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.provideService(effect, CallProgram, AsyncLocalStorage.snapshot())
  }

  /** Starts a fiber, which goes on to its first wait before anything else does. */
  #start<A, E>(effect: Effect.Effect<A, E>, context: Context.Context<never>): Fiber.Fiber<A, E> {
    const fork = Effect.runForkWith(context)
    return this.#scheduler === undefined ? fork(effect) : this.#scheduler.start(() => fork(effect))
  }

  /** Context with the runs and the transaction that a function of the program was called in; the last one is made once. */
  get #contextHere(): Context.Context<never> {
    const call = programCall.getStore()
    if (call === undefined) return this.#context
    if (this.#latest?.call !== call) {
      const here = Context.add(Context.add(this.#context, Runs, call.runs), Current, call.transaction)
      const context = call.span === undefined ? here : Context.add(here, Tracer.ParentSpan, call.span)
      this.#latest = { call, context }
    }
    return this.#latest.context
  }
}

const programCallIn = (fiber: Fiber.Fiber<unknown, unknown>): ProgramCall => ({
  runs: fiber.getRef(Runs),
  transaction: fiber.getRef(Current),
  span: fiber.cache.span
})

/** Returns the promise of a fiber that runs, which is kept from garbage collection until its end. */
const outcomeOf = <A, E>(fiber: Fiber.Fiber<A, E>, signal: AbortSignal | undefined): Promise<A> =>
  new Promise((resolve, reject) => {
    beginCall(fiber)
    fiber.addObserver((exit) => {
      endCall(fiber)
      if (Exit.isSuccess(exit)) resolve(exit.value)
      else reject(errorOf(exit.cause, signal))
    })
  })

/** Returns the promise of a fiber that has ended. */
const settled = <A, E>(exit: Exit.Exit<A, E>, signal: AbortSignal | undefined): Promise<A> =>
  Exit.isSuccess(exit) ? Promise.resolve(exit.value) : Promise.reject(errorOf(exit.cause, signal))

/** Returns the failure of a fiber, or the reason of the signal that interrupted it. */
const errorOf = (cause: Cause.Cause<unknown>, signal: AbortSignal | undefined): unknown =>
  signal?.aborted === true && Cause.hasInterruptsOnly(cause) ? signal.reason : Cause.squash(cause)
