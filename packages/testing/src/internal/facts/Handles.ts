/** Source of the handles of a machine. No number comes twice, so that a closed handle stays invalid for ever. */
export class HandleNumbers {
  #last = 0

  /** Returns a handle that was never in use. */
  next(): bigint {
    this.#last += 4
    return BigInt(this.#last)
  }
}

/** Open handles of one kind, each with the object that it stands for. */
export class Handles<H extends bigint, A> {
  readonly #numbers: HandleNumbers
  readonly #open = new Map<H, A>()

  constructor(numbers: HandleNumbers) {
    this.#numbers = numbers
  }

  /** Opens a handle on an object. */
  open(subject: A): H {
    const handle = this.#numbers.next() as H
    this.#open.set(handle, subject)
    return handle
  }

  /** Returns the object of an open handle. */
  get(handle: H): A | undefined {
    return this.#open.get(handle)
  }

  /** Returns the objects of all open handles, in the order of opening. */
  all(): ReadonlyArray<A> {
    return [...this.#open.values()]
  }

  /** Closes a handle and returns its object. */
  close(handle: H): A | undefined {
    const subject = this.#open.get(handle)
    this.#open.delete(handle)
    return subject
  }

  /** Closes all handles. */
  closeAll(): void {
    this.#open.clear()
  }
}
