import type { Session } from "./Link.ts"

/** Handle that a session at the gateway has. */
export interface RemoteHandle {
  readonly session: Session
  readonly number: number
}

/** Handles of a layer: those that core knows, and what they are at the gateway. */
export class RemoteHandles {
  readonly #handles = new Map<bigint, RemoteHandle>()
  #next = 1n

  /** Adds a handle. */
  add(session: Session, number: number): bigint {
    const handle = this.#next++
    this.#handles.set(handle, { session, number })
    return handle
  }

  /** Returns the number of a handle in a session; `undefined` where the handle is closed, or was of another session. */
  in(session: Session | undefined, handle: bigint): number | undefined {
    const known = this.#handles.get(handle)
    return known !== undefined && known.session === session ? known.number : undefined
  }

  /** Returns `true` for a handle that is open, or was when its session ended. */
  has(handle: bigint): boolean {
    return this.#handles.has(handle)
  }

  /** Notes what a handle is in another session. */
  replace(handle: bigint, session: Session, number: number): void {
    this.#handles.set(handle, { session, number })
  }

  /** Forgets a handle. */
  remove(handle: bigint): void {
    this.#handles.delete(handle)
  }
}
