import { Context, Effect } from "effect"
import { createConnection } from "node:net"
import { release, type, version } from "node:os"

/** Facts about a machine and its runtime. */
export interface Machine {
  /** System as Node names it, such as `win32`. */
  readonly platform: string
  readonly architecture: string
  /** Name and version of the system. */
  readonly system: string
  /** Name and version of the runtime. */
  readonly runtime: string
  /** Version of Node that the runtime has, or has the functions of. */
  readonly node: string
  /** Returns `true` if something on this machine accepts connections to a TCP port. */
  readonly listens: (port: number) => Effect.Effect<boolean>
}

const runtimeOf = ({ bun, deno, node }: NodeJS.ProcessVersions): string =>
  bun === undefined ? (deno === undefined ? `Node ${node}` : `Deno ${deno}`) : `Bun ${bun}`

const listens = (port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => void socket.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: "1 second", orElse: () => Effect.succeed(false) }))

/** Machine that the command runs on. A test replaces it. */
export const CurrentMachine: Context.Reference<Machine> = Context.Reference("@effect-msmq/cli/CurrentMachine", {
  defaultValue: (): Machine => ({
    platform: process.platform,
    architecture: process.arch,
    // `version` is the name of a Windows, and the day of its build elsewhere.
    system: process.platform === "win32" ? `${version()} (${release()})` : `${type()} ${release()}`,
    runtime: runtimeOf(process.versions),
    node: process.versions.node,
    listens
  })
})
