/** Characters that would move the cursor, change colours, or show a text in another order than it has. */
const unsafe = /[\p{Cc}\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

/** Returns a text of strangers, such as a label, with the characters that are not safe to print as escapes. */
export const visible = (text: string): string =>
  text.replaceAll(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
