/**
 * Names of queues in messages. A name that Message Queuing itself returned with a message is legal, even if our grammar refuses it,
 * so that a message that was received can always be sent on. A name that was legal before is not read again.
 */
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as PathName from "../../PathName.ts"

/** Number of names that are remembered, more than a program sends to. A full set is emptied. */
const mostNames = 1000

/** Names of one kind that are known to be legal. */
class KnownNames {
  readonly #names = new Set<string>()
  readonly #parse: (name: string) => Result.Result<unknown, MsmqError>
  readonly #rule: (name: string, rule: string) => string

  constructor(
    parse: (name: string) => Result.Result<unknown, MsmqError>,
    rule: (name: string, rule: string) => string
  ) {
    this.#parse = parse
    this.#rule = rule
  }

  /** Remembers a name as legal. */
  remember(name: string): void {
    if (this.#names.has(name)) return
    if (this.#names.size === mostNames) this.#names.clear()
    this.#names.add(name)
  }

  /** Returns the rule that a value breaks, or `undefined` for a legal name. */
  violation(value: unknown): string | undefined {
    if (typeof value !== "string") return this.#rule("", "it must be a string")
    if (this.#names.has(value)) return undefined
    const parsed = this.#parse(value)
    if (Result.isFailure(parsed)) {
      const { reason } = parsed.failure
      return this.#rule(value, reason._tag === "IllegalName" ? reason.rule : parsed.failure.message)
    }
    this.remember(value)
    return undefined
  }
}

/** Returns a path name as it is right on another computer, where `.` would mean that computer. */
const portable = (name: PathName.PathName): string =>
  FormatName.format(
    FormatName.fromPathName(PathName.isLocal(name) ? { ...name, computer: "<name of this computer>" } : name)
  )

/** Names that other computers read in a message: response queues and administration queues. */
export const formatNames = new KnownNames(FormatName.parse, (name, rule) => {
  const path = PathName.parse(name)
  return Result.isSuccess(path)
    ? `it must be a format name, and this is a path name: write ${portable(path.success)}`
    : `it must be a format name: ${rule}`
})

/** Names that only the sender's computer reads: dead-letter queues. */
export const localNames = new KnownNames(
  FormatName.fromString,
  (_, rule) => `it must be a path name or format name of a queue on this computer: ${rule}`
)
