/** Backend of the examples: Message Queuing in memory, or with `--native` that of this Windows machine. */
import { InMemoryMqrt } from "@effect-msmq/testing"

export const isNative: boolean = process.argv.includes("--native")

export const backend = isNative ? (await import("@effect-msmq/native")).NativeMqrt.layer : InMemoryMqrt.layer
