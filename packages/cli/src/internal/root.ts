import { Command, Flag } from "effect/cli"

/** Root of the command, with the flags that all commands have. */
export const root = Command.make("effect-msmq").pipe(
  Command.withDescription("Looks into Message Queuing (MSMQ), sends, receives and repairs."),
  Command.withSharedFlags({
    backend: Flag.Literals("backend", ["native", "memory"]).pipe(
      Flag.withDescription(
        "native: this machine's Message Queuing; memory: made-up queues in memory, to try a command"
      ),
      Flag.withDefault("native")
    ),
    library: Flag.String("library").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Library instead of mqrt.dll, such as a test double; the variable MQRT_LIBRARY names one, too"
      ),
      Flag.optional
    )
  })
)
