/** Names of queues as a policy compares them. */
import * as FormatName from "@effect-msmq/core/FormatName"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { networkInterfaces } from "node:os"

/** Names of the gateway's computer, in small letters. */
export interface ThisComputer {
  readonly names: ReadonlySet<string>
}

/** Returns the addresses of the network interfaces, by which direct names with `TCP:` mean this computer. */
const ownAddresses = (): ReadonlyArray<string> =>
  Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))

/** Names that always mean this computer. */
const always = [".", "localhost", "127.0.0.1", "::1"]

/** Asks for the names of the gateway's computer. */
export const thisComputer = (mqrt: Mqrt["Service"]): Effect.Effect<ThisComputer> =>
  Effect.match(mqrt.getMachineProperties(null), {
    onFailure: () => ({ names: new Set([...always, ...ownAddresses()]) }),
    onSuccess: ({ pathName, pathNameDns }) => ({
      names: new Set([...always, ...ownAddresses(), pathName, pathNameDns].flatMap((name) => name?.toLowerCase() ?? []))
    })
  })

const pathOf = ({ names }: ThisComputer, computer: string, isPrivate: boolean, queue: string): string => {
  const address = names.has(computer.toLowerCase()) ? "." : computer.toLowerCase()
  return `${address}\\${isPrivate ? "private$\\" : ""}${queue.toLowerCase()}`
}

/**
 * Returns the names of the queues that a format name or a path name stands for: `.\private$\orders`, without subqueue and journal. A
 * name that stands for no queue is itself, in small letters.
 */
export const queuesOf = (
  mqrt: Mqrt["Service"],
  computer: ThisComputer,
  name: string
): Effect.Effect<ReadonlyArray<string>> => {
  const parsed = FormatName.fromString(name)
  if (Result.isFailure(parsed)) return Effect.succeed([name.toLowerCase()])
  const one = (single: typeof parsed.success): Effect.Effect<ReadonlyArray<string>> => {
    switch (single._tag) {
      case "QueuePath":
        return Effect.succeed([pathOf(computer, single.computer, single.isPrivate, single.queue)])
      case "Direct":
        return Effect.succeed([pathOf(computer, single.address, single.isPrivate, single.queue)])
      case "Multiple":
        return Effect.map(Effect.forEach(single.elements, one), (all) => all.flat())
      case "Private":
      case "Public": {
        const whole = FormatName.format({ ...single, journal: false })
        return Effect.match(mqrt.getQueueProperties(whole), {
          onFailure: () => [whole.toLowerCase()],
          onSuccess: ({ pathName }) => {
            const path = FormatName.fromString(pathName)
            return Result.isSuccess(path) && path.success._tag === "QueuePath"
              ? [pathOf(computer, path.success.computer, path.success.isPrivate, path.success.queue)]
              : [pathName.toLowerCase()]
          }
        })
      }
      default:
        return Effect.succeed([name.toLowerCase()])
    }
  }
  return one(parsed.success)
}
