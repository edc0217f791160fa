/** Backends that a command works with. */
import type { MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Context, Effect, Layer, Option } from "effect"
import { Failed } from "./Failed.ts"
import { madeUp } from "./madeUp.ts"
import * as Output from "./Output.ts"
import { root } from "./root.ts"

/** Flags by which a backend is chosen. */
interface Choice {
  readonly backend: "native" | "memory"
  readonly library: Option.Option<string>
}

type Backend = (choice: Choice) => Layer.Layer<Mqrt, Failed | MsmqError.MsmqError, Output.Output>

/** Returns the reason why the library cannot be loaded, and what to do. */
const explained = (error: MsmqError.MsmqError): Failed | MsmqError.MsmqError => {
  if (error.reason._tag !== "MqrtUnavailable") return error
  const { cause, library, platform } = error.reason
  const advice =
    platform === "win32"
      ? "Install the Windows feature Message Queuing: `effect-msmq doctor` has the commands."
      : "Message Queuing is a part of Windows: run this command there. Try it here with --backend memory."
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

const usual: Readonly<Record<Choice["backend"], Backend>> = { native, memory }

/** Backends by their names. Tests have others. */
export const Backends: Context.Reference<typeof usual> = Context.Reference("@effect-msmq/cli/Backends", {
  defaultValue: () => usual
})

/** Effect that opens the backend which the flags of the command choose, for as long as its scope is open. */
export const openBackend = Effect.gen(function* () {
  const choice = yield* root
  const backends = yield* Backends
  const output = yield* Output.Output
  return Effect.provideService(Layer.build(backends[choice.backend](choice)), Output.Output, output)
})

/** Runs an effect on the backend that the flags of the command choose. */
export const onBackend = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const open = yield* openBackend
    return yield* Effect.provideContext(effect, yield* open)
  }).pipe(Effect.scoped)
