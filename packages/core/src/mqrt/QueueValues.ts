/**
 * Words of the seam for numbers and names of `mq.h` that concern queues; for the author of a backend.
 *
 * @since 0.1.0
 */

/**
 * Numbers of `MQ_PRIV_LEVEL_`.
 *
 * @category constants
 * @since 0.1.0
 */
export const privacyLevels = { none: 0, optional: 1, body: 2 } as const

/**
 * Numbers of `dwAccess` of `MQOpenQueue`.
 *
 * @category constants
 * @since 0.1.0
 */
export const accesses = {
  receive: 0x01,
  send: 0x02,
  move: 0x04,
  peek: 0x20,
  receiveAdmin: 0x81,
  peekAdmin: 0xa0
} as const // C-21

/**
 * Numbers of `dwShareMode` of `MQOpenQueue`.
 *
 * @category constants
 * @since 0.1.0
 */
export const shareModes = { denyNone: 0, denyReceive: 1 } as const

/**
 * Numbers of `rel` of `MQPROPERTYRESTRICTION`, as `MQLocateBegin` takes it.
 *
 * @category constants
 * @since 0.1.0
 */
export const relations = {
  less: 0,
  lessOrEqual: 1,
  greater: 2,
  greaterOrEqual: 3,
  equal: 4,
  notEqual: 5
} as const

/**
 * Properties that public queues can be searched by.
 *
 * @category constants
 * @since 0.1.0
 */
export const restrictedProperties = [
  "label",
  "type",
  "instance",
  "multicastAddress",
  "createTime",
  "modifyTime"
] as const

/**
 * Functions that get a security context.
 *
 * @category constants
 * @since 0.1.0
 */
export const securityContextApis = ["MQGetSecurityContextEx", "MQGetSecurityContext"] as const

/**
 * Queues that a queue manager or a queue has by itself, as format names end with them.
 *
 * @category constants
 * @since 0.1.0
 */
export const systemQueues = ["journal", "deadletter", "deadxact"] as const
