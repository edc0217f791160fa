/** Patience of client and gateway with signs of life that do not come. */

/** Number of heartbeats that may be missing before the other side is taken for dead. */
export const missing = 3

/** Milliseconds in which a process that was busy reads what came meanwhile, before it takes the other side for dead. */
export const afterBusy = 50
