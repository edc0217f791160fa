import { isSame } from "./Sid.ts"

/** The members of a machine's group of administrators. */
export class Administrators {
  #members: ReadonlyArray<Uint8Array> = []

  set(sid: Uint8Array, isMember: boolean): void {
    const others = this.#members.filter((member) => !isSame(member, sid))
    this.#members = isMember ? [...others, sid] : others
  }

  has(sid: Uint8Array): boolean {
    return this.#members.some((member) => isSame(member, sid))
  }
}
