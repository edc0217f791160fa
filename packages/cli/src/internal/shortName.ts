import { visible } from "./visible.ts"

/** Names that the arguments of commands take for the dead-letter queues. */
const system = /^\.\\system\$;(DEADLETTER|DEADXACT)$/i

/** Returns the name of a queue as people read and type it: of a private queue of a machine its own name alone. */
export const shortName = (name: string): string =>
  visible(name.replace(/^[^\\:=]+\\private\$\\/i, "").replace(system, "$1"))
