import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"

/**
 * Messages of a queue that calls off the main thread took after their callers had left. They cannot be put back, so they
 * stand before all other messages of the queue. Each is identified by its object: it may be kept again after it was
 * handed out.
 */
export class KeptMessages {
  /** Messages in the order of their lookup ids, which is the order of the queue (D-27). */
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

  /** Returns the message behind a message that is kept, or was kept. */
  after({ lookupId }: ReceivedProperties): ReceivedProperties | undefined {
    return this.#messages.find((other) => other.lookupId > lookupId)
  }

  /** Returns the message before a message that is kept, or was kept. */
  before({ lookupId }: ReceivedProperties): ReceivedProperties | undefined {
    return this.#messages.findLast((other) => other.lookupId < lookupId)
  }

  has(message: ReceivedProperties): boolean {
    return this.#messages.includes(message)
  }

  byLookupId(id: bigint): ReceivedProperties | undefined {
    return this.#messages.find(({ lookupId }) => lookupId === id)
  }

  /** Removes a message. */
  remove(message: ReceivedProperties): void {
    this.#messages = this.#messages.filter((other) => other !== message)
  }

  clear(): void {
    this.#messages = []
  }
}
