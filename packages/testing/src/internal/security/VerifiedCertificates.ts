/** In milliseconds. */
const remembered = 20 * 60_000

/**
 * The pairs of certificate and SID that a machine has found in the directory, so as not to ask for each message (behaviour
 * What the directory takes back is noticed when the pair is forgotten.
 */
export class VerifiedCertificates {
  static readonly limit = 53
  /** When each was found, in milliseconds since 1970; the oldest first. */
  readonly #found = new Map<string, number>()

  /** Whether a pair is in the directory, as far as the machine knows; `now` in milliseconds since 1970. */
  verify(pair: string, isRegistered: () => boolean, now: number): boolean {
    const found = this.#found.get(pair)
    if (found !== undefined && now - found < remembered) return true
    this.#found.delete(pair)
    if (!isRegistered()) return false
    if (this.#found.size === VerifiedCertificates.limit) this.#forgetOldestHalf()
    this.#found.set(pair, now)
    return true
  }

  #forgetOldestHalf(): void {
    const oldest = [...this.#found.keys()].slice(0, VerifiedCertificates.limit >> 1)
    for (const pair of oldest) this.#found.delete(pair)
  }
}
