import type { Client, MachineRight, QueueRight } from "../../GatewayPolicy.ts"
import { usualMachineRights } from "../rights.ts"
import { fold, isThis, type ThisComputer } from "./QueueAddress.ts"

/** Rights on a queue. */
export type QueueRights = ReadonlySet<QueueRight>

/** Returns the pattern of a rule as names are compared with it. */
const patternOf = (pattern: string, computer: ThisComputer): RegExp => {
  const [host = "", ...rest] = pattern.split("\\")
  const written = rest.length > 0 && isThis(computer, host) ? [".", ...rest].join("\\") : pattern
  const escaped = fold(written)
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, ".*")
  return new RegExp(`^${escaped}$`, "s")
}

/** Rights of a client, as a session asks for them. */
export class Rights {
  readonly #machine: ReadonlySet<MachineRight>
  readonly #rules: ReadonlyArray<{ readonly patterns: ReadonlyArray<RegExp>; readonly rights: QueueRights }>

  constructor({ machine = usualMachineRights, queues = [] }: Client, computer: ThisComputer) {
    this.#machine = new Set(machine)
    this.#rules = queues.map(({ queues, rights }) => ({
      patterns: queues.map((pattern) => patternOf(pattern, computer)),
      rights: new Set(rights.includes("receive") ? [...rights, "peek"] : rights)
    }))
  }

  /** Returns `true` where the client has a right on the computer. */
  onMachine(right: MachineRight): boolean {
    return this.#machine.has(right)
  }

  /** Returns the rights of the client on a queue. */
  onQueue(queue: string): QueueRights {
    const all = new Set<QueueRight>()
    for (const { patterns, rights } of this.#rules) {
      if (patterns.some((pattern) => pattern.test(queue))) for (const right of rights) all.add(right)
    }
    return all
  }
}
