import { ErrorCode, Mqrt } from "@effect-msmq/core"
import { Deferred, Effect, Layer } from "effect"

interface Held {
  readonly code: ErrorCode.ErrorCodeName | undefined
  readonly done: Deferred.Deferred<void>
  readonly go: Deferred.Deferred<void>
}

const failure = (name: string, code: ErrorCode.ErrorCodeName) =>
  Effect.fail(new Mqrt.MqrtFailure({ function: name, code: ErrorCode.errors[code], properties: [] }))

/** Calls that have done their work in the backend and do not return yet, as calls do that run on another thread. */
export class HeldCalls {
  readonly #held = new Map<string, Held>()

  /**
   * Holds the next call of a function. `done` resolves when its work is done; `release` lets it return. With a `code` it
   * does no work and returns that.
   */
  hold(name: keyof Mqrt.MqrtFunctions, code?: ErrorCode.ErrorCodeName) {
    const held = { code, done: Deferred.makeUnsafe<void>(), go: Deferred.makeUnsafe<void>() }
    this.#held.set(name, held)
    return {
      done: Effect.runPromise(Deferred.await(held.done)),
      release: () => void Effect.runSync(Deferred.succeed(held.go, undefined))
    }
  }

  around<A, E>(name: string, call: Effect.Effect<A, E>): Effect.Effect<A, E | Mqrt.MqrtFailure> {
    return Effect.suspend((): Effect.Effect<A, E | Mqrt.MqrtFailure> => {
      const held = this.#held.get(name)
      if (held === undefined) return call
      this.#held.delete(name)
      const work: Effect.Effect<A, E | Mqrt.MqrtFailure> = held.code === undefined ? call : failure(name, held.code)
      return Effect.uninterruptible(
        Effect.tap(Effect.exit(work), () =>
          Effect.andThen(Deferred.succeed(held.done, undefined), Deferred.await(held.go))
        ).pipe(Effect.flatten)
      )
    })
  }
}

/** A backend whose calls a test can hold. */
export const layer = <E, R>(held: HeldCalls, base: Layer.Layer<Mqrt.Mqrt, E, R>): Layer.Layer<Mqrt.Mqrt, E, R> =>
  Layer.effect(
    Mqrt.Mqrt,
    Effect.flatMap(Mqrt.Mqrt, (backend) =>
      Mqrt.make(
        Object.fromEntries(
          Object.entries(backend).map(([name, call]) => [
            name,
            typeof call === "function"
              ? (...given: ReadonlyArray<unknown>) =>
                  held.around(
                    name,
                    Effect.suspend(() => Reflect.apply(call, backend, given) as Effect.Effect<unknown>)
                  )
              : call
          ])
        ) as Mqrt.MqrtFunctions
      )
    )
  ).pipe(Layer.provide(base))
