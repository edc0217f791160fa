/**
 * The `Mqrt` service over `mqrt.dll`, on Windows.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Given from "@effect-msmq/core/mqrt/Options"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as MqrtLibrary from "./MqrtLibrary.ts"

/**
 * Files that the backend loads: names that the system looks up, or paths.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** File with the functions of Message Queuing, which is `mqrt.dll` on Windows. */
  readonly library: string
  /**
   * File that stands for `advapi32.dll`, `crypt32.dll` and `kernel32.dll`, whose functions get a security context as another user,
   * look accounts up and read certificate stores. For tests. By default those of Windows.
   */
  readonly identityLibrary?: string | undefined
  /**
   * File that stands for `kernel32.dll`, whose completion port tells that a message arrived. For tests. By default that of
   * Windows, and on other systems the file `library`.
   */
  readonly portLibrary?: string | undefined
}

const unavailable =
  (library: string) =>
  (cause: unknown): MsmqError =>
    new MsmqError({
      operation: "NativeMqrt.layer",
      reason: {
        _tag: "MqrtUnavailable",
        library,
        platform: process.platform,
        cause: cause instanceof Error ? cause.message : String(cause)
      }
    })

const functions = (options: Options): Effect.Effect<Mqrt.MqrtFunctions, MsmqError, Scope.Scope> =>
  Effect.gen(function* () {
    const failed = unavailable(options.library)
    // Here, so that an import of this module alone loads nothing, and fails on no system that koffi does not know.
    const { open } = yield* Effect.tryPromise({ try: () => import("./internal/backend.ts"), catch: failed })
    const backend = yield* Effect.acquireRelease(
      Effect.try({ try: () => open(options), catch: failed }),
      ({ close }) => close
    )
    return backend.functions
  })

/**
 * Makes the service over the given files. The library is loaded when the first layer over it is built, and stays loaded for
 * the life of the process. When the layer closes, it closes everything that was opened through it, and waits for the calls
 * that run. To use the service after that is a defect.
 *
 * **Details**
 *
 * Without Message Queuing the layer fails with the reason `MqrtUnavailable`, whose message says how to install it. A function
 * that an older Windows does not have fails when it is used, with the reason `FunctionMissing`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { NativeMqrt } from "@effect-msmq/native"
 * import { Effect, Layer } from "effect"
 *
 * const program = Layer.launch(NativeMqrt.layerWith({ library: "nowhere.dll" })).pipe(
 *   Effect.catchReason("MsmqError", "MqrtUnavailable", (reason) => Effect.succeed(reason.library))
 * )
 *
 * await Effect.runPromise(program) // => "nowhere.dll"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWith = (options: Options): Layer.Layer<Mqrt.Mqrt, MsmqError> =>
  Mqrt.layer(Effect.flatMap(Given.check({ operation: "NativeMqrt.layerWith" }, table, options, "options"), functions))

/**
 * Makes the service as {@link layerWith} does, over files that the configuration names.
 *
 * Fails with `ConfigError` where the configuration is missing or illegal, and with the reason `MqrtUnavailable`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { NativeMqrt } from "@effect-msmq/native"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const layer = NativeMqrt.layerConfig({ library: Config.String("MSMQ_LIBRARY") })
 * const environment = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { MSMQ_LIBRARY: "nowhere.dll" } }))
 * const program = Layer.launch(layer).pipe(
 *   Effect.catchReason("MsmqError", "MqrtUnavailable", (reason) => Effect.succeed(reason.library))
 * )
 *
 * await Effect.runPromise(program.pipe(Effect.provide(environment))) // => "nowhere.dll"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (config: Config.Wrap<Options>): Layer.Layer<Mqrt.Mqrt, MsmqError | Config.ConfigError> =>
  Layer.unwrap(Effect.map(Given.fromConfig<Options>({ operation: "NativeMqrt.layerConfig" }, config), layerWith))

const table = Given.table<Options>()({
  library: Given.required(Given.name),
  identityLibrary: Given.name,
  portLibrary: Given.name
})

/**
 * Layer of the service over `mqrt.dll` in the system's directory, or over the library that the configuration `MQRT_LIBRARY`
 * names. It fails as {@link layerWith} does.
 *
 * See the example of {@link layerWith}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Mqrt.Mqrt, MsmqError> = Layer.unwrap(
  Effect.map(Effect.orDie(MqrtLibrary.fromConfig), (library) => layerWith({ library }))
)
