/** Rules for the words of a docstring. */

const questionWord = /^[\s"'“‘(*_[-]*(?:What|Whether|Who|How|Where|Why|That)(?![\p{L}\p{N}])/iu

/** Returns `true` for a text that begins with a word that begins a question. */
export const beginsWithQuestionWord = (text: string): boolean => questionWord.test(text)

const statementId = /(?<![\p{L}\p{N}-])[A-HX](?:-\d{2}|\.\d)(?![\p{L}\p{N}-])/u

/** Returns `true` for a text with the id of a statement of `docs/fidelity.md`, such as E-31, or of a section, such as E.4. */
export const namesStatement = (text: string): boolean => statementId.test(text)

/** Words that say nothing beside a name. */
const fillers: ReadonlySet<string> = new Set(
  "a an the of for to this that its it is are has returns return gets get".split(" ")
)

/** Tags that say nothing of what they stand at. */
const bareTags = /^@(?:category|since|internal|testonly)\b.*$/gm

/** Returns the words of a text or name in lower case without the fillers, each without the ending of its plural or third person. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/\{@link(?:code|plain)? ([^}]*)\}/g, "$1")
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll}{2})/gu, "$1 $2")
    .replaceAll(/['’]s\b/g, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && !fillers.has(word))
    .map((word) => (word.length > 3 ? word.replace(/(?:(?<=s|x|ch|sh)es|(?<!s)s)$/, "") : word))

/** Returns the description of a docstring, which ends where its tags begin. */
export const descriptionOf = (text: string): string => text.split(/^@/m, 1).join("").trim()

/** Returns `true` for a text that says nothing that the name does not say. A text of tags alone describes nothing. */
export const onlyRepeats = (name: string, text: string): boolean => {
  const said = wordsOf(text.replaceAll(bareTags, ""))
  if (said.length === 0) return !text.startsWith("@")
  const known = wordsOf(name)
  return said.every((word) => known.includes(word)) || said.join("") === known.join("")
}
