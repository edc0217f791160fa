/** The handles of a machine: numbers that are never given out again, so that a closed one stays recognisable. */
export class HandleNumbers {
  #last = 0

  next(): bigint {
    this.#last += 4
    return BigInt(this.#last)
  }
}

/** What the open handles of one kind stand for. */
export class Handles<H extends bigint, A> {
  readonly #numbers: HandleNumbers
  readonly #open = new Map<H, A>()

  constructor(numbers: HandleNumbers) {
    this.#numbers = numbers
  }

  open(subject: A): H {
    const handle = this.#numbers.next() as H
    this.#open.set(handle, subject)
    return handle
  }

  get(handle: H): A | undefined {
    return this.#open.get(handle)
  }

  all(): ReadonlyArray<A> {
    return [...this.#open.values()]
  }

  closeAll(): void {
    this.#open.clear()
  }

  /** Ends a handle, and says what it stood for. */
  close(handle: H): A | undefined {
    const subject = this.#open.get(handle)
    this.#open.delete(handle)
    return subject
  }
}
