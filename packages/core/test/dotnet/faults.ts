/** Faults of the SDK that are known and not yet mended. An entry that shows no more fails the run: delete it. */
// .NET's numbers may be infinite, and none.
// @effect-diagnostics schemaNumber:off
import { MessageBody, XmlValue } from "@effect-msmq/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { equalAfter, onlyTheyRead, onlyWeRead } from "./comparison.ts"
import type { Comparison, Example, Known } from "./comparison.ts"
import { withoutMeant } from "./differences.ts"
import { double, single } from "./notation.ts"

const root = (name: string, content: string): string => `<?xml version="1.0"?>\r\n<${name}>${content}</${name}>`
const read = (row: string, document: string): Example => ({ row, document, work: "reading" })

/** Rounds all numbers in a document to singles, so that the forms of one number are the same. */
const rounded = (document: string): string =>
  withoutMeant(document).replaceAll(/-?\d+(?:\.\d+)?(?:E[+-]\d+)?/g, (number) => String(Math.fround(Number(number))))

const withoutNil = (document: string): string =>
  withoutMeant(document)
    .replaceAll(/\s*<\w+ xsi:nil="true" \/>/g, "")
    .replace(/>\s*<\/Texts>/, " />")

/** Tells that the SDK wrote a null text and .NET reads an empty one. */
const emptyForNull = ({ ours, theirs, work }: Comparison): boolean =>
  work === "writing" &&
  Result.isSuccess(ours) &&
  Result.isSuccess(theirs) &&
  ours.success.replaceAll("=null", '=""') === theirs.success.replaceAll("=null", '=""')

const Note = Schema.Struct({ A: Schema.NullOr(Schema.String), B: Schema.NullOr(Schema.String) })

export const faults: ReadonlyArray<Known> = [
  {
    name: "Malformed documents are read",
    reason: "the parser does not refuse all that .NET's refuses",
    covers: onlyWeRead(/XmlException: (?!Unexpected node type|.* is not a valid Base64)/),
    example: read("int", root("int", "4<!0>2"))
  },
  {
    name: "The type that `xsi:type` gives a class is passed over",
    reason: "members of a derived class are lost, and unknown classes are not refused",
    covers: onlyWeRead(/The specified type was not recognized|Namespace prefix '.*' is not defined/),
    example: read(
      "a class without members",
      '<Empty xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Unknown" />'
    )
  },
  {
    name: "Garbage behind a NUL behind the document is not ignored",
    reason: "programs in C send it, and .NET ignores it",
    covers: onlyTheyRead(/^/, /\0/),
    example: read("string", `${root("string", "a")}\0garbage`)
  },
  {
    name: "An unsigned number with a sign is read",
    reason: ".NET refuses it",
    covers: onlyWeRead(/in a correct format/, /\+/),
    example: read("uint", root("unsignedInt", "+1"))
  },
  {
    name: "Blanks that XML does not know are passed over around a value",
    reason: ".NET refuses them",
    covers: (one) =>
      /[\u0085\u00a0\u2028\ufeff]/.test(one.document) && onlyWeRead(/FormatException|is not a valid Base64/)(one),
    example: read("int", root("int", "\u00a05"))
  },
  {
    name: "Blanks around the name of a member of an enum are passed over",
    reason: ".NET refuses them",
    covers: onlyWeRead(/Instance validation error/),
    example: read("an enum", root("Color", " Red "))
  },
  {
    name: "`xsi:nil` that is neither true nor false is read as false",
    reason: ".NET refuses it",
    covers: onlyWeRead(/is not a valid Boolean value/, /nil\s*=/),
    example: read(
      "T[] of strings",
      '<ArrayOfString xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><string i:nil="TRUE" /></ArrayOfString>'
    )
  },
  {
    name: "Some doubles are misread by .NET Framework and .NET Core 2",
    reason: "their shortest form is read as a neighbour: they want 17 digits",
    covers: (one) => one.dotnet.includes("Core 2") && equalAfter((value) => value.replaceAll(/f64:\w+/g, "f64"))(one),
    example: {
      row: "double",
      document: MessageBody.xml(Schema.Number).encode(5187.900000000001),
      value: double(5187.900000000001),
      work: "writing",
      onlyIn: /Core 2/
    }
  },
  {
    name: "Numbers of floating point are not written letter by letter as .NET Framework does",
    reason: "it writes 15 digits or 17, and 7 or 9",
    covers: (one) => one.work === "letters" && equalAfter(rounded)(one),
    example: {
      row: "float",
      document: MessageBody.xml(XmlValue.Float).encode(-890_000_000_000_000),
      value: single(-890_000_000_000_000),
      work: "letters",
      onlyIn: /Core 2/
    }
  },
  {
    name: "A text that is null is written as `xsi:nil`",
    reason: ".NET reads an empty text; it has to be left out",
    covers: (one) => emptyForNull(one) || (one.row.endsWith("Schema.NullOr") && equalAfter(withoutNil)(one)),
    example: {
      row: "a reference that may be null, as Schema.NullOr",
      document: MessageBody.xml(Note, { root: "Texts" }).encode({ A: null, B: null }),
      value: "Texts{A=null,B=null}",
      work: "writing"
    }
  },
  {
    name: "A document that says that it is `ascii` is read as Windows-1252",
    reason: "only the name `us-ascii` is known; the text differs from what .NET reads",
    covers: (one) =>
      /encoding=["']ascii["']/i.test(one.document) && Result.isSuccess(one.ours) && Result.isSuccess(one.theirs),
    example: read("string", '<?xml version="1.0" encoding="ascii"?><string>\u00e4</string>')
  }
]
