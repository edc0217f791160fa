import type { Access } from "@effect-msmq/core/Mqrt"

/** Use of a queue handle. */
export type HandleUse = "send" | "receive" | "peek" | "moveTo"

/** Uses that each access allows (behaviours C-33, C-34, C-39). */
const uses: Record<Access, ReadonlyArray<HandleUse>> = {
  send: ["send"],
  receive: ["receive", "peek"],
  peek: ["peek"],
  move: ["moveTo"],
  receiveAdmin: ["receive", "peek"],
  peekAdmin: ["peek"]
}

/** Tells whether an access allows a use. */
export const allows = (access: Access, use: HandleUse): boolean => uses[access].includes(use)
