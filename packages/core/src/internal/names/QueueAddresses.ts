import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { errors } from "../../ErrorCode.ts"
import * as FormatName from "../../FormatName.ts"
import type { Mqrt, MqrtFailure } from "../../Mqrt.ts"
import * as PathName from "../../PathName.ts"

/** Number of names that are remembered. A full map is emptied. */
const mostNames = 1000

const byBackend = new WeakMap<object, QueueAddresses>()

/**
 * Format names by which other computers reach queues of this one. The first use of a path name asks Message Queuing, in one call
 * that needs no directory, for the name of this computer.
 */
export class QueueAddresses {
  readonly #mqrt: Mqrt["Service"]
  readonly #known = new Map<string, string>()

  private constructor(mqrt: Mqrt["Service"]) {
    this.#mqrt = mqrt
  }

  /** Returns the addresses that a backend knows. */
  static of(mqrt: Mqrt["Service"]): QueueAddresses {
    const known = byBackend.get(mqrt)
    if (known !== undefined) return known
    const addresses = new QueueAddresses(mqrt)
    byBackend.set(mqrt, addresses)
    return addresses
  }

  /** Returns the address of a path name that was asked for before. */
  known(pathName: string): string | undefined {
    return this.#known.get(pathName.toLowerCase())
  }

  /** Asks for the address of a queue by its path name on this computer. */
  find(pathName: string): Effect.Effect<string, MqrtFailure> {
    return Effect.map(this.#mqrt.getQueueProperties(localNameOf(pathName)), (properties) => {
      const address = `DIRECT=OS:${properties.pathName}`
      if (this.#known.size === mostNames) this.#known.clear()
      this.#known.set(pathName.toLowerCase(), address)
      return address
    })
  }
}

const localNameOf = (pathName: string): string =>
  Result.match(PathName.parse(pathName), {
    onFailure: () => pathName,
    onSuccess: (name) => FormatName.format(FormatName.fromPathName(name))
  })

const dot = ".".charCodeAt(0)

/** Returns `true` for a path name on this computer, as opposed to a format name. */
export const isUnresolved = (name: string | null): name is string => name !== null && name.charCodeAt(0) === dot

/** Returns the rule that a path name breaks whose address could not be found. */
export const addressRule = (pathName: string, { code }: MqrtFailure, message: string): string =>
  code >>> 0 === errors.MQ_ERROR_QUEUE_NOT_FOUND
    ? "there is no such queue on this computer, so that nothing could arrive there: create it before, or check its spelling"
    : `its address could not be found (${message}): give the format name, such as DIRECT=OS:<name of this computer>${pathName.slice(1)}`
