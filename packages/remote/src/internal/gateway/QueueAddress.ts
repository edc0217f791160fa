/** Names of queues as a policy compares them. */
import * as FormatName from "@effect-msmq/core/FormatName"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { networkInterfaces } from "node:os"

/** Names of the gateway's computer. */
export interface ThisComputer {
  /** Its names and addresses, folded. */
  readonly names: ReadonlySet<string>
  /** GUID of its queue manager, folded. */
  readonly id: string | undefined
}

/** Queue that a name stands for. */
export interface QueueAddress {
  /** Name that a policy compares: `.\private$\orders`, folded, without subqueue and journal. */
  readonly queue: string
  /** Name of the subqueue, folded; empty for none. */
  readonly subqueue: string
}

const foldCharacter = (character: string): string => {
  const lower = character.toLowerCase()
  // A letter like the Kelvin sign has the small letter of another one, and Windows tells the two apart.
  return lower.length === character.length && lower.toUpperCase() === character ? lower : character
}

/** Returns a name without regard to case. Two names that are different queues for Windows stay different. */
export const fold = (name: string): string =>
  /^[\0-\x7f]*$/.test(name) ? name.toLowerCase() : Array.from(name, foldCharacter).join("")

/** Asks for the names of the gateway's computer. */
export const thisComputer = (mqrt: Mqrt["Service"]): Effect.Effect<ThisComputer> =>
  Effect.sync(() => {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
    return [".", "localhost", "127.0.0.1", "::1", ...addresses]
  }).pipe(
    Effect.flatMap((known) =>
      Effect.match(mqrt.getMachineProperties(null), {
        onFailure: () => ({ names: new Set(known.map(fold)), id: undefined }),
        onSuccess: ({ machineId, pathName, pathNameDns }) => ({
          names: new Set([...known, pathName, ...(pathNameDns === null ? [] : [pathNameDns])].map(fold)),
          id: fold(machineId)
        })
      })
    )
  )

/** Returns `true` for a name of the gateway's computer. `null` is a name of it, too. */
export const isThis = ({ names }: ThisComputer, name: string | null): boolean => name === null || names.has(fold(name))

/** Name that no queue has, and no pattern but `*` matches: that of a name which cannot be read. */
export const unreadable = "\0"

/**
 * Returns the queues that a format name or a path name stands for. `at`: computer that the name is read on; `null` for the
 * gateway's.
 */
export const queuesOf = (
  mqrt: Mqrt["Service"],
  computer: ThisComputer,
  name: string,
  at: string | null = null
): Effect.Effect<ReadonlyArray<QueueAddress>> => {
  const isHere = isThis(computer, at)
  const hostOf = (address: string): string => {
    if (address === ".") return isHere ? "." : fold(at ?? ".")
    return isThis(computer, address) ? "." : fold(address)
  }
  const pathOf = (address: string, isPrivate: boolean, queue: string): string =>
    `${hostOf(address)}\\${isPrivate ? "private$\\" : ""}${fold(queue)}`
  const named = (queue: string, subqueue: string | null = null): Effect.Effect<ReadonlyArray<QueueAddress>> =>
    Effect.succeed([{ queue, subqueue: fold(subqueue ?? "") }])

  const parsed = FormatName.fromString(name)
  if (Result.isFailure(parsed)) return named(unreadable)
  const one = (single: typeof parsed.success): Effect.Effect<ReadonlyArray<QueueAddress>> => {
    switch (single._tag) {
      case "QueuePath":
        return named(pathOf(single.computer, single.isPrivate, single.queue), single.subqueue)
      case "Direct":
        return named(pathOf(single.address, single.isPrivate, single.queue), single.subqueue)
      case "SystemQueuePath":
        return named(`${hostOf(single.computer)}\\system$;${single.systemQueue}`)
      case "DirectSystem":
        return named(`${hostOf(single.address)}\\system$;${single.systemQueue}`)
      case "Machine": {
        const guid = fold(single.computerGuid)
        return named(guid === computer.id ? `.\\system$;${single.systemQueue}` : fold(FormatName.format(single)))
      }
      case "Multiple":
        return Effect.map(Effect.forEach(single.elements, one), (all) => all.flat())
      case "Private":
      case "Public": {
        const whole = FormatName.format({ ...single, journal: false })
        return Effect.matchEffect(mqrt.getQueueProperties(whole), {
          onFailure: () => named(fold(whole)),
          onSuccess: ({ pathName }) => {
            const path = FormatName.fromString(pathName)
            return Result.isSuccess(path) && path.success._tag === "QueuePath"
              ? named(pathOf(path.success.computer, path.success.isPrivate, path.success.queue))
              : named(fold(whole))
          }
        })
      }
      case "Connector":
      case "DistributionList":
      case "Multicast":
        return named(fold(FormatName.format(single)))
    }
  }
  return one(parsed.success)
}
