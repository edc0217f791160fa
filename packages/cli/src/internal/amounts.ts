/** Numbers as people read them. */

const number = new Intl.NumberFormat("en")

/** Returns a whole number, such as `12,345`. */
export const count = (value: number): string => number.format(value)

/** Returns a number with its noun, such as `1 message` and `2 messages`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

/** Returns a number of bytes in its unit, such as `1.5 KiB`. */
export const bytes = (value: number): string => {
  const step = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), units.length - 1)
  const shown = value / 1024 ** step
  return `${step === 0 || shown >= 100 ? Math.round(shown) : shown.toFixed(1)} ${units[step]}`
}

/** Returns a time as ISO 8601 has it, to the second. */
export const time = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z")
