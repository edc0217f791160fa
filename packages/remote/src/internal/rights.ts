/** Rights that a policy gives, as lists. */

/** Rights on a queue. */
export const queueRights = ["send", "receive", "peek", "purge", "manage", "security"] as const

/** Rights on the gateway's computer. */
export const machineRights = [
  "sign",
  "impersonate",
  "directory",
  "look",
  "manage",
  "security",
  "certificates",
  "otherComputers"
] as const

/** Rights on the computer of a client whose policy names none. */
export const usualMachineRights = ["sign"] as const
