import type { Option } from "effect"
import { Command, Flag } from "effect/cli"

/** Returns a flag for a file that is read. */
const file = (name: string, description: string): Flag.Flag<Option.Option<string>> =>
  Flag.String(name).pipe(Flag.withMetavar("FILE"), Flag.withDescription(description), Flag.optional)

/** Root of the command, with the flags that all commands have. */
export const root = Command.make("effect-msmq").pipe(
  Command.withDescription("Looks into Message Queuing (MSMQ), sends, receives and repairs."),
  Command.withSharedFlags({
    backend: Flag.Literals("backend", ["native", "memory", "remote"]).pipe(
      Flag.withDescription(
        "native: this machine's Message Queuing; memory: made-up queues in memory, to try a command; remote: that of a gateway"
      ),
      Flag.withDefault("native")
    ),
    library: Flag.String("library").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Library instead of mqrt.dll, such as a test double; the variable MQRT_LIBRARY names one, too"
      ),
      Flag.optional
    ),
    url: Flag.String("url").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription(
        "Address of the gateway for --backend remote, such as wss://server:8443; the variable EFFECT_MSMQ_URL has one, too"
      ),
      Flag.optional
    ),
    tokenFile: file("token-file", "Token for the gateway; the variable EFFECT_MSMQ_TOKEN has one, too"),
    tlsCa: file(
      "tls-ca",
      "Authorities in PEM: that the gateway's certificate may be of; of the command gateway, that its clients' may be of"
    ),
    tlsCert: file("tls-cert", "Certificate in PEM: of this client of a gateway; of the command gateway, its own"),
    tlsKey: file("tls-key", "Private key of that certificate, in PEM")
  })
)
