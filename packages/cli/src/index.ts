/**
 * The command `effect-msmq`, for programs that run it themselves.
 *
 * @since 0.1.0
 */
export * as EffectMsmq from "./EffectMsmq.ts"
