import { hasKey } from "../security/Encryption.ts"
import { comeIn } from "../arrival/Incoming.ts"
import type { Machine } from "../machine/Machine.ts"
import { hasRoomForMessage } from "../facts/MachineQuota.ts"
import { couldNotEncrypt } from "../facts/MessageClass.ts"
import type { Network } from "./Network.ts"
import * as Outcome from "../arrival/Outcome.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

/** The pauses before each further attempt, in seconds; the last one goes on (behaviour D-70). */
const pauses = [30, 30, 30, 300, 300, 300, 1800, 1800, 1800, 21_600]

interface Waiting {
  readonly queue: Queue
  readonly packet: Packet
}

/** One way of a link: brings what waits on one machine to the other. */
export class Session {
  readonly from: Machine
  readonly to: Machine
  /** Whether what is sent this way gets there. */
  passes = true
  /** How often in a row what was sent, or could not be, was tried again. */
  attempts = 0
  /** When it is tried next, in milliseconds since 1970. */
  nextAttempt = Number.POSITIVE_INFINITY
  readonly #network: Network
  readonly #back: () => Session
  /** What the other machine is told once it can be. */
  #news: Array<(now: number) => void> = []

  constructor(network: Network, from: Machine, to: Machine, back: () => Session) {
    this.#network = network
    this.from = from
    this.to = to
    this.#back = back
  }

  get back(): Session {
    return this.#back()
  }

  get isOpen(): boolean {
    const { from, to } = this
    return this.passes && from.running && to.running && from.connected && to.connected
  }

  /** How long it waits before it tries again, in seconds. */
  get pause(): number {
    return pauses[Math.min(this.attempts, pauses.length) - 1] ?? 0
  }

  /** The outgoing queues that lead this way. */
  get queues(): ReadonlyArray<Queue> {
    return this.from.queues.outgoing.filter(({ formatName }) => this.#network.target(formatName) === this.to)
  }

  /** Has the other machine do something as soon as the link lets it know. */
  tell(news: (now: number) => void): void {
    this.#news.push(news)
  }

  /** Tries at once what has waited for its next attempt. */
  retryNow(): void {
    this.attempts = 0
    this.nextAttempt = Number.POSITIVE_INFINITY
  }

  flow(now: number): void {
    if (!this.isOpen) return
    const news = this.#news
    this.#news = []
    for (const tell of news) tell(now)
    if (this.attempts === 0 || now >= this.nextAttempt) this.#send(now)
  }

  #send(now: number): void {
    const { queues } = this
    for (let next = first(queues, now); next !== undefined; next = first(queues, now)) {
      if (next.packet.envelope.privacyLevel !== "none" && !hasKey(this.from, this.to)) {
        next.queue.lose(next.packet, couldNotEncrypt, now)
        continue
      }
      // A machine that is full ends the session, and nobody is told (behaviour D-54).
      if (!hasRoomForMessage(this.to, next.packet.size)) return this.#pause(now)
      const arrival = next.packet.transferred({ machine: this.from, ...this.#kept(next) })
      comeIn(this.to, arrival, { sequence: next.packet.place, queue: next.queue.formatName }, now)
      // Nobody hears of the arrival: it counts as not sent (behaviour D-11).
      if (!this.back.isOpen) return this.#pause(now)
      this.#sent(next, now)
    }
    this.retryNow()
  }

  /** What the sender keeps of a message until it learns how that ended (behaviour D-67). */
  #kept({ packet, queue }: Waiting): { readonly queue: Queue; readonly kept: Packet | null } {
    const { content, envelope } = packet
    const isWanted = content.journaling !== null || this.from.version.keepsTransactional
    return { queue, kept: envelope.transactional && isWanted ? packet : null }
  }

  #sent({ packet, queue }: Waiting, now: number): void {
    if (this.#kept({ packet, queue }).kept !== null) {
      // What became of it may be known already.
      if (packet.state === "available") queue.lock(packet)
      return
    }
    queue.remove(packet)
    Outcome.handedOver(this.from, queue, packet, now)
  }

  #pause(now: number): void {
    this.attempts++
    this.nextAttempt = now + this.pause * 1000
    this.from.timers.expect(this.nextAttempt)
  }
}

/** The first message over all queues that lead one way (behaviour D-12). */
const first = (queues: ReadonlyArray<Queue>, now: number): Waiting | undefined => {
  let best: Waiting | undefined
  for (const queue of queues) {
    // Only more than its time is too much (behaviour D-36): none at all is enough where nothing is in the way (D-40).
    const packet = queue.family.paused ? undefined : queue.first(now - 1)
    if (packet !== undefined && (best === undefined || precedes({ queue, packet }, best))) best = { queue, packet }
  }
  return best
}

/** Base priority and priority together; among equals, what was sent first. */
const precedes = (one: Waiting, other: Waiting): boolean => {
  const difference = rank(one) - rank(other)
  return difference === 0 ? one.packet.number < other.packet.number : difference > 0
}

const rank = ({ packet, queue }: Waiting): number => queue.properties.basePriority + packet.content.priority

/** Both ways of a new link. */
export const pair = (network: Network, one: Machine, other: Machine): readonly [Session, Session] => {
  const there: Session = new Session(network, one, other, () => back)
  const back: Session = new Session(network, other, one, () => there)
  return [there, back]
}
