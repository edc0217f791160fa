/** Time for which a pair is remembered, in milliseconds. */
const memory = 20 * 60_000

/**
 * Pairs of certificate and SID that a machine found in the directory, so that it need not ask for each message (behaviour
 * A registration that is removed takes effect when the machine forgets the pair.
 */
export class VerifiedCertificates {
  /** Largest number of pairs that are remembered. */
  static readonly limit = 53
  /** Time at which each pair was found, in milliseconds since 1970; the oldest first. */
  readonly #found = new Map<string, number>()

  /** Tells whether a pair is registered, as far as the machine knows; `now` in milliseconds since 1970. */
  verify(pair: string, isRegistered: () => boolean, now: number): boolean {
    const found = this.#found.get(pair)
    if (found !== undefined && now - found < memory) return true
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
