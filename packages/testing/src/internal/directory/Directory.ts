import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Element } from "@effect-msmq/core/FormatName"
import type { QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { Fallible } from "../facts/Failure.ts"
import type { Guid } from "@effect-msmq/core/mqrt/Guid"

const domain = "domain.test"

/** Name of the directory server, as the queue manager reports it. */
export const directoryServer = `\\\\dc.${domain}`

/** Id of the site that all machines are in. */
export const siteId: Guid = "6d736d71-0000-4000-9000-000000000001"

/** Returns the DNS name of a machine in the domain. */
export const dnsNameOf = (machineName: string): string => `${machineName.toLowerCase()}.${domain}`

const escape = (name: string): string => name.replaceAll(/[#/<=>]/g, String.raw`\$&`)

const adsPathOf = (machineName: string, queue: string): string => {
  const components = domain.split(".").map((part) => `DC=${part}`)
  return `LDAP://CN=${escape(queue)},CN=msmq,CN=${escape(machineName)},CN=Computers,${components.join(",")}`
}

/** A machine as the directory lists it. */
export interface Member {
  readonly machineName: string
  /** DNS name; `null` for a machine outside the domain. */
  readonly dnsName: string | null
  readonly machineId: Guid
}

/** A public queue as the directory lists it. */
interface PublicQueue {
  readonly properties: QueueProperties
}

/** Distribution lists of the directory. */
export interface DistributionLists {
  /** Returns the elements of a list; `undefined` where there is no such list. */
  readonly list: (guid: Guid) => ReadonlyArray<Element> | undefined
}

/** A machine that may reach the directory. */
export interface DirectoryClient<Directory> {
  /** Returns the directory, or the error code for its absence; `inWorkgroup`: the code in a workgroup. */
  readonly askDirectory: (inWorkgroup: ErrorCodeName) => Fallible<Directory>
}

/** Properties that a public queue has and a private queue has not. */
type Identity = Record<"instance" | "pathNameDns" | "adsPath", string>

interface Entry<Queue> {
  readonly queue: Queue
  /** Id of the machine that created the queue, and so sees it at once. */
  readonly creator: Guid
  /** Time from which every machine sees the queue, in milliseconds since 1970. */
  readonly visibleFrom: number
}

/** The directory of a domain (Active Directory): its machines, their public queues, and distribution lists. */
export class Directory<Machine extends Member, Queue extends PublicQueue> implements DistributionLists {
  /** Returns the time, in milliseconds since 1970. */
  readonly #now: () => number
  /** Time for which other machines do not see a new queue, in milliseconds (behaviour C-14). */
  readonly #replicationDelay: number
  readonly #members: Array<Machine> = []
  readonly #entries = new Map<Guid, Entry<Queue>>()
  /** Machine of each public queue. Deleted queues stay, as messages to them are still under way. */
  readonly #homes = new Map<Guid, Machine>()
  readonly #lists = new Map<Guid, ReadonlyArray<Element>>()
  #lastInstance = 0

  constructor(now: () => number, replicationDelay: number) {
    this.#now = now
    this.#replicationDelay = replicationDelay
  }

  /** Adds a machine to the domain. */
  join(member: Machine): void {
    this.#members.push(member)
  }

  /** Returns the machine of a name or of an id. */
  member(computer: string): Machine | undefined {
    const wanted = computer.toLowerCase()
    return this.#members.find(({ dnsName, machineId, machineName }) =>
      [machineName.toLowerCase(), dnsName, machineId].includes(wanted)
    )
  }

  /** Makes the names that a new queue of a machine has in the directory. */
  identify(home: Member, queue: string): Identity {
    // The number alone makes the id unique, whatever the ids of the machines are.
    const number = (++this.#lastInstance).toString(16).padStart(8, "0")
    return {
      instance: `${number}${home.machineId.slice(8)}`,
      pathNameDns: `${home.dnsName}\\${queue}`,
      adsPath: adsPathOf(home.machineName, queue)
    }
  }

  /** Adds a public queue of a machine; `creator`: the id of the machine that created it. */
  register(instance: Guid, home: Machine, queue: Queue, creator: Guid): void {
    this.#homes.set(instance, home)
    this.#entries.set(instance, { queue, creator, visibleFrom: this.#now() + this.#replicationDelay })
  }

  /** Removes a public queue, and returns the machine that had it. */
  withdraw(instance: Guid): Machine | undefined {
    this.#entries.delete(instance)
    return this.homeOf(instance)
  }

  /** Returns the machine that has a public queue, or had it. */
  homeOf(instance: Guid): Machine | undefined {
    return this.#homes.get(instance.toLowerCase())
  }

  /** Returns the public queue of a GUID, if a machine sees it. */
  queue(instance: Guid, machineId: Guid): Queue | undefined {
    const entry = this.#entries.get(instance.toLowerCase())
    return entry !== undefined && this.#isVisible(entry, machineId) ? entry.queue : undefined
  }

  /** Returns the properties of the public queues that a machine sees, in the order of creation. */
  queues(machineId: Guid): ReadonlyArray<QueueProperties> {
    const visible = [...this.#entries.values()].filter((entry) => this.#isVisible(entry, machineId))
    return visible.map(({ queue }) => queue.properties)
  }

  list(guid: Guid): ReadonlyArray<Element> | undefined {
    return this.#lists.get(guid.toLowerCase())
  }

  /** Sets the elements of a distribution list; without any the list is removed. */
  setList(guid: Guid, elements: ReadonlyArray<Element>): void {
    if (elements.length === 0) this.#lists.delete(guid.toLowerCase())
    else this.#lists.set(guid.toLowerCase(), elements)
  }

  #isVisible({ creator, queue, visibleFrom }: Entry<Queue>, machineId: Guid): boolean {
    const { instance } = queue.properties
    const isOwn = instance !== null && this.homeOf(instance)?.machineId === machineId
    return isOwn || creator === machineId || this.#now() >= visibleFrom
  }
}
