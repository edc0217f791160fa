import * as Result from "effect/Result"
import { settle } from "../arrival/FinalAcknowledgment.ts"
import { arrive } from "../arrival/Incoming.ts"
import * as Outcome from "../arrival/Outcome.ts"
import { hasRoomForMessage } from "../facts/MachineQuota.ts"
import { couldNotEncrypt } from "../facts/MessageClass.ts"
import type { Steps } from "../facts/Steps.ts"
import { finish } from "../facts/Steps.ts"
import type { Origin, Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import type { NetworkMachine, Routes } from "./NetworkMachine.ts"

/** Pauses before each further attempt, in seconds; the last one is repeated (behaviour D-70). */
const pauses = [30, 30, 30, 300, 300, 300, 1800, 1800, 1800, 21_600]

interface Waiting {
  readonly queue: Queue
  readonly packet: Packet
}

/** One way of a link: it brings messages that wait on one machine to the other. */
export class Session<Machine extends NetworkMachine> {
  readonly from: Machine
  readonly to: Machine
  /** `false` while this way of the link is cut. */
  joined = true
  /** Number of failed attempts in a row. */
  attempts = 0
  /** Time of the next attempt, in milliseconds since 1970. */
  nextAttempt = Number.POSITIVE_INFINITY
  readonly #routes: Routes<Machine>
  readonly #back: () => Session<Machine>
  /** Reports that the other machine gets when the link lets them through. */
  #reports: Array<(now: number) => void> = []

  constructor(routes: Routes<Machine>, from: Machine, to: Machine, back: () => Session<Machine>) {
    this.#routes = routes
    this.from = from
    this.to = to
    this.#back = back
  }

  /** The other way of the link. */
  get back(): Session<Machine> {
    return this.#back()
  }

  /** `true` while messages get through. */
  get isOpen(): boolean {
    const { from, to } = this
    return this.joined && from.running && to.running && from.connected && to.connected
  }

  /** Pause before the next attempt, in seconds. */
  get pause(): number {
    return pauses[Math.min(this.attempts, pauses.length) - 1] ?? 0
  }

  /** Outgoing queues whose messages go this way. */
  get queues(): ReadonlyArray<Queue> {
    return this.from.queues.outgoing.filter(({ formatName }) => this.#routes.target(formatName) === this.to)
  }

  /** Runs a report on the other machine as soon as the link lets it through. */
  report(report: (now: number) => void): void {
    this.#reports.push(report)
  }

  /** Makes the next attempt due at once. */
  retryNow(): void {
    this.attempts = 0
    this.nextAttempt = Number.POSITIVE_INFINITY
  }

  /** Brings over the reports and the messages that wait, if the link is open; `now` in milliseconds since 1970. */
  *flow(now: number): Steps {
    if (!this.isOpen) return
    const reports = this.#reports
    this.#reports = []
    for (const report of reports) {
      report(now)
      yield
    }
    if (this.attempts === 0 || now >= this.nextAttempt) yield* this.#send(now)
    else this.from.timers.wakeAt(this.nextAttempt)
  }

  *#send(now: number): Steps {
    const { queues, to } = this
    for (let next = first(queues, now); next !== undefined; next = first(queues, now)) {
      yield
      const { packet, queue } = next
      if (packet.envelope.privacyLevel !== "none" && !this.#canEncrypt()) {
        queue.lose(packet, couldNotEncrypt, now)
        continue
      }
      // A machine that is full ends the session without an acknowledgment (behaviour D-54).
      if (!hasRoomForMessage(to, packet.size)) return this.#pause(now)
      const arrival = packet.transfer(this.#originOf(next))
      const position = { sequence: packet.place, queue: queue.formatName }
      if (to.duplicates.isNew(arrival, position, now)) arrive(to, arrival, now)
      // The sender does not learn of the arrival, so that the message counts as not sent (behaviour D-11).
      if (!this.back.isOpen) return this.#pause(now)
      this.#finish(next, now)
    }
    this.retryNow()
  }

  /** Tells whether a body can be encrypted for the other machine, whose key the directory must have (behaviour A-82). */
  #canEncrypt(): boolean {
    return this.to.encryptionKeyPublished && Result.isSuccess(this.from.askDirectory("MQ_ERROR_NO_DS"))
  }

  #originOf({ packet, queue }: Waiting): Origin {
    const { from } = this
    if (!this.#keeps(packet)) return { version: from.version, report: null }
    return {
      version: from.version,
      report: (outcome, now) => {
        this.back.report((then) => {
          if (packet.state === "gone") return
          queue.remove(packet)
          settle(from, packet, outcome, then)
        })
        finish(this.#routes.flow(now))
      }
    }
  }

  /** Tells whether the sending machine keeps a message until it learns how the message ended (behaviour D-67). */
  #keeps({ content, envelope }: Packet): boolean {
    return envelope.transactional && (content.journaling !== null || this.from.version.keepsTransactional)
  }

  #finish({ packet, queue }: Waiting, now: number): void {
    if (this.#keeps(packet)) {
      // The report of its end may have come already.
      if (packet.state === "available") queue.lock(packet)
      return
    }
    queue.remove(packet)
    Outcome.onHandover(this.from, queue, packet, now)
  }

  #pause(now: number): void {
    this.attempts++
    this.nextAttempt = now + this.pause * 1000
    this.from.timers.wakeAt(this.nextAttempt)
  }
}

/** Returns the first message of all queues that lead one way (behaviour D-12). */
const first = (queues: ReadonlyArray<Queue>, now: number): Waiting | undefined => {
  let best: Waiting | undefined
  for (const queue of queues) {
    // The time of a message is over only after its last millisecond (behaviour D-36), so that even a limit of zero lets a
    // message through an open link (D-40).
    const packet = queue.tree.paused ? undefined : queue.first(now - 1)
    if (packet !== undefined && (best === undefined || precedes({ queue, packet }, best))) best = { queue, packet }
  }
  return best
}

/** Compares by base priority and priority together, then by the order of sending. */
const precedes = (one: Waiting, other: Waiting): boolean => {
  const difference = rank(one) - rank(other)
  return difference === 0 ? one.packet.number < other.packet.number : difference > 0
}

const rank = ({ packet, queue }: Waiting): number => queue.properties.basePriority + packet.content.priority

/** Makes both ways of a new link. */
export const pair = <Machine extends NetworkMachine>(
  routes: Routes<Machine>,
  one: Machine,
  other: Machine
): readonly [Session<Machine>, Session<Machine>] => {
  const there: Session<Machine> = new Session(routes, one, other, () => back)
  const back: Session<Machine> = new Session(routes, other, one, () => there)
  return [there, back]
}
