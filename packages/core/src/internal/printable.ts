/**
 * Escaping of texts that a sender chose, so that they are safe to print. A control character can move the cursor of a terminal or
 * forge a line of a log, and a character that changes the direction of text can make one text look like another.
 */

const controls = String.raw`\p{Cc}\p{Cs}`
const marks = String.raw`\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff`

/** Control characters, halves of surrogate pairs, line and paragraph separators, and marks of direction. */
const unsafe = new RegExp(`[${controls}${marks}]`, "gu")
const unsafeInLines = new RegExp(`(?![\n\t])[${controls}${marks}]`, "gu")
const unsafeMarks = new RegExp(`[${marks}]`, "gu")

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Returns a text in one line, with unsafe characters as escapes such as `\u001b`. */
export const printable = (text: string): string => text.replaceAll(unsafe, escape)

/** Returns a text, which may have many lines, with unsafe characters as escapes such as `\u001b`. */
export const printableLines = (text: string): string => text.replaceAll(unsafeInLines, escape)

/** Returns a result of Node's `inspect`, which leaves separators and marks of direction as they are, with those escaped. */
export const printableInspection = (text: string): string => text.replaceAll(unsafeMarks, escape)
