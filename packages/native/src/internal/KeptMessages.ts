import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"

/**
 * The messages that calls off the main thread took from a queue after those who asked for them had left. They stand before
 * all others of the queue: there is no way to put them back. Each is known by its object, since it may be kept again.
 */
export class KeptMessages {
  /** In the order of their lookup ids, which is that of the queue (D-27). */
  #messages: ReadonlyArray<ReceivedProperties> = []

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  get all(): ReadonlyArray<ReceivedProperties> {
    return this.#messages
  }

  get first(): ReceivedProperties | undefined {
    return this.#messages[0]
  }

  get last(): ReceivedProperties | undefined {
    return this.#messages.at(-1)
  }

  keep(message: ReceivedProperties): void {
    const at = this.#messages.findLastIndex(({ lookupId }) => lookupId <= message.lookupId)
    this.#messages = this.#messages.toSpliced(at + 1, 0, message)
  }

  /** Returns the message behind one that is kept, or was. */
  after({ lookupId }: ReceivedProperties): ReceivedProperties | undefined {
    return this.#messages.find((other) => other.lookupId > lookupId)
  }

  /** Returns the message before one that is kept, or was. */
  before({ lookupId }: ReceivedProperties): ReceivedProperties | undefined {
    return this.#messages.findLast((other) => other.lookupId < lookupId)
  }

  has(message: ReceivedProperties): boolean {
    return this.#messages.includes(message)
  }

  byLookupId(id: bigint): ReceivedProperties | undefined {
    return this.#messages.find(({ lookupId }) => lookupId === id)
  }

  /** Takes a message out for good. */
  remove(message: ReceivedProperties): void {
    this.#messages = this.#messages.filter((other) => other !== message)
  }

  clear(): void {
    this.#messages = []
  }
}
