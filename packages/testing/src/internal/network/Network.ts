import * as FormatName from "@effect-msmq/core/FormatName"
import * as Result from "effect/Result"
import type { Directory } from "../directory/Directory.ts"
import type { Machine } from "../machine/Machine.ts"
import { cast } from "./Multicast.ts"
import type { QueueDirectory } from "../machine/MachineQueues.ts"
import type { Session } from "./Session.ts"
import { pair } from "./Session.ts"

/** Where a name leads: to a machine, to all that listen on a multicast address, or to nobody here. */
export type Target = Machine | { readonly multicastAddress: string } | undefined

/** All machines and the links between them. */
export class Network {
  /** `null`: the machines are a workgroup. */
  readonly directory: Directory | null
  readonly #machines: Array<Machine> = []
  readonly #sessions: Array<Session> = []
  /** By the names of outgoing queues, which are few. */
  readonly #targets = new Map<string, Target>()
  #isFlowing = false
  #hasMore = false

  constructor(directory: Directory | null) {
    this.directory = directory
  }

  get machines(): ReadonlyArray<Machine> {
    return this.#machines
  }

  add(machine: Machine): void {
    if (this.called(machine.name) !== undefined) throw new RangeError(`two machines are called ${machine.name}`)
    for (const other of this.#machines) this.#sessions.push(...pair(this, machine, other))
    this.#machines.push(machine)
    this.directory?.join(machine.queues)
  }

  called(name: string): Machine | undefined {
    const wanted = name.toLowerCase()
    return this.#machines.find(({ queues }) => [queues.machineName.toLowerCase(), queues.dnsName].includes(wanted))
  }

  session(from: Machine, to: Machine): Session | undefined {
    return this.#sessions.find((session) => session.from === from && session.to === to)
  }

  sessionsFrom(machine: Machine): ReadonlyArray<Session> {
    return this.#sessions.filter(({ from }) => from === machine)
  }

  /** Whether a machine can talk to another, which takes both ways of their link. */
  reaches(from: Machine, to: Machine): boolean {
    if (from === to) return from.running
    const session = this.session(from, to)
    return session !== undefined && session.isOpen && session.back.isOpen
  }

  /** What a name leads to; those that are neither direct nor multicast need a directory. */
  target(formatName: string): Target {
    const key = formatName.toLowerCase()
    if (!this.#targets.has(key)) this.#targets.set(key, this.#lookUp(formatName))
    return this.#targets.get(key)
  }

  #lookUp(formatName: string): Target {
    const name = Result.getOrUndefined(FormatName.parse(formatName))
    if (name?._tag === "Multicast") return { multicastAddress: `${name.address}:${name.port}` }
    if (name?._tag === "Direct" || name?._tag === "DirectSystem") {
      return this.#machines.find(({ queues }) => queues.isAt(name))
    }
    const home = name === undefined ? undefined : this.#registeredHome(name)
    return home === undefined ? undefined : this.#machines.find(({ queues }) => queues === home)
  }

  #registeredHome(name: FormatName.FormatName): QueueDirectory | undefined {
    if (name._tag === "Public") return this.directory?.homeOf(name.queueGuid)
    return "computerGuid" in name ? this.directory?.member(name.computerGuid) : undefined
  }

  /** Carries over every open link what waits for it, until nothing more can be; `now` in milliseconds since 1970. */
  flow(now: number): void {
    this.#hasMore = true
    // What arrives makes acknowledgments, which go over links too.
    if (this.#isFlowing) return
    this.#isFlowing = true
    while (this.#hasMore) {
      this.#hasMore = false
      for (const session of this.#sessions) session.flow(now)
      for (const machine of this.#machines) cast(machine, now)
    }
    this.#isFlowing = false
  }

  /** Joins or cuts a link, or one way of it. */
  setLink(from: Machine, to: Machine, passes: boolean): void {
    const session = this.session(from, to)
    if (session !== undefined) session.passes = passes
  }

  /** Sends at once, over the links of a machine, whatever has waited for the next attempt. */
  resume(machine: Machine, now: number): void {
    for (const session of this.#sessions) if (session.from === machine || session.to === machine) session.retryNow()
    this.flow(now)
  }

  /** Ends the receives that wait at a machine which can no longer be reached (behaviour E-76). */
  endReads(): void {
    for (const machine of this.#machines) {
      for (const opened of machine.open.all()) {
        if (opened.waiting.size === 0 || this.reaches(machine, opened.machine)) continue
        for (const waiter of opened.waiting) waiter.fail("MQ_ERROR_QUEUE_NOT_AVAILABLE")
      }
    }
  }

  /** When a machine next tries to send what it could not, in milliseconds since 1970. */
  nextAttempt(machine: Machine): number {
    return Math.min(...this.sessionsFrom(machine).map((session) => session.nextAttempt))
  }
}
