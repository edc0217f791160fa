import { Context, Effect } from "effect"

/**
 * Effect that a command runs when calls of Message Queuing have not returned although it ends. They keep a process from ending by
 * itself. Does nothing by default.
 */
export const OnStuckCalls: Context.Reference<Effect.Effect<void>> = Context.Reference("@effect-msmq/cli/OnStuckCalls", {
  defaultValue: () => Effect.void
})
