/** The values of what concerns queues that are words: the types of `QueueProperties` and `Mqrt` derive from them. */

export const queuePrivacyLevels = ["none", "optional", "body"] as const

export const restrictedProperties = ["label", "type", "createTime", "modifyTime"] as const

export const relations = ["less", "lessOrEqual", "greater", "greaterOrEqual", "equal", "notEqual"] as const

export const shareModes = ["denyNone", "denyReceive"] as const

export const securityContextApis = ["MQGetSecurityContextEx", "MQGetSecurityContext"] as const

export const systemQueues = ["journal", "deadletter", "deadxact"] as const
