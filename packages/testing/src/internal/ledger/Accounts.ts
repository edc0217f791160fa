import { CallSite } from "@effect-msmq/core/mqrt/CallSite"

/**
 * Kind of handle that the ledger counts.
 *
 * @category models
 * @since 0.1.0
 */
export type HandleKind = "security context" | "queue" | "cursor" | "transaction" | "locate"

/**
 * A handle that was acquired and not freed yet.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenHandle {
  /** Kind of the handle. */
  readonly kind: HandleKind
  /** Number that the backend gave it. */
  readonly handle: bigint
  /** Stack that opened it. */
  readonly openedAt: string
}

/**
 * Counts of one kind of handle.
 *
 * @category models
 * @since 0.1.0
 */
export interface Count {
  /** Number of handles acquired since the layer was built. */
  readonly acquired: number
  /** Number of them that were freed. */
  readonly freed: number
  /** Number of them that are open. */
  readonly open: number
}

/**
 * A call that breaks a rule of handles.
 *
 * @category models
 * @since 0.1.0
 */
export interface Violation {
  /** Rule that is broken. */
  readonly rule: "freed twice" | "freed but never acquired" | "used after release" | "used but never acquired"
  /** Kind of the handle. */
  readonly kind: HandleKind
  /** Number that the call gave. */
  readonly handle: bigint
  /** Function of `mqrt.dll` that was called. */
  readonly function: string
  /** Stack that called it. */
  readonly at: string
  /** Stack that opened the handle; `null` where it is not known. */
  readonly openedAt: string | null
  /** Stack that released the handle; `null` where it is not known. */
  readonly releasedAt: string | null
}

/**
 * A release that the backend failed to do, so that the handle may still be open there. A release that fails
 * because the handle is already gone, as after a restart of the service, does not count.
 *
 * @category models
 * @since 0.1.0
 */
export interface FailedRelease {
  /** Kind of the handle. */
  readonly kind: HandleKind
  /** Number that the backend gave it. */
  readonly handle: bigint
  /** Function of `mqrt.dll` that was called, such as `MQCloseQueue` or `ITransaction::Abort`. */
  readonly function: string
  /** Name of the error code that it returned, or the defect that it died of. */
  readonly failure: string
  /** Stack that called it. */
  readonly at: string
  /** Stack that opened the handle; `null` where it is not known. */
  readonly openedAt: string | null
}

interface Entry {
  /** Stack that opened the handle; `null` where it is no longer kept. */
  openedAt: CallSite | null
  /** Stack that released it; `null` where it is open, or the stack is no longer kept. */
  releasedAt: CallSite | null
}

interface Account {
  acquired: number
  freed: number
  readonly open: Map<bigint, Entry>
  /** Handles freed lately, the oldest first. */
  readonly released: Map<bigint, Entry>
}

/** Number of handles of each kind that are known to have been released. */
const releasedLimit = 1000
/** Number of them, of all kinds, whose stacks are kept. */
const stacksLimit = 100

/** Files of the ledger, whose frames are left out of stacks. */
const machinery = [import.meta.url, new URL("ledgerFunctions.ts", import.meta.url).href].flatMap((url) => {
  const href = url.replace(/\.[jt]s$/, ".")
  return [href, new URL(href).pathname]
})

const write = (site: CallSite): string =>
  site
    .toString()
    .split("\n")
    .filter((line) => !machinery.some((part) => line.includes(part)))
    .join("\n")

const writeIfKnown = (site: CallSite | null | undefined): string | null =>
  site === null || site === undefined ? null : write(site)

const kinds: ReadonlyArray<HandleKind> = ["security context", "queue", "cursor", "transaction", "locate"]

const byKind = <A>(make: (kind: HandleKind) => A): Record<HandleKind, A> => ({
  "security context": make("security context"),
  queue: make("queue"),
  cursor: make("cursor"),
  transaction: make("transaction"),
  locate: make("locate")
})

const account = (): Account => ({ acquired: 0, freed: 0, open: new Map(), released: new Map() })

const count = ({ acquired, freed, open }: Account): Count => ({ acquired, freed, open: open.size })

/** Bookkeeping of the handle ledger: one account for each kind of handle, with the handles that are open and were released. */
export class Accounts {
  readonly #accounts = byKind(account)
  readonly #violations: Array<Violation> = []
  readonly #failures: Array<FailedRelease> = []
  /** Released handles whose stacks are kept, the oldest first. */
  readonly #latest: Array<Entry> = []

  /** Books an opening. */
  acquire(kind: HandleKind, handle: bigint, openedAt: CallSite): void {
    const account = this.#accounts[kind]
    account.acquired++
    // A backend may give the same number out again.
    account.released.delete(handle)
    openedAt.keep()
    account.open.set(handle, { openedAt, releasedAt: null })
  }

  /** Books a release, and returns a function that undoes the booking where the backend refuses the release. */
  release(kind: HandleKind, handle: bigint, by: string): () => void {
    const account = this.#accounts[kind]
    const entry = account.open.get(handle)
    if (entry === undefined) {
      this.#violate(account.released.has(handle) ? "freed twice" : "freed but never acquired", kind, handle, by)
      return () => {}
    }
    account.freed++
    account.open.delete(handle)
    const { openedAt } = entry
    openedAt?.letGo()
    entry.releasedAt = new CallSite()
    this.#keepRelease(account, handle, entry)
    return () => {
      account.freed--
      account.released.delete(handle)
      openedAt?.keep()
      account.open.set(handle, { openedAt, releasedAt: null })
    }
  }

  /** Books a use, which breaks a rule where the handle is not open. */
  use(kind: HandleKind, handle: bigint, by: string): void {
    const account = this.#accounts[kind]
    if (account.open.has(handle)) return
    this.#violate(account.released.has(handle) ? "used after release" : "used but never acquired", kind, handle, by)
  }

  /** Returns the open handles, by kind, the oldest first. */
  open(): ReadonlyArray<OpenHandle> {
    return kinds.flatMap((kind) =>
      [...this.#accounts[kind].open].map(([handle, { openedAt }]) => ({
        kind,
        handle,
        openedAt: writeIfKnown(openedAt) ?? ""
      }))
    )
  }

  /** Returns the counts of each kind. */
  counts(): Record<HandleKind, Count> {
    return byKind((kind) => count(this.#accounts[kind]))
  }

  /** Returns the broken rules, in the order in which they were broken. */
  violations(): ReadonlyArray<Violation> {
    return [...this.#violations]
  }

  /** Books a release that the backend failed to do. */
  fail(kind: HandleKind, handle: bigint, by: string, failure: string): void {
    const { open, released } = this.#accounts[kind]
    const entry = open.get(handle) ?? released.get(handle)
    const at = write(new CallSite())
    this.#failures.push({ kind, handle, function: by, failure, at, openedAt: writeIfKnown(entry?.openedAt) })
  }

  /** Returns the releases that failed, in order. */
  failedReleases(): ReadonlyArray<FailedRelease> {
    return [...this.#failures]
  }

  #keepRelease(account: Account, handle: bigint, entry: Entry): void {
    account.released.set(handle, entry)
    if (account.released.size > releasedLimit) {
      for (const oldest of account.released.keys()) {
        account.released.delete(oldest)
        break
      }
    }
    this.#latest.push(entry)
    const older = this.#latest.length > stacksLimit ? this.#latest.shift() : undefined
    if (older !== undefined) older.openedAt = older.releasedAt = null
  }

  #violate(rule: Violation["rule"], kind: HandleKind, handle: bigint, by: string): void {
    const entry = this.#accounts[kind].released.get(handle)
    this.#violations.push({
      rule,
      kind,
      handle,
      function: by,
      at: write(new CallSite()),
      openedAt: writeIfKnown(entry?.openedAt),
      releasedAt: writeIfKnown(entry?.releasedAt)
    })
  }
}
