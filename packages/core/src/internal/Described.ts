/**
 * Something open, as `console.log`, `String` and `JSON.stringify` show it: its kind, its queue and whether it is still open, and
 * nothing of what is inside.
 */
import { inspect, type InspectOptions } from "node:util"
import type { OwnedHandle } from "./ownership/OwnedHandle.ts"
import { printable, printableInspection } from "./printable.ts"

/** The facts that a thing shows of itself. */
export const facts: unique symbol = Symbol.for("~@effect-msmq/core/facts")

/** A kind, such as `"Sender"`, and what tells one of that kind from another. */
export interface Facts {
  readonly kind: string
  readonly [fact: string]: string | boolean | undefined
}

/** Returns the facts that are known, without the kind. */
const knownFacts = (described: Described): Readonly<Record<string, string | boolean>> => {
  const { kind: _, ...others } = described[facts]
  const known: Record<string, string | boolean> = {}
  for (const [name, fact] of Object.entries(others)) if (fact !== undefined) known[name] = fact
  return known
}

export abstract class Described {
  /** @internal */
  abstract get [facts](): Facts

  /** Returns its kind and what tells it from others, in a line: such as `Sender(.\private$\orders, open)`. */
  toString(): string {
    const values = Object.values(knownFacts(this)).filter((fact) => typeof fact === "string")
    return printable(`${this[facts].kind}(${values.join(", ")})`)
  }
  /** Returns its kind as `_id` and what tells it from others. */
  toJSON(): unknown {
    return { _id: this[facts].kind, ...knownFacts(this) }
  }
  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `${this[facts].kind} ${printableInspection(inspect(knownFacts(this), options))}`
  }
}

/** Returns whether a handle can still be used, in a word. */
export const stateOf = ({ state }: Pick<OwnedHandle<unknown>, "state">): "open" | "closing" | "closed" =>
  state === "open" ? "open" : state === "released" ? "closed" : "closing"
