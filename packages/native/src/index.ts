export * as MqrtLibrary from "./MqrtLibrary.ts"
