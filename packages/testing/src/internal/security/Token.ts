import * as Sid from "@effect-msmq/core/Sid"
import type { Administrators } from "./Administrators.ts"
import type { Envelope } from "../queue/Packet.ts"

/** The SIDs that somebody goes by: their own and those of their groups. */
export type Token = ReadonlyArray<Sid.Sid>

const nobody: Token = [Sid.wellKnown.everyone, Sid.wellKnown.anonymous]
const queueManager: Token = [Sid.wellKnown.everyone]

/** What a user is on a machine; of whom no SID can be had is anonymous. */
export const tokenOf = (sid: Sid.Sid | null, administrators: Administrators): Token => {
  if (sid === null) return nobody
  const token = [sid, Sid.wellKnown.everyone, Sid.wellKnown.authenticatedUsers]
  return administrators.has(sid) ? [...token, Sid.wellKnown.administrators] : token
}

/** What the sender of a message is on the machine where it arrives (behaviours ). */
export const senderToken = ({ sender, senderIdType }: Envelope, administrators: Administrators): Token =>
  senderIdType === "queueManager" ? queueManager : tokenOf(sender, administrators)
