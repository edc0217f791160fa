export * as FaultInjection from "./FaultInjection.ts"
export * as HandleLedger from "./HandleLedger.ts"
export * as InMemoryMqrt from "./InMemoryMqrt.ts"
export * as MsmqControl from "./MsmqControl.ts"
