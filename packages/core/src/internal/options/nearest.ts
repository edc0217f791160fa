/** Returns the number of edits between two words: insertions, deletions, replacements and exchanges of neighbours. */
const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[column - 2] ?? 0) + 1 : Infinity
        )
      )
    }
    before = last
    last = next
  }
  return last[to.length] ?? Infinity
}

/** Returns the word that a misspelt one resembles most, or `null` where none does. */
export const nearest = (word: string, words: ReadonlyArray<string>): string | null => {
  // Longer words are no misspellings, and a comparison takes as long as the words are.
  const lower = word.slice(0, 100).toLowerCase()
  let best: string | null = null
  let least = Infinity
  for (const known of words) {
    const other = known.toLowerCase()
    const contained = lower.length >= 3 && (other.includes(lower) || lower.includes(other))
    const edits = contained ? 1.5 : distance(lower, other)
    const most = Math.max(1, Math.floor(Math.max(lower.length, other.length) / 3))
    if (edits < least && (contained || edits <= most)) {
      best = known
      least = edits
    }
  }
  return best
}
