import type { Packet } from "./Packet.ts"

/** The messages of one priority in a queue, in order of arrival, available or not. */
export class Lane {
  #first: Packet | undefined = undefined
  #last: Packet | undefined = undefined
  /** No available message stands before it; `undefined`: none is available at all. */
  #head: Packet | undefined = undefined
  /** By sequence; made when a message is first looked up, so that those who never look up never pay for it. */
  #index: Map<number, Packet> | undefined = undefined

  get first(): Packet | undefined {
    return this.#first
  }

  get last(): Packet | undefined {
    return this.#last
  }

  /** From here on there may be available messages. */
  get head(): Packet | undefined {
    while (this.#head !== undefined && this.#head.state !== "available") this.#head = this.#head.next
    return this.#head
  }

  push(packet: Packet): void {
    this.#insertAfter(this.#last, packet)
  }

  /** Puts a message where its sequence belongs. */
  place(packet: Packet): void {
    const { sequence } = packet
    const [first, last] = [this.#first, this.#last]
    let before: Packet | undefined = last
    if (first !== undefined && last !== undefined && sequence - first.sequence < last.sequence - sequence) {
      before = undefined
      for (let at: Packet | undefined = first; at !== undefined && at.sequence < sequence; at = at.next) before = at
    } else {
      while (before !== undefined && before.sequence > sequence) before = before.previous
    }
    this.#insertAfter(before, packet)
  }

  remove(packet: Packet): void {
    const { next, previous } = packet
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    if (this.#head === packet) this.#head = next
    // A taken message that still points into the lane would keep all later ones alive with it.
    packet.next = undefined
    packet.previous = undefined
    packet.placed = false
    this.#index?.delete(packet.sequence)
  }

  /** Takes notice of a message that has become available. */
  notice(packet: Packet): void {
    if (this.#head === undefined || packet.sequence < this.#head.sequence) this.#head = packet
  }

  find(sequence: number): Packet | undefined {
    if (this.#index === undefined) {
      this.#index = new Map()
      for (let at = this.#first; at !== undefined; at = at.next) this.#index.set(at.sequence, at)
    }
    return this.#index.get(sequence)
  }

  clear(): void {
    this.#first = undefined
    this.#last = undefined
    this.#head = undefined
    this.#index = undefined
  }

  #insertAfter(previous: Packet | undefined, packet: Packet): void {
    const next: Packet | undefined = previous === undefined ? this.#first : previous.next
    packet.previous = previous
    packet.next = next
    packet.placed = true
    if (previous === undefined) this.#first = packet
    else previous.next = packet
    if (next === undefined) this.#last = packet
    else next.previous = packet
    this.#index?.set(packet.sequence, packet)
  }
}
