import type * as Fiber from "effect/Fiber"

/** Number of fibers that are resumed in one turn of the event loop. */
const turn = 100

interface Resumption {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly resume: () => void
}

/**
 * Fibers whose wait is over. They are resumed in order, some in each turn of the event loop, so that one message which ten
 * thousand peeks wait for does not keep the event loop busy.
 */
export class Resumptions {
  #next: Array<Resumption> = []

  /** Resumes a fiber soon. A resumed fiber runs at once: inside a send, the receiver would run before the send has returned. */
  add(fiber: Fiber.Fiber<unknown, unknown>, resume: () => void): void {
    this.#next.push({ fiber, resume })
    if (this.#next.length === 1) this.#schedule(fiber)
  }

  #schedule({ currentDispatcher }: Fiber.Fiber<unknown, unknown>): void {
    currentDispatcher.scheduleTask(() => {
      const now = this.#next.slice(0, turn)
      this.#next = this.#next.slice(turn)
      const [later] = this.#next
      if (later !== undefined) this.#schedule(later.fiber)
      for (const { resume } of now) resume()
    }, 0)
  }
}
