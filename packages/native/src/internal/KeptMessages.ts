import type { ReceivedProperties } from "@effect-msmq/core/MessageProperties"

/** A message that is kept for whoever receives next. */
export interface Kept {
  /** Its place among those that are kept. */
  readonly order: number
  readonly properties: ReceivedProperties
}

/**
 * The messages that calls off the main thread took from a queue after those who asked for them had left. They stand before
 * all others of the queue: there is no way to put them back.
 */
export class KeptMessages {
  /** In order of {@link Kept.order}. */
  #messages: ReadonlyArray<Kept> = []
  #lastOrder = 0

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  get all(): ReadonlyArray<Kept> {
    return this.#messages
  }

  get first(): Kept | undefined {
    return this.#messages[0]
  }

  get last(): Kept | undefined {
    return this.#messages.at(-1)
  }

  keep(properties: ReceivedProperties): Kept {
    const kept = { order: ++this.#lastOrder, properties }
    this.#messages = [...this.#messages, kept]
    return kept
  }

  /** Keeps a message again that was handed out, at its place. */
  keepAgain(kept: Kept): void {
    this.#messages = [...this.#messages, kept].toSorted((one, other) => one.order - other.order)
  }

  /** Returns the message behind one that is kept, or was. */
  after(kept: Kept): Kept | undefined {
    return this.#messages.find(({ order }) => order > kept.order)
  }

  /** Returns the message before one that is kept, or was. */
  before(kept: Kept): Kept | undefined {
    return this.#messages.findLast(({ order }) => order < kept.order)
  }

  has(kept: Kept): boolean {
    return this.#messages.includes(kept)
  }

  byLookupId(lookupId: bigint): Kept | undefined {
    return this.#messages.find(({ properties }) => properties.lookupId === lookupId)
  }

  /** Takes a message out for good. */
  remove(kept: Kept): void {
    this.#messages = this.#messages.filter((other) => other !== kept)
  }

  clear(): void {
    this.#messages = []
  }
}
