import type { Sid } from "@effect-msmq/core/Sid"

/** The members of a machine's group of administrators. */
export class Administrators {
  readonly #members = new Set<Sid>()

  set(sid: Sid, isMember: boolean): void {
    if (isMember) this.#members.add(sid)
    else this.#members.delete(sid)
  }

  has(sid: Sid): boolean {
    return this.#members.has(sid)
  }
}
