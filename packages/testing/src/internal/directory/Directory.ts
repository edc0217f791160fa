import type { Element } from "@effect-msmq/core/FormatName"
import type { QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { Guid } from "../facts/Guid.ts"
import type { Queue } from "../queue/Queue.ts"
import type { QueueDirectory } from "../machine/MachineQueues.ts"

const domain = "domain.test"

/** As the queue manager names it. */
export const directoryServer = `\\\\dc.${domain}`

export const siteId: Guid = "6d736d71-0000-4000-9000-000000000001"

export const dnsNameOf = (machineName: string): string => `${machineName.toLowerCase()}.${domain}`

const escaped = (name: string): string => name.replaceAll(/[#/<=>]/g, String.raw`\$&`)

const adsPathOf = (machineName: string, queue: string): string => {
  const components = domain.split(".").map((part) => `DC=${part}`)
  return `LDAP://CN=${escaped(queue)},CN=msmq,CN=${escaped(machineName)},CN=Computers,${components.join(",")}`
}

/** What a public queue has that a private one has not. */
type Identity = Record<"instance" | "pathNameDns" | "adsPath", string>

interface Entry {
  readonly queue: Queue
  /** Which machine wrote it, and so sees it at once. */
  readonly creator: Guid
  /** When every machine sees it, in milliseconds since 1970. */
  readonly visibleFrom: number
}

/** The directory of a domain, Active Directory: its machines, their public queues, and distribution lists. */
export class Directory {
  /** Milliseconds since 1970. */
  readonly #now: () => number
  /** How long others do not see a new queue, in milliseconds (behaviour C-14). */
  readonly #replicationDelay: number
  readonly #members: Array<QueueDirectory> = []
  readonly #entries = new Map<Guid, Entry>()
  /** Whose each queue is, or was: what is on its way to a deleted one gets there. */
  readonly #homes = new Map<Guid, QueueDirectory>()
  readonly #lists = new Map<Guid, ReadonlyArray<Element>>()
  #lastInstance = 0

  constructor(now: () => number, replicationDelay: number) {
    this.#now = now
    this.#replicationDelay = replicationDelay
  }

  join(member: QueueDirectory): void {
    this.#members.push(member)
  }

  /** The machine of a name, or of its id. */
  member(computer: string): QueueDirectory | undefined {
    const wanted = computer.toLowerCase()
    return this.#members.find(({ dnsName, machineId, machineName }) =>
      [machineName.toLowerCase(), dnsName, machineId].includes(wanted)
    )
  }

  /** The names that a new queue of a machine has here. */
  identify(home: QueueDirectory, queue: string): Identity {
    // The number alone makes it unique, whatever the ids of the machines are.
    const number = (++this.#lastInstance).toString(16).padStart(8, "0")
    return {
      instance: `${number}${home.machineId.slice(8)}`,
      pathNameDns: `${home.dnsName}\\${queue}`,
      adsPath: adsPathOf(home.machineName, queue)
    }
  }

  register(instance: Guid, home: QueueDirectory, queue: Queue, creator: Guid): void {
    this.#homes.set(instance, home)
    this.#entries.set(instance, { queue, creator, visibleFrom: this.#now() + this.#replicationDelay })
  }

  /** Takes a queue out, and says whose it was. */
  withdraw(instance: Guid): QueueDirectory | undefined {
    this.#entries.delete(instance)
    return this.homeOf(instance)
  }

  /** The machine that has a public queue, or had it. */
  homeOf(instance: Guid): QueueDirectory | undefined {
    return this.#homes.get(instance.toLowerCase())
  }

  /** The public queue of a GUID, if a machine sees it. */
  queue(instance: Guid, machineId: Guid): Queue | undefined {
    const entry = this.#entries.get(instance.toLowerCase())
    return entry !== undefined && this.#isVisible(entry, machineId) ? entry.queue : undefined
  }

  /** The public queues that a machine sees, in the order of creation. */
  queues(machineId: Guid): ReadonlyArray<QueueProperties> {
    const seen = [...this.#entries.values()].filter((entry) => this.#isVisible(entry, machineId))
    return seen.map(({ queue }) => queue.properties)
  }

  /** What a distribution list holds. */
  list(guid: Guid): ReadonlyArray<Element> | undefined {
    return this.#lists.get(guid.toLowerCase())
  }

  /** Fills a distribution list; an empty one is none. */
  setList(guid: Guid, elements: ReadonlyArray<Element>): void {
    if (elements.length === 0) this.#lists.delete(guid.toLowerCase())
    else this.#lists.set(guid.toLowerCase(), elements)
  }

  #isVisible({ creator, queue, visibleFrom }: Entry, machineId: Guid): boolean {
    const { instance } = queue.properties
    const isOwn = instance !== null && this.homeOf(instance)?.machineId === machineId
    return isOwn || creator === machineId || this.#now() >= visibleFrom
  }
}
