/** Text on the wire. Message Queuing has UTF-16 units of any kind, also half characters, which UTF-8 does not have. */
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"

/** Character before text that is written as hexadecimal digits of its units. It stands for no character. */
const mark = "\uffff"

const encode = (text: string): string => {
  if (text.isWellFormed() && !text.startsWith(mark)) return text
  let digits = mark
  for (let at = 0; at < text.length; at++) digits += text.charCodeAt(at).toString(16).padStart(4, "0")
  return digits
}

const decode = (written: string): string => {
  if (!written.startsWith(mark)) return written
  let text = ""
  for (let at = mark.length; at < written.length; at += 4) {
    text += String.fromCharCode(Number.parseInt(written.slice(at, at + 4), 16))
  }
  return text
}

/** Schema of text that arrives unit by unit. */
export const text: Schema.Codec<string, string> = Schema.String.pipe(
  Schema.decodeTo(Schema.String, { decode: SchemaGetter.transform(decode), encode: SchemaGetter.transform(encode) })
)
