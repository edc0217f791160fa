/** A number with its noun: `"1 attempt"`, `"2 attempts"`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
