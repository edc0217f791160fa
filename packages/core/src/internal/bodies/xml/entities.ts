/** Characters that XML forbids even as references, which .NET writes and reads all the same. */
const forbidden = [...Array(0x20).keys(), 0xfffe, 0xffff].filter((code) => ![0x9, 0xa, 0xd].includes(code))

/**
 * Entities for sax, which decides on its own only about references that are not among them. A document cannot declare others,
 * since none with a DOCTYPE is read.
 */
export const entities: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  ...Object.fromEntries(
    forbidden.flatMap((code) => {
      const character = String.fromCharCode(code)
      return [
        [`#${code}`, character],
        [`#x${code.toString(16)}`, character]
      ]
    })
  )
})
