import type { IllegalMessage } from "../../MsmqError.ts"

/** Why a message is not sent: a class of its own, since a program's messages may have any fields, a `_tag` among them. */
export class Refusal {
  readonly reason: IllegalMessage

  constructor(broken: Omit<IllegalMessage, "_tag">) {
    this.reason = { _tag: "IllegalMessage", ...broken }
  }
}
