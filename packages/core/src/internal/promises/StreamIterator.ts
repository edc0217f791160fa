import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

type Chunk<A, E> = Exit.Exit<ReadonlyArray<A>, E | Cause.Done>

const end: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Iterator over a stream for a program that does not use Effect.
 *
 * Calls of `next` run one after the other. `return` and `throw` interrupt the one that runs, and those behind it return the
 * end, so that no message is taken after either of the two was called.
 */
export class StreamIterator<A, E> implements AsyncIterator<A, undefined> {
  /** Returns the context of the function of the program that calls the iterator. */
  readonly #contextHere: () => Context.Context<never>
  readonly #scope = Scope.makeUnsafe()
  /** Reads the stream. The first read opens it. */
  #pull: Pull.Pull<ReadonlyArray<A>, E>
  /** Elements of the latest read that are not returned yet. */
  #chunk: Iterator<A> | undefined
  #running: Fiber.Fiber<ReadonlyArray<A>, E | Cause.Done> | undefined
  /** Calls of `next` that have not ended. */
  #calls = 0
  /** The latest call of `next`, which the next one waits for unless it has ended. */
  #latest: Promise<unknown> | undefined
  #closed: Promise<void> | undefined

  constructor(stream: Stream.Stream<A, E>, contextHere: () => Context.Context<never>) {
    this.#contextHere = contextHere
    this.#pull = Effect.flatMap(Channel.toPullScoped(stream.channel, this.#scope), (pull) => {
      this.#pull = pull
      return pull
    })
  }

  next(): Promise<IteratorResult<A, undefined>> {
    const context = this.#contextHere()
    const go = () => this.#next(context)
    const next = this.#calls++ === 0 || this.#latest === undefined ? go() : this.#latest.then(go, go)
    if (this.#calls > 0) this.#latest = next
    return next
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#close(Exit.void)
    return end
  }

  async throw(error: unknown): Promise<never> {
    await this.#close(Exit.die(error))
    throw error
  }

  async #next(context: Context.Context<never>): Promise<IteratorResult<A, undefined>> {
    try {
      return await this.#step(context)
    } finally {
      if (--this.#calls === 0) this.#latest = undefined
    }
  }

  async #step(context: Context.Context<never>): Promise<IteratorResult<A, undefined>> {
    if (this.#closed !== undefined) {
      await this.#closed
      return end
    }
    const next = this.#chunk?.next()
    if (next?.done === false) return next
    const exit = await this.#read(context)
    if (Exit.isFailure(exit)) {
      if (this.#closed === undefined) await this.#end(exit)
      return this.#step(context)
    }
    // Elements that have been read are returned also where the iterator was closed meanwhile.
    this.#chunk = exit.value[Symbol.iterator]()
    const first = this.#chunk.next()
    return first.done === true ? this.#step(context) : first
  }

  #read(context: Context.Context<never>): Promise<Chunk<A, E>> {
    return new Promise((resolve) => {
      const running = Effect.runForkWith(context)(this.#pull)
      this.#running = running
      running.addObserver((exit) => {
        this.#running = undefined
        resolve(exit)
      })
    })
  }

  /** Closes after the last message, or throws the stream's failure. */
  async #end(exit: Exit.Failure<unknown, E | Cause.Done>): Promise<void> {
    if (Pull.isDoneCause(exit.cause)) return this.#close(Exit.void)
    try {
      await this.#close(exit)
    } catch (error) {
      await this.#run(Effect.logError("the resources of a stream could not be closed after its failure", error))
    }
    throw Cause.squash(exit.cause)
  }

  #close(exit: Exit.Exit<unknown, unknown>): Promise<void> {
    const interrupted = this.#running === undefined ? Effect.void : Fiber.interrupt(this.#running)
    this.#closed ??= this.#run(Effect.andThen(interrupted, Scope.close(this.#scope, exit)))
    return this.#closed
  }

  #run(effect: Effect.Effect<void>): Promise<void> {
    return Effect.runPromiseWith(this.#contextHere())(effect)
  }
}
