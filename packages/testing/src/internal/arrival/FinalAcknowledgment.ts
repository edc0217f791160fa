import type { MessageClass } from "../facts/MessageClass.ts"
import { isNegative } from "../facts/MessageClass.ts"
import type { Packet } from "../queue/Packet.ts"
import type { DeadLetterStorage } from "./DeadLetter.ts"
import { deadLetter } from "./DeadLetter.ts"
import { copyToSourceJournal } from "./Journal.ts"

/**
 * Reports the end of a transactional message to the machine that sent it. Only then that machine copies the message to its
 * journal or its dead-letter queue, and keeps the message itself no longer (behaviours D-57, D-61, D-67). `machine`: the one
 * where the message ended; `now` in milliseconds since 1970.
 */
export const acknowledgeFinally = (
  machine: DeadLetterStorage,
  packet: Packet,
  outcome: MessageClass,
  now: number
): void => {
  if (packet.origin === null) settle(machine, packet, outcome, now)
  else packet.origin.report?.(outcome, now)
}

/** Keeps the copy that the sender of a message asked for, now that the machine that sent it knows its end. */
export const settle = (source: DeadLetterStorage, packet: Packet, outcome: MessageClass, now: number): void => {
  if (isNegative(outcome)) deadLetter(source, packet, outcome, now)
  else copyToSourceJournal(source, packet, now)
}
