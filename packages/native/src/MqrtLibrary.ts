/**
 * File that the native backend loads the functions of Message Queuing from.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { systemFile } from "./internal/systemFile.ts"

/**
 * File of the library, from the configuration `MQRT_LIBRARY`: a name that the system looks up, or a path. By default
 * `mqrt.dll` in the system's directory (`%SystemRoot%\System32`), which comes with the Windows feature Message Queuing. On
 * other systems than Windows, the name `mqrt.dll`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MqrtLibrary } from "@effect-msmq/native"
 * import { ConfigProvider, Effect } from "effect"
 *
 * const env = ConfigProvider.fromEnv({ env: { MQRT_LIBRARY: "/opt/mqrt.so" } })
 *
 * await Effect.runPromise(MqrtLibrary.fromConfig.pipe(Effect.provide(ConfigProvider.layer(env)))) // => "/opt/mqrt.so"
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const fromConfig: Config.Config<string> = Config.String("MQRT_LIBRARY").pipe(
  Config.withDefault(systemFile("mqrt.dll"))
)
