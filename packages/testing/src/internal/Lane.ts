import type { Packet } from "./Packet.ts"

/** The messages of one priority in a queue, in order of arrival. */
export class Lane {
  #first: Packet | undefined = undefined
  #last: Packet | undefined = undefined

  push(packet: Packet): void {
    this.#insertAfter(this.#last, packet)
  }

  /** Takes out the first message. */
  shift(): Packet | undefined {
    const packet = this.#first
    if (packet === undefined) return undefined
    this.#first = packet.next
    if (packet.next === undefined) this.#last = undefined
    else packet.next.previous = undefined
    // A taken message that still points into the lane would keep all later ones alive with it.
    packet.next = undefined
    return packet
  }

  /** Puts a taken message back where it was, among those that were taken before and after it. */
  restore(packet: Packet): void {
    let before: Packet | undefined = undefined
    for (let at = this.#first; at !== undefined && at.sequence < packet.sequence; at = at.next) before = at
    this.#insertAfter(before, packet)
  }

  clear(): void {
    this.#first = undefined
    this.#last = undefined
  }

  #insertAfter(previous: Packet | undefined, packet: Packet): void {
    const next: Packet | undefined = previous === undefined ? this.#first : previous.next
    packet.previous = previous
    packet.next = next
    if (previous === undefined) this.#first = packet
    else previous.next = packet
    if (next === undefined) this.#last = packet
    else next.previous = packet
  }
}
