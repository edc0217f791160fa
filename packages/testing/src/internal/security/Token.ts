import type { SenderIdType } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Sid from "@effect-msmq/core/Sid"

/** SIDs of a user: its own and those of its groups. */
export type Token = ReadonlyArray<Sid.Sid>

/** Sender of a message, as the message names it. */
export interface NamedSender {
  readonly senderIdType: SenderIdType
  /** SID of the user; `null` where the message names none. */
  readonly sender: Sid.Sid | null
}

const anonymous: Token = [Sid.wellKnown.everyone, Sid.wellKnown.anonymous]
const queueManager: Token = [Sid.wellKnown.everyone]

/** Returns the token of a user on a machine; a user without a SID is anonymous. */
export const tokenOf = (sid: Sid.Sid | null, administrators: ReadonlySet<Sid.Sid>): Token => {
  if (sid === null) return anonymous
  const token = [sid, Sid.wellKnown.everyone, Sid.wellKnown.authenticatedUsers]
  return administrators.has(sid) ? [...token, Sid.wellKnown.administrators] : token
}

/** Returns the token of a message's sender on the machine where the message arrives (behaviours ). */
export const tokenOfSender = ({ sender, senderIdType }: NamedSender, administrators: ReadonlySet<Sid.Sid>): Token =>
  senderIdType === "queueManager" ? queueManager : tokenOf(sender, administrators)
