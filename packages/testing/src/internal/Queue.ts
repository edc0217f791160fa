import type { QueueProperties } from "@effect-msmq/core/Mqrt"
import { Lane } from "./Lane.ts"
import type { Packet } from "./Packet.ts"
import type { WaitingReceive } from "./WaitingReceive.ts"

const priorities = [0, 1, 2, 3, 4, 5, 6, 7]

/** A queue: messages by priority and arrival, and those who wait for one. */
export class Queue {
  readonly formatName: string
  readonly properties: QueueProperties
  /** Whether messages wait here for another machine. */
  readonly outgoing: boolean
  /** Those who wait, the longest waiting first. Nobody waits while a message is here. */
  readonly waiting = new Set<WaitingReceive>()
  /** How many handles are open for receiving. */
  receivers = 0
  /** Whether one of them lets nobody else receive. */
  exclusive = false
  deleted = false
  length = 0
  readonly #lanes = priorities.map(() => new Lane())
  #sequence = 0

  constructor(formatName: string, properties: QueueProperties, outgoing: boolean) {
    this.formatName = formatName
    this.properties = properties
    this.outgoing = outgoing
  }

  insert(packet: Packet, arrivedTime: number): void {
    packet.arrivedTime = arrivedTime
    packet.sequence = ++this.#sequence
    this.#lane(packet).push(packet)
    this.length++
    if (this.waiting.size > 0) this.#serve()
  }

  /** Takes out the first message. */
  take(): Packet | undefined {
    if (this.length === 0) return undefined
    this.length--
    for (let priority = 7; ; priority--) {
      const packet = this.#lanes[priority]?.shift()
      if (packet !== undefined || priority === 0) return packet
    }
  }

  /** Takes a message back that was never handed out. */
  restore(packet: Packet): void {
    if (this.deleted) return
    this.#lane(packet).restore(packet)
    this.length++
    this.#serve()
  }

  delete(): void {
    this.deleted = true
    this.length = 0
    for (const lane of this.#lanes) lane.clear()
    for (const waiter of this.waiting) waiter.fail("MQ_ERROR_QUEUE_DELETED")
  }

  #lane(packet: Packet): Lane {
    const lane = this.#lanes[packet.priority]
    if (lane === undefined) throw new RangeError(`no priority ${packet.priority}`)
    return lane
  }

  #serve(): void {
    for (const waiter of this.waiting) {
      const packet = this.take()
      if (packet === undefined) return
      waiter.serve(packet)
    }
  }
}
