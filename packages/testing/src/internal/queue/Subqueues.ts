import type { Family } from "./QueueTree.ts"
import { Queue } from "./Queue.ts"

/** The subqueues of a queue: there while they hold a message or are open (behaviours B-29, B-30). */
export class Subqueues {
  readonly #byName = new Map<string, Queue>()
  readonly #names = new Map<Queue, string>()

  get all(): ReadonlyArray<Queue> {
    return [...this.#byName.values()]
  }

  get names(): ReadonlyArray<string> {
    return [...this.#names.values()]
  }

  /** The subqueue of a name, which is created if it is not there. */
  open(name: string, formatName: string, family: Family): Queue {
    const key = name.toLowerCase()
    const known = this.#byName.get(key)
    if (known !== undefined) return known
    const subqueue: Queue = new Queue(formatName, family, false, null, () => {
      if (subqueue.handles > 0) return
      this.#byName.delete(key)
      this.#names.delete(subqueue)
    })
    this.#byName.set(key, subqueue)
    this.#names.set(subqueue, name)
    return subqueue
  }
}
