/**
 * Texts that a sender chose, made safe to print: a control character can move a terminal's cursor or forge a line of a log, and a
 * character that changes the direction of text can make one text look like another.
 */

/** Control characters, line and paragraph separators, marks of direction, and halves of surrogate pairs. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu
const unsafeInLines = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Returns a text in one line, in which what is not safe to print stands as `\u001b` and the like. */
export const printable = (text: string): string => text.replaceAll(unsafe, escape)

/** Returns a text of perhaps many lines, in which what is not safe to print stands as `\u001b` and the like. */
export const printableLines = (text: string): string => text.replaceAll(unsafeInLines, escape)
