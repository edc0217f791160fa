import { Queue } from "./Queue.ts"
import type { QueueTree } from "./QueueTree.ts"

/** Subqueues of a queue. A subqueue exists while it holds a message or is open (behaviours B-29, B-30). */
export class Subqueues {
  readonly #byName = new Map<string, Queue>()
  readonly #names = new Map<Queue, string>()

  /** Subqueues in the order of creation. */
  get all(): ReadonlyArray<Queue> {
    return [...this.#byName.values()]
  }

  /** Their names, in the same order. */
  get names(): ReadonlyArray<string> {
    return [...this.#names.values()]
  }

  /** Returns the subqueue of a name, and creates it where there is none. */
  open(name: string, formatName: string, tree: QueueTree): Queue {
    const key = name.toLowerCase()
    const known = this.#byName.get(key)
    if (known !== undefined) return known
    const subqueue: Queue = new Queue(formatName, tree, false, null, () => {
      if (subqueue.handles > 0) return
      this.#byName.delete(key)
      this.#names.delete(subqueue)
    })
    this.#byName.set(key, subqueue)
    this.#names.set(subqueue, name)
    return subqueue
  }
}
