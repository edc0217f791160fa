import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const chunkSize = 256

/** An iterable as a stream that also ends the iteration when it is left early, so that a generator can clean up. */
export const streamOf = <A>(iterable: Iterable<A>): Stream.Stream<A> =>
  Array.isArray(iterable)
    ? Stream.fromArray(iterable)
    : Stream.unwrap(
        Effect.gen(function* () {
          const iterator = iterable[Symbol.iterator]()
          let ended = false
          yield* Effect.addFinalizer(() =>
            Effect.sync(() => {
              if (!ended) iterator.return?.()
            })
          )
          const pull = Effect.suspend(() => {
            const chunk: Array<A> = []
            while (!ended && chunk.length < chunkSize) {
              const next = iterator.next()
              if (next.done === true) ended = true
              else chunk.push(next.value)
            }
            return Arr.isReadonlyArrayNonEmpty(chunk) ? Effect.succeed(chunk) : Cause.done()
          })
          return Stream.fromPull(Effect.succeed(pull))
        })
      )
