export * as MqrtLibrary from "./MqrtLibrary.ts"
export * as NativeMqrt from "./NativeMqrt.ts"
