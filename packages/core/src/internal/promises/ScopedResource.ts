import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { CallSite } from "../../mqrt/CallSite.ts"
import type { Mqrt } from "../../Mqrt.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { irreversible } from "./AbortGate.ts"
import { Described, facts } from "../Described.ts"
import type { Facts } from "../Described.ts"
import { checkMade } from "./construction.ts"
import { Runner } from "./Runner.ts"

/** Object of the face with Effect. */
type Counterpart = Described & { readonly isOpen: boolean }

/** Object of the promise face that owns the scope in which its counterpart in Effect was opened. */
export abstract class ScopedResource extends Described implements AsyncDisposable {
  readonly #scope: Scope.Closeable
  readonly #counterpart: Counterpart
  /** @internal */
  protected readonly runner: Runner

  /** @internal */
  constructor(counterpart: Counterpart, scope: Scope.Closeable, runner: Runner) {
    super()
    checkMade(runner instanceof Runner)
    this.#counterpart = counterpart
    this.#scope = scope
    this.runner = runner
  }

  /** @internal */
  get [facts](): Facts {
    return this.#counterpart[facts]
  }

  /** `true` until it is closed, by itself or with what it was opened through. */
  get isOpen(): boolean {
    return this.#counterpart.isOpen
  }

  /** Closes it, after what runs on it; a second call does nothing. */
  close(): Promise<void> {
    return this.runner.promise(Scope.close(this.#scope, Exit.void), undefined)
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Scopes of objects of the promise face, each for as long as its object is reachable. */
const scopes = new WeakMap<object, Scope.Scope>()

/** Makes an object of the promise face the owner of a scope. */
export const owning = <B extends object>(owner: B, scope: Scope.Scope): B => {
  scopes.set(owner, scope)
  return owner
}

/**
 * Opens something in a scope of its own, and makes the object that owns that scope from then on. Succeeds with it also
 * where the signal aborts at that moment: the caller alone could close it.
 */
export const openScoped = <A, B extends object, E>(
  open: Effect.Effect<A, E, Mqrt | Scope.Scope>,
  make: (opened: A, scope: Scope.Closeable) => B
): Effect.Effect<B, E, Mqrt> => {
  // The stack of the program is available only before the first wait.
  const openedAt = new CallSite()
  return Effect.flatMap(Scope.make(), (scope) =>
    open.pipe(
      Scope.provide(scope),
      Effect.provideService(OwnedHandle.Opener, openedAt),
      Effect.flatMap((opened) => irreversible(Effect.sync(() => owning(make(opened, scope), scope)))),
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
  )
}
