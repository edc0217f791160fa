/**
 * Objects that `console.log`, `String` and `JSON.stringify` show by their kind, their queue and whether they are open, without
 * their internals.
 */
import { NodeInspectSymbol } from "effect/Inspectable"
import type { inspect, InspectOptions } from "node:util"
import type { OwnedHandle } from "./ownership/OwnedHandle.ts"
import { printable, printableInspection } from "./printable.ts"

/** Key of the facts that an object shows. */
export const facts: unique symbol = Symbol.for("~@effect-msmq/core/facts")

/** Facts that an object shows: its kind, and others that differ between objects of that kind. */
export interface Facts {
  /** Kind of the object, such as `"Sender"`. */
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

/** Object that is printed by its facts. */
export abstract class Described {
  /** @internal */
  abstract get [facts](): Facts

  /** Returns the kind and the other facts in one line, such as `Sender(.\private$\orders, open)`. */
  toString(): string {
    const values = Object.values(knownFacts(this)).filter((fact) => typeof fact === "string")
    return printable(`${this[facts].kind}(${values.join(", ")})`)
  }
  /** Returns the kind as `_id`, and the other facts. */
  toJSON(): unknown {
    return { _id: this[facts].kind, ...knownFacts(this) }
  }
  /** @internal */
  [NodeInspectSymbol](_depth: number, options: InspectOptions, inspector: typeof inspect): string {
    return `${this[facts].kind} ${printableInspection(inspector(knownFacts(this), options))}`
  }
}

/** Returns the state of a handle in one word. */
export const stateOf = ({ state }: Pick<OwnedHandle<unknown>, "state">): "open" | "closing" | "closed" =>
  state === "open" ? "open" : state === "released" ? "closed" : "closing"
