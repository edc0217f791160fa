import type { Administrators } from "./Administrators.ts"
import type { Envelope } from "../queue/Packet.ts"
import { isSame, wellKnown } from "./Sid.ts"

/** The SIDs that somebody goes by: their own and those of their groups. */
export type Token = ReadonlyArray<Uint8Array>

const nobody: Token = [wellKnown.everyone, wellKnown.anonymous]
const queueManager: Token = [wellKnown.everyone]

/** What a user is on a machine; of whom no SID can be had is anonymous. */
export const tokenOf = (sid: Uint8Array | null, administrators: Administrators): Token => {
  if (sid === null) return nobody
  const token = [sid, wellKnown.everyone, wellKnown.authenticatedUsers]
  return administrators.has(sid) ? [...token, wellKnown.administrators] : token
}

/** What the sender of a message is on the machine where it arrives (behaviours ). */
export const senderToken = ({ senderId, senderIdType }: Envelope, administrators: Administrators): Token =>
  senderIdType === "queueManager" ? queueManager : tokenOf(senderId, administrators)

export const includes = (token: Token, sid: Uint8Array): boolean => token.some((own) => isSame(own, sid))
