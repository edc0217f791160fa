import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { CallSite } from "../../mqrt/CallSite.ts"
import type { Mqrt } from "../../Mqrt.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { irreversible } from "./AbortGate.ts"
import { Described, facts } from "../Described.ts"
import type { Facts } from "../Described.ts"
import type { Runner } from "./Runner.ts"

/** What is open in the promise face: it owns the scope of what it stands for. */
export abstract class Opened extends Described implements AsyncDisposable {
  readonly #scope: Scope.Closeable
  readonly #opened: Described
  /** @internal */
  protected readonly runner: Runner

  constructor(opened: Described, scope: Scope.Closeable, runner: Runner) {
    super()
    this.#opened = opened
    this.#scope = scope
    this.runner = runner
  }

  /** @internal */
  get [facts](): Facts {
    const shown = this.#opened[facts]
    return { ...shown, kind: `Msmq${shown.kind}` }
  }

  /** Closes it, after what runs on it; again, it does nothing. */
  close(): Promise<void> {
    return this.runner.promise(Scope.close(this.#scope, Exit.void), undefined)
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The scopes of faces, each for as long as its face is there: a face that is dropped takes its scope along. */
const scopes = new WeakMap<object, Scope.Scope>()

/** Makes a face the owner of the scope that it was opened in. */
export const owning = <B extends object>(face: B, scope: Scope.Scope): B => {
  scopes.set(face, scope)
  return face
}

/**
 * Opens something in a scope of its own, which its face in promises owns from then on. What is open comes out, though the
 * signal aborts at that moment: nobody else could close it.
 */
export const opened = <A, B extends object, E>(
  open: Effect.Effect<A, E, Mqrt | Scope.Scope>,
  face: (opened: A, scope: Scope.Closeable) => B
): Effect.Effect<B, E, Mqrt> => {
  // The program's stack is seen only before the first wait.
  const openedAt = new CallSite()
  return Effect.flatMap(Scope.make(), (scope) =>
    open.pipe(
      Scope.provide(scope),
      Effect.provideService(OwnedHandle.Opener, openedAt),
      Effect.flatMap((opened) => irreversible(Effect.sync(() => owning(face(opened, scope), scope)))),
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
  )
}
