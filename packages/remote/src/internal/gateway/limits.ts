/** Limits of a client's connections. */
import type { Client, Limits } from "../../GatewayPolicy.ts"

type AllLimits = Required<{ readonly [Name in keyof Limits]-?: number }>

/** @testonly Limits by default. */
export const usualLimits: AllLimits = {
  connections: 8,
  handles: 10_000,
  waits: 1024,
  calls: 256,
  callBytes: 64 * 1024 * 1024,
  unreadBytes: 16 * 1024 * 1024
}

/** Returns the limits of a client. */
export const limitsOf = ({ limits = {} }: Client): AllLimits =>
  Object.fromEntries(
    Object.entries(usualLimits).map(([name, usual]) => [name, limits[name as keyof Limits] ?? usual])
  ) as AllLimits
