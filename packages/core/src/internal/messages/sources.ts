/** Sources of the messages of a batch: each is read in chunks, by pulling. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** Something that messages can be read from. */
export interface Source<A, E = never, R = never> {
  /** `true` where reading may wait for somebody else. */
  readonly waits: boolean
  /** Opens it; the scope closes it. */
  readonly open: (scope: Scope.Scope) => Effect.Effect<Reading<A, E, R>, never, R>
}

/** An open source. */
export interface Reading<A, E = never, R = never> {
  /** The next chunk, or the end. */
  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E, void, R>
  /** Tells whether the end is reached, as far as that is known without a pull. */
  readonly isOver: () => boolean
}

const chunkSize = 256

/** Returns the source that reads a stream, an array or another iterable. */
export const sourceOf = <A, E, R>(messages: Stream.Stream<A, E, R> | Iterable<A>): Source<A, E, R> => {
  if (Stream.isStream(messages)) {
    return {
      waits: true,
      open: (scope) => Effect.map(Channel.toPullScoped(Stream.toChannel(messages), scope), endless)
    }
  }
  return { waits: false, open: Array.isArray(messages) ? () => openArray(messages) : (scope) => open(messages, scope) }
}

/** Returns the source that reads what a sink is given. */
export const sourceOfPull = <A, E>(pull: Reading<A, E>["pull"]): Source<A, E> => ({
  waits: true,
  open: () => Effect.succeed(endless(pull))
})

/** Returns a reading whose end is not known before it is asked for more. */
const endless = <A, E, R>(pull: Reading<A, E, R>["pull"]): Reading<A, E, R> => ({ pull, isOver: () => false })

/** Reads an array as one chunk: it is at hand, however long it is. */
const openArray = <A>(array: ReadonlyArray<A>): Effect.Effect<Reading<A>> =>
  Effect.sync(() => {
    let over = false
    return {
      isOver: () => over,
      pull: Effect.suspend(() => {
        over = true
        return Arr.isReadonlyArrayNonEmpty(array) ? Effect.succeed(array) : Cause.done()
      })
    }
  })

/**
 * Reads an iterable. The scope ends the iteration, so that a generator can clean up. The messages that it brings before it
 * throws are read.
 */
const open = <A>(iterable: Iterable<A>, scope: Scope.Scope): Effect.Effect<Reading<A>> =>
  Effect.gen(function* () {
    const iterator = iterable[Symbol.iterator]()
    let over = false
    let failure: Effect.Effect<never> | undefined
    const fill = (chunk: Array<A>): void => {
      try {
        while (chunk.length < chunkSize) {
          const result = iterator.next()
          over = result.done === true
          if (over) return
          chunk.push(result.value)
        }
      } catch (thrown) {
        over = true
        failure = Effect.die(thrown)
      }
    }
    const pull = Effect.suspend(() => {
      const chunk: Array<A> = []
      if (!over) fill(chunk)
      return Arr.isReadonlyArrayNonEmpty(chunk) ? Effect.succeed(chunk) : (failure ?? Cause.done())
    })
    yield* Scope.addFinalizer(
      scope,
      Effect.suspend(() => (over ? Effect.void : ended(Effect.try(() => iterator.return?.()))))
    )
    return { isOver: () => over && failure === undefined, pull }
  })

/**
 * Reads an async iterable as a stream, which dies with what the iteration rejects with, and ends the iteration when it is
 * left early. It does not wait for that while the iteration itself has not answered: it might never.
 */
export const streamOf = <A>(iterable: AsyncIterable<A>): Stream.Stream<A> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const iterator = iterable[Symbol.asyncIterator]()
      let state: "idle" | "asked" | "over" = "idle"
      const next = async (): Promise<IteratorResult<A, unknown>> => {
        state = "asked"
        let over = true
        try {
          const result = await iterator.next()
          over = result.done === true
          return result
        } finally {
          state = over ? "over" : "idle"
        }
      }
      const pull = Effect.flatMap(Effect.promise(next), (result) =>
        result.done === true ? Cause.done() : Effect.succeed(Arr.of(result.value))
      )
      yield* Effect.addFinalizer(() => {
        const end = ended(Effect.tryPromise(async () => iterator.return?.()))
        if (state === "over") return Effect.void
        return state === "idle" ? end : Effect.forkDetach(end, { startImmediately: true })
      })
      return Stream.fromPull(Effect.succeed(pull))
    })
  )

/** Ends an iteration. A batch that stops early has a reason of its own, which a failure of this must not hide. */
const ended = (end: Effect.Effect<unknown, Cause.UnknownError>): Effect.Effect<void> =>
  Effect.catchCause(Effect.asVoid(end), (cause) =>
    Effect.logError("the iteration of the messages to send could not be ended", cause)
  )
