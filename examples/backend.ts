/** Backend of the examples: Message Queuing in memory, or with `--native` that of this Windows machine. */
import { InMemoryMqrt } from "@effect-msmq/testing"

export const backend = process.argv.includes("--native")
  ? (await import("@effect-msmq/native")).NativeMqrt.layer
  : InMemoryMqrt.layer
