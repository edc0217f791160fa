import type * as FormatName from "@effect-msmq/core/FormatName"
import type { Directory } from "../directory/Directory.ts"
import { readFormatName } from "../facts/queueNames.ts"
import type { Queue } from "../queue/Queue.ts"
import type { Steps } from "../facts/Steps.ts"
import { LongOperations } from "./LongOperations.ts"
import { multicast } from "./Multicast.ts"
import type { NetworkMachine, Target } from "./NetworkMachine.ts"
import type { Session } from "./Session.ts"
import { pair } from "./Session.ts"

/** All machines and the links between them. */
export class Network<Machine extends NetworkMachine> {
  /** Directory of the domain; `null` in a workgroup. */
  readonly directory: Directory<Machine["queues"], Queue> | null
  readonly #machines: Array<Machine> = []
  readonly #sessions: Array<Session<Machine>> = []
  /** Targets by the names of outgoing queues, which are few. */
  readonly #targets = new Map<string, Target<Machine>>()
  /** Operations on many messages, for which all calls on the machines wait. */
  readonly operations = new LongOperations()
  #isFlowing = false
  #hasMore = false

  constructor(directory: Directory<Machine["queues"], Queue> | null) {
    this.directory = directory
  }

  /** Machines in the order in which they joined. */
  get machines(): ReadonlyArray<Machine> {
    return this.#machines
  }

  /** Adds a machine, with a link to each of the others. */
  add(machine: Machine): void {
    if (this.machine(machine.name) !== undefined) throw new RangeError(`two machines are called ${machine.name}`)
    for (const other of this.#machines) this.#sessions.push(...pair(this, machine, other))
    this.#machines.push(machine)
    this.directory?.join(machine.queues)
  }

  /** Returns the machine of a name or a DNS name. */
  machine(name: string): Machine | undefined {
    const wanted = name.toLowerCase()
    return this.#machines.find(({ queues }) => [queues.machineName.toLowerCase(), queues.dnsName].includes(wanted))
  }

  /** Returns the message of an error about the name of a machine that is not in the network. */
  unknown(name: string): string {
    const names = this.#machines.map((machine) => machine.name).join(", ")
    return `there is no machine ${name}: the network has ${names}. Name others in the option "machines"`
  }

  /** Returns the session from one machine to another. */
  session(from: Machine, to: Machine): Session<Machine> | undefined {
    return this.#sessions.find((session) => session.from === from && session.to === to)
  }

  /** Tells whether a machine can talk to another, which takes both ways of their link. */
  reaches(from: Machine, to: Machine): boolean {
    if (from === to) return from.running
    const session = this.session(from, to)
    return session !== undefined && session.isOpen && session.back.isOpen
  }

  /** Returns the destination of a name; names that are neither direct nor multicast need a directory. */
  target(formatName: string): Target<Machine> {
    const key = formatName.toLowerCase()
    if (!this.#targets.has(key)) this.#targets.set(key, this.#findTarget(formatName))
    return this.#targets.get(key)
  }

  #findTarget(formatName: string): Target<Machine> {
    const name = readFormatName(formatName)
    if (name?._tag === "Multicast") return { multicastAddress: `${name.address}:${name.port}` }
    if (name?._tag === "Direct" || name?._tag === "DirectSystem") {
      return this.#machines.find(({ queues }) => queues.isAt(name))
    }
    const home = name === undefined ? undefined : this.#registeredHome(name)
    return home === undefined ? undefined : this.#machines.find(({ queues }) => queues === home)
  }

  #registeredHome(name: FormatName.FormatName): Machine["queues"] | undefined {
    if (name._tag === "Public") return this.directory?.homeOf(name.queueGuid)
    return "computerGuid" in name ? this.directory?.member(name.computerGuid) : undefined
  }

  /** Carries over every open link the messages that wait for it, until no more can be sent; `now` in milliseconds since 1970. */
  *flow(now: number): Steps {
    this.#hasMore = true
    // A message that arrives makes acknowledgments, which go over links too.
    if (this.#isFlowing) return
    this.#isFlowing = true
    while (this.#hasMore) {
      this.#hasMore = false
      for (const session of this.#sessions) yield* session.flow(now)
      for (const machine of this.#machines) yield* multicast(this, machine, now)
    }
    this.#isFlowing = false
  }

  /** Joins or cuts one way of a link. */
  setLink(from: Machine, to: Machine, joined: boolean): void {
    const session = this.session(from, to)
    if (session !== undefined) session.joined = joined
  }

  /** Sends at once, over the links of a machine, the messages that wait for the next attempt. */
  *resume(machine: Machine, now: number): Steps {
    for (const session of this.#sessions) if (session.from === machine || session.to === machine) session.retryNow()
    yield* this.flow(now)
  }

  /**
   * Returns the time of a machine's next attempt to send what failed, in milliseconds since 1970. A closed link makes none until it
   * is open again.
   */
  nextAttempt(machine: Machine): number {
    const sessions = this.#sessions.filter(({ from, isOpen }) => from === machine && isOpen)
    return Math.min(...sessions.map((session) => session.nextAttempt))
  }
}
