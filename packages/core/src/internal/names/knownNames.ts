/**
 * Names of queues in messages. A name that Message Queuing itself returned with a message is legal, even if our grammar refuses it,
 * so that a message that was received can always be sent on. A name that was legal before is not read again.
 */
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import * as PathName from "../../PathName.ts"
import { describeValue } from "../errors/describeValue.ts"
import { queueName } from "../options/queueNames.ts"
import { Violation } from "../options/Violation.ts"

/** Number of names that are remembered, more than a program sends to. A full set is emptied. */
const mostNames = 1000

/** Rules of a field that names a queue. */
interface Use {
  /** Returns `true` for a name that the field may have. */
  readonly allows: (name: FormatName.FormatName | PathName.PathName) => boolean
  /** Rule for a name that the field may not have. */
  readonly rule: string
  /** Returns a legal path name as the field has it: a format name, or a path name that `QueueAddresses` resolves. */
  readonly printPath: (name: PathName.PathName) => string
}

/** Names that one field of a message may have. */
class KnownNames {
  readonly #names = new Set<string>()
  readonly #use: Use

  constructor(use: Use) {
    this.#use = use
  }

  /** Remembers a name as legal. */
  remember(name: string): void {
    if (this.#names.has(name)) return
    if (this.#names.size === mostNames) this.#names.clear()
    this.#names.add(name)
  }

  /** Returns a format name, or the path name of a queue of this computer, for a name that is legal; otherwise the violation. */
  read(given: unknown, field: string): string | Violation {
    if (typeof given === "string" && this.#names.has(given)) return given
    const name = queueName.read(given, field)
    if (name instanceof Violation) return name
    const text =
      typeof name === "string" ? name : PathName.isPathName(name) ? PathName.format(name) : FormatName.format(name)
    const parsed = FormatName.fromString(text)
    if (Result.isFailure(parsed)) {
      const { message, reason } = parsed.failure
      const rule = reason._tag === "IllegalName" ? reason.rule : message
      return new Violation(field, `it must be a path name or format name: ${rule}`, describeValue(text))
    }
    if (!this.#use.allows(parsed.success)) return new Violation(field, this.#use.rule, describeValue(text))
    if (PathName.isPathName(parsed.success)) return this.#use.printPath(parsed.success)
    this.remember(text)
    return text
  }
}

/** Returns `true` for the path name of a whole queue. */
const isQueuePath = (name: FormatName.FormatName | PathName.PathName): name is PathName.QueuePath =>
  name._tag === "QueuePath" && name.subqueue === null

/** Returns a predicate for the names of whole queues that support every use. */
export const allowing =
  (...uses: ReadonlyArray<Parameters<typeof FormatName.supports>[1]>): Use["allows"] =>
  (name) =>
    isQueuePath(name) || uses.every((use) => FormatName.supports(name, use))

const asDirect = (name: PathName.PathName): string => FormatName.format(FormatName.fromPathName(name))

/** On another computer, `.` would mean that computer. */
const asPortable = (name: PathName.PathName): string =>
  PathName.isLocal(name) ? PathName.format(name) : asDirect(name)

const mustTakeMessages =
  "it must name a queue that messages can be sent to, which no subqueue, journal or dead-letter queue is"

/** Names of the queues in a message, by field. */
export const namesIn = {
  responseQueue: new KnownNames({ allows: allowing("responseQueue"), rule: mustTakeMessages, printPath: asPortable }),
  adminQueue: new KnownNames({
    allows: allowing("adminQueue"),
    rule: `${mustTakeMessages}, and no multicast address`,
    printPath: asPortable
  }),
  deadLetterQueue: new KnownNames({
    allows: allowing("send", "receive"),
    rule: "it must name a transactional queue on this computer, and no part of one",
    printPath: asDirect
  })
} as const

/** Field of a message that names a queue. */
export type QueueField = keyof typeof namesIn
