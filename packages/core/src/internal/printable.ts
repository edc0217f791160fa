/**
 * Texts that a sender chose, made safe to print: a control character can move a terminal's cursor or forge a line of a log, and a
 * character that changes the direction of text can make one text look like another.
 */

const controls = String.raw`\p{Cc}\p{Cs}`
const marks = String.raw`\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff`

/** Control characters, halves of surrogate pairs, line and paragraph separators, and marks of direction. */
const unsafe = new RegExp(`[${controls}${marks}]`, "gu")
const unsafeInLines = new RegExp(`(?![\n\t])[${controls}${marks}]`, "gu")
const unsafeMarks = new RegExp(`[${marks}]`, "gu")

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Returns a text in one line, in which what is not safe to print stands as `\u001b` and the like. */
export const printable = (text: string): string => text.replaceAll(unsafe, escape)

/** Returns a text of perhaps many lines, in which what is not safe to print stands as `\u001b` and the like. */
export const printableLines = (text: string): string => text.replaceAll(unsafeInLines, escape)

/** Returns what Node's `inspect` made, which escapes all but separators and marks of direction, with those escaped, too. */
export const printableInspection = (text: string): string => text.replaceAll(unsafeMarks, escape)
