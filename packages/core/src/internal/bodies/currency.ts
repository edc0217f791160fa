/** Pattern of a currency in text. In bytes it is a number of ten-thousandths in an int64. */
const pattern = /^([+-]?)(\d+)(?:\.(\d{1,4})0*)?$/
const scale = BigInt(10_000)

export const rule =
  'a decimal as text with at most 4 digits after the point, such as "-12.5", from -922337203685477.5808 to ' +
  "922337203685477.5807"

/** Returns the ten-thousandths of a text; `undefined` for a text that is no currency. */
export const tenThousandths = (text: string): bigint | undefined => {
  const match = typeof text === "string" ? pattern.exec(text) : null
  if (match === null) return undefined
  const [, sign, whole = "", fraction = ""] = match
  const amount = BigInt(whole) * scale + BigInt(fraction.padEnd(4, "0"))
  const signed = sign === "-" ? -amount : amount
  return BigInt.asIntN(64, signed) === signed ? signed : undefined
}

/** Returns the text of a currency without zeros at its end, as .NET reads it. */
export const textOf = (value: bigint): string => {
  const digits = String(value < BigInt(0) ? -value : value).padStart(5, "0")
  const fraction = digits.slice(-4).replace(/0+$/, "")
  return `${value < BigInt(0) ? "-" : ""}${digits.slice(0, -4)}${fraction === "" ? "" : `.${fraction}`}`
}
