/**
 * Which file the native backend loads the functions of Message Queuing from.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"

/**
 * The library's file, from the configuration `MQRT_LIBRARY`: a name that the system looks up, or a path. `mqrt.dll` by
 * default, which comes with the Windows feature Message Queuing.
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
export const fromConfig: Config.Config<string> = Config.String("MQRT_LIBRARY").pipe(Config.withDefault("mqrt.dll"))
