/** Backends that a command works with. */
import type { MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Context, Effect, type FileSystem, Layer, Option } from "effect"
import { Failed, WrongUse } from "./Failed.ts"
import { type ClientFlags, clientOptions, variable } from "./gateway/client.ts"
import { madeUp } from "./madeUp.ts"
import * as Output from "./Output.ts"
import { root } from "./root.ts"

/** Flags by which a backend is chosen. */
interface Choice extends ClientFlags {
  readonly backend: "native" | "memory" | "remote"
  readonly library: Option.Option<string>
  readonly url: Option.Option<string>
}

/** Services that a backend may need. */
export type Services = Output.Output | FileSystem.FileSystem

type Backend = (choice: Choice) => Layer.Layer<Mqrt, Failed | MsmqError.MsmqError, Services>

/** Returns the reason why the library cannot be loaded, and what to do. */
const explained = (error: MsmqError.MsmqError): Failed | MsmqError.MsmqError => {
  if (error.reason._tag !== "MqrtUnavailable") return error
  const { cause, library, platform } = error.reason
  const advice =
    platform === "win32"
      ? "Install the Windows feature Message Queuing: `effect-msmq doctor` has the commands."
      : "Message Queuing is a part of Windows: run this command there, or use a gateway there with --backend remote. Try it here with --backend memory."
  return new Failed({ message: `${library} cannot be loaded: ${cause.trim().replace(/\.$/, "")}. ${advice}` })
}

/** Layer of the native backend, which is imported only here: it loads koffi. */
const native: Backend = ({ library }) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { NativeMqrt } = yield* Effect.promise(() => import("@effect-msmq/native"))
      const layer = Option.isSome(library) ? NativeMqrt.layerWith({ library: library.value }) : NativeMqrt.layer
      const built = yield* Effect.mapError(Layer.build(layer), explained)
      return Layer.succeedContext(built)
    })
  )

const memory: Backend = () =>
  Layer.unwrap(
    Effect.as(
      Output.writeError("effect-msmq: these queues are made up, and gone when the command ends (--backend memory)"),
      madeUp
    )
  )

/** Layer of the backend through a gateway, which is imported only here: it loads WebSockets. */
const remote: Backend = (choice) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const url = Option.getOrUndefined(choice.url) ?? (yield* variable("EFFECT_MSMQ_URL"))
      if (url === undefined) {
        return yield* new WrongUse(
          "--backend remote needs the address of a gateway: --url wss://server:8443, or the variable EFFECT_MSMQ_URL"
        )
      }
      const options = yield* clientOptions(url, choice)
      const { RemoteMqrt } = yield* Effect.promise(() => import("@effect-msmq/remote"))
      const built = yield* Effect.catchReasons(Layer.build(RemoteMqrt.layer(options)), "MsmqError", {
        GatewayUnavailable: (_, error) => Effect.fail(withDoctor(error.message)),
        GatewayRefused: (_, error) => Effect.fail(withDoctor(error.message))
      })
      return Layer.succeedContext(built)
    })
  )

const withDoctor = (message: string): Failed =>
  new Failed({ message: `${message.replace(/\.?$/, ".")} \`effect-msmq doctor --gateway URL\` looks for the cause.` })

const usual: Readonly<Record<Choice["backend"], Backend>> = { native, memory, remote }

/** Backends by their names. Tests have others. */
export const Backends: Context.Reference<typeof usual> = Context.Reference("@effect-msmq/cli/Backends", {
  defaultValue: () => usual
})

/** Effect that opens the backend which the flags of the command choose, for as long as its scope is open. */
export const openBackend = Effect.gen(function* () {
  const choice = yield* root
  if (Option.isSome(choice.url) && choice.backend !== "remote") {
    return yield* new WrongUse("--url is the address of a gateway, and is for --backend remote")
  }
  const backends = yield* Backends
  const services = yield* Effect.context<Services>()
  return Effect.provideContext(Layer.build(backends[choice.backend](choice)), services)
})

/** Runs an effect on the backend that the flags of the command choose. */
export const onBackend = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const open = yield* openBackend
    return yield* Effect.provideContext(effect, yield* open)
  }).pipe(Effect.scoped)
