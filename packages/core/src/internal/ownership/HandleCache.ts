/** Caches of handles, each with a count of its users. */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as BackgroundClock from "../../mqrt/BackgroundClock.ts"
import { CallSite } from "../../mqrt/CallSite.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Limits of a cache, and its name. */
interface Limits {
  /** Name of the cache in errors. */
  readonly name: string
  /** Number of unused things that are kept. The one that was unused for the longest time is closed first. */
  readonly capacity: number
}

/** Settings of a cache. */
interface Settings<K, A> extends Limits {
  /** Opens what a key stands for, until the scope closes. */
  readonly open: (key: K) => Effect.Effect<A, MsmqError, Mqrt | Scope.Scope>
  /** Time for which something unused is kept. */
  readonly idleTimeToLive: Duration.Input
}

/**
 * Cache of things with handles. Each stays until the last scope that got it has closed, and for the idle time after that. The
 * closing of the scope that the cache was made in closes all of them, each once.
 */
export class HandleCache<in out K, in out A> {
  readonly #limits: Limits
  readonly #map: RcMap.RcMap<K, A, MsmqError>
  readonly #openedAt = new CallSite()
  readonly #usage: Usage<K>
  #closedAt: CallSite | undefined

  private constructor(limits: Limits, map: RcMap.RcMap<K, A, MsmqError>, usage: Usage<K>) {
    this.#limits = limits
    this.#map = map
    this.#usage = usage
  }

  /** Makes a cache until the scope closes. */
  static make<K, A>({
    capacity,
    idleTimeToLive,
    name,
    open
  }: Settings<K, A>): Effect.Effect<HandleCache<K, A>, never, Mqrt | Scope.Scope> {
    return Effect.gen(function* () {
      const usage = new Usage<K>()
      const map: RcMap.RcMap<K, A, MsmqError> = yield* RcMap.make({
        lookup: (key: K) =>
          Effect.andThen(
            Effect.addFinalizer(() => Effect.sync(() => usage.forget(key))),
            // The map would keep a failure for the idle time.
            Effect.tapError(open(key), () => RcMap.invalidate(map, key))
          ),
        idleTimeToLive
      })
      const cache = new HandleCache({ capacity, name }, map, usage)
      // It runs before the map closes, which interrupts those that wait for an opening.
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          cache.#closedAt = new CallSite()
        })
      )
      return cache
    })
  }

  /** Returns `true` where a key is open already. */
  has(key: K): Effect.Effect<boolean> {
    return RcMap.has(this.#map, key)
  }

  /** Gets what a key stands for, until the scope closes. Concurrent calls share one opening. Fails once the cache has closed. */
  get(operation: Operation, key: K): Effect.Effect<A, MsmqError, Scope.Scope> {
    const unlessClosed = this.#unlessClosed(operation)
    return unlessClosed.pipe(
      Effect.andThen(this.#untilIdle(key)),
      Effect.catchCauseIf(Cause.hasInterruptsOnly, (cause) => Effect.andThen(unlessClosed, Effect.failCause(cause))),
      // What was opened while the cache closed is closed again.
      Effect.tap(() => unlessClosed)
    )
  }

  /** Closes what a key stands for, at once if it is unused, otherwise after its last user. The next `get` opens it again. */
  invalidate(key: K): Effect.Effect<void> {
    return RcMap.invalidate(this.#map, key)
  }

  #unlessClosed(operation: Operation): Effect.Effect<void, MsmqError> {
    return Effect.suspend(() =>
      this.#closedAt === undefined
        ? Effect.void
        : operation.error({
            _tag: "Released",
            resource: this.#limits.name,
            openedAt: this.#openedAt.toString(),
            releasedAt: this.#closedAt.toString()
          })
    )
  }

  /** Gets it in a scope of its own, whose closing begins the idle time. The idle time does not keep the process alive. */
  #untilIdle(key: K): Effect.Effect<A, MsmqError, Scope.Scope> {
    const letGo = (scope: Scope.Closeable) => BackgroundClock.provide(Scope.close(scope, Exit.void))
    const got = Effect.flatMap(Scope.make(), (scope) =>
      Scope.provide(RcMap.get(this.#map, key), scope).pipe(
        Effect.map((value) => {
          this.#usage.begin(key)
          return { scope, value }
        }),
        Effect.onError(() => letGo(scope))
      )
    )
    const release = ({ scope }: { readonly scope: Scope.Closeable }) =>
      Effect.andThen(
        letGo(scope),
        Effect.suspend(() => {
          this.#usage.end(key)
          const surplus = this.#usage.surplus(this.#limits.capacity)
          return surplus === undefined ? Effect.void : RcMap.invalidate(this.#map, surplus.key)
        })
      )
    return Effect.map(Effect.acquireRelease(got, release, { interruptible: true }), ({ value }) => value)
  }
}

/** Counts of the users of keys, and the order in which keys became unused. */
class Usage<in out K> {
  readonly #users = new Map<K, number>()
  /** Open keys without users, the one that was unused for the longest time first. */
  readonly #unused = new Set<K>()

  begin(key: K): void {
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1)
    this.#unused.delete(key)
  }

  end(key: K): void {
    const users = (this.#users.get(key) ?? 1) - 1
    if (users > 0) return void this.#users.set(key, users)
    if (this.#users.delete(key)) this.#unused.add(key)
  }

  /** Forgets a key that was closed. */
  forget(key: K): void {
    this.#unused.delete(key)
  }

  /** Takes out the key that was unused for the longest time, where more than `capacity` are unused. */
  surplus(capacity: number): { readonly key: K } | undefined {
    if (this.#unused.size <= capacity) return undefined
    for (const key of this.#unused) {
      this.#unused.delete(key)
      return { key }
    }
    return undefined
  }
}
