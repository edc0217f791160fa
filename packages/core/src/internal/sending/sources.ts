/** Sources of the messages of a batch, which are read in chunks. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CallProgram } from "../promises/CallProgram.ts"

/** Source that messages can be read from. */
export interface Source<A, E = never, R = never> {
  /** `true` where a read may wait for something else. */
  readonly waits: boolean
  /** Opens the source, which the scope closes. */
  readonly open: (scope: Scope.Scope) => Effect.Effect<Reading<A, E, R>, never, R>
}

/** Source that is open. */
export interface Reading<A, E = never, R = never> {
  /** Reads the next chunk, or the end. */
  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E, void, R>
  /** Returns `true` once the end is known to be reached, without a read. */
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
  return {
    waits: false,
    open: Array.isArray(messages) ? () => openArray(messages) : (scope) => openIterable(messages, scope)
  }
}

/** Returns the source that reads the input of a sink. */
export const sourceOfPull = <A, E>(pull: Reading<A, E>["pull"]): Source<A, E> => ({
  waits: true,
  open: () => Effect.succeed(endless(pull))
})

/** Returns a reading whose end only a read shows. */
const endless = <A, E, R>(pull: Reading<A, E, R>["pull"]): Reading<A, E, R> => ({ pull, isOver: () => false })

/** Reads an array as one chunk, of any length, since it is in memory. */
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
 * Reads an iterable. The scope ends the iteration, so that a generator can clean up. Messages that come before the iterable
 * throws are read.
 */
const openIterable = <A>(iterable: Iterable<A>, scope: Scope.Scope): Effect.Effect<Reading<A>> =>
  Effect.gen(function* () {
    const callProgram = yield* CallProgram
    const iterator = callProgram(() => iterable[Symbol.iterator]())
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
      if (!over) callProgram(() => fill(chunk))
      return Arr.isReadonlyArrayNonEmpty(chunk) ? Effect.succeed(chunk) : (failure ?? Cause.done())
    })
    yield* Scope.addFinalizer(
      scope,
      Effect.suspend(() =>
        over ? Effect.void : endIteration(Effect.try(() => callProgram(() => iterator.return?.())))
      )
    )
    return { isOver: () => over && failure === undefined, pull }
  })

/**
 * Reads an async iterable as a stream, which dies when the iteration rejects, and ends the iteration when it is left early. It
 * does not wait for that end while `next` has not answered, which might never happen.
 */
export const streamOf = <A>(iterable: AsyncIterable<A>): Stream.Stream<A> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const callProgram = yield* CallProgram
      const iterator = callProgram(() => iterable[Symbol.asyncIterator]())
      let state: "idle" | "asked" | "over" = "idle"
      const next = async (): Promise<IteratorResult<A, unknown>> => {
        state = "asked"
        let over = true
        try {
          const result = await callProgram(() => iterator.next())
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
        const end = endIteration(Effect.tryPromise(async () => callProgram(() => iterator.return?.())))
        if (state === "over") return Effect.void
        return state === "idle" ? end : Effect.forkDetach(end, { startImmediately: true })
      })
      return Stream.fromPull(Effect.succeed(pull))
    })
  )

/** Ends an iteration. A failure of that is logged, since it must not hide the reason of a batch that stops early. */
const endIteration = (end: Effect.Effect<unknown, Cause.UnknownError>): Effect.Effect<void> =>
  Effect.catchCause(Effect.asVoid(end), (cause) =>
    Effect.logError("the iteration of the messages to send could not be ended", cause)
  )
