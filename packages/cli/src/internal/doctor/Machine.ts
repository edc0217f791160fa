import { Context, Effect, Layer } from "effect"
import { createConnection } from "node:net"
import { release, type, version } from "node:os"

/** Facts about the machine and the runtime, which a test replaces. */
export class Machine extends Context.Service<
  Machine,
  {
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
>()("@effect-msmq/cli/Machine") {}

const runtimeOf = ({ bun, deno, node }: NodeJS.ProcessVersions): string =>
  bun === undefined ? (deno === undefined ? `Node ${node}` : `Deno ${deno}`) : `Bun ${bun}`

const listens = (port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => void socket.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: "1 second", orElse: () => Effect.succeed(false) }))

/** Layer of the machine that the command runs on. */
export const layer: Layer.Layer<Machine> = Layer.sync(Machine, () => ({
  platform: process.platform,
  architecture: process.arch,
  // `version` is the name of a Windows, and the day of its build elsewhere.
  system: process.platform === "win32" ? `${version()} (${release()})` : `${type()} ${release()}`,
  runtime: runtimeOf(process.versions),
  node: process.versions.node,
  listens
}))
