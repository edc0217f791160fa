/** Rights that a policy gives, as lists. */
import type { MachineRight, QueueRight } from "../GatewayPolicy.ts"

/** Rights on a queue. */
export const queueRights = [
  "send",
  "receive",
  "peek",
  "purge",
  "manage",
  "security"
] as const satisfies ReadonlyArray<QueueRight>

/** Rights on the gateway's computer. */
export const machineRights = [
  "sign",
  "directory",
  "look",
  "manage",
  "security",
  "certificates"
] as const satisfies ReadonlyArray<MachineRight>

/** Rights on the computer of a client whose policy names none. */
export const usualMachineRights: ReadonlyArray<MachineRight> = ["sign"]
