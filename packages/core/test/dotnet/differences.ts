// .NET's numbers may be infinite, and none.
// @effect-diagnostics schemaNumber:off
/** Differences between the SDK and .NET that are meant, for `docs/bodies.md`, each with its reason. */
import { MessageBody, XmlValue } from "@effect-msmq/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { double } from "./notation.ts"
import type { Comparison, Example, Known } from "./comparison.ts"
import { equalAfter, onlyTheyRead, onlyWeRead } from "./comparison.ts"

const Days = Schema.Struct({ Day: XmlValue.Date, Time: XmlValue.Time, From: XmlValue.Date }).annotate({
  identifier: "Days"
})

const closeToMiddle = 8.45e21

const Foreign = Schema.Struct({ Other: Schema.String, Kind: Schema.String })
const other = "urn:example:other"
const foreign = {
  root: "Foreign",
  namespace: "urn:example:orders",
  attributes: ["Kind"],
  namespaces: { Other: other, Kind: other }
}

const withoutBlankTexts = (value: string): string => value.replaceAll(/"(?: |\\u0009|\\u000a|\\u000d)*"/g, '""')
const withoutBlanks = (value: string): string => value.replaceAll(/ |\\u0009|\\u000a|\\u000d/g, "")

/** Text that consists of several parts. */
const parted = /<!\[CDATA\[|<!--|<\?(?!xml)/

/** Tells that a value is the other's, but for places where the SDK has null. */
const nullInOurs = ({ document, ours, theirs }: Comparison): boolean => {
  if (!Result.isSuccess(ours) || !Result.isSuccess(theirs) || !/\b(?:nil|null)\s*=/.test(document)) return false
  const parts = withoutBlanks(ours.success)
    .split("null")
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join(".*?")}$`).test(withoutBlanks(theirs.success))
}

const root = (name: string, content: string): string => `<?xml version="1.0"?>\r\n<${name}>${content}</${name}>`
const read = (row: string, document: string): Example => ({ row, document, work: "reading" })
const texts = (content: string): string => root("Texts", content)

/** Takes out of a document what the SDK writes otherwise, on purpose, than .NET Framework. */
const withoutMeant = (document: string): string =>
  document.replaceAll(/ xml:space="preserve"| xmlns="[^"]*"|&#xD;|\r/g, "").replaceAll("&#x9;", "\t")

export const differences: ReadonlyArray<Known> = [
  {
    name: "Text of blanks alone is kept; .NET reads it as an empty text",
    reason: "nothing of a text is lost",
    covers: equalAfter((value) => withoutBlankTexts(value).replaceAll('Value=""', "Value=null")),
    example: read("string", root("string", " \t "))
  },
  {
    name: "Blanks between text and CDATA, comments or processing instructions are kept; .NET drops them",
    reason: "nothing of a text is lost",
    covers: (one) =>
      equalAfter(withoutBlanks, parted)(one) ||
      onlyTheyRead(/must (?:fit its schema: Expected|have one of)/, parted)(one),
    example: read("string", root("string", "<![CDATA[a]]> "))
  },
  {
    name: "A text, class or `byte[]` that is `xsi:nil` as a member is null; .NET makes an empty one of it",
    reason: "null is what the sender says",
    covers: nullInOurs,
    example: read(
      "a reference that may be null",
      texts('<A xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" />')
    )
  },
  {
    name: "The text of a class (`[XmlText]`) is all text in it; .NET keeps the last part, behind an element, comment or CDATA",
    reason: "nothing of a text is lost",
    covers: (one) =>
      one.row.startsWith("[XmlText]") &&
      (parted.test(one.document) || /<x/.test(one.document)) &&
      Result.isSuccess(one.ours),
    example: read("[XmlText] of text", "<WithText>a<!-- c -->b</WithText>")
  },
  {
    name: "A nil element with content is null; .NET reads the content of some, and loses the item behind an abstract class",
    reason: "null is what the sender says",
    covers: (one) =>
      Result.isSuccess(one.ours) && /\bnil="\s*(?:true|1)\s*"(?:[^<>]*[^<>/])?>(?!<\/)/.test(one.document),
    example: read(
      "an abstract class",
      '<Drawing xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Figures>' +
        '<Figure i:type="Circle" i:nil="true"><Radius>1</Radius></Figure><Figure i:nil="true" /></Figures></Drawing>'
    )
  },
  {
    name: "A document ends at a NUL; .NET refuses one behind blanks",
    reason: "programs in C send it, with anything behind it",
    covers: (one) => /[ \t\r\n>]\0/.test(one.document) && onlyWeRead(/0x00, is an invalid character/)(one),
    example: read("int", '<?xml version="1.0"?><int>1</int> \0garbage')
  },
  {
    name: "A member that is there twice is refused; .NET takes the first",
    reason: "the second would be lost",
    covers: onlyTheyRead(/must have one element </),
    example: read("a reference that may be null", texts("<A>1</A><A>2</A>"))
  },
  {
    name: "An item under another name is refused; .NET passes over it",
    reason: "it would be lost",
    covers: onlyTheyRead(/must have <.*> alone in/),
    example: read("T[]", root("ArrayOfInt", "<int>1</int><long>2</long>"))
  },
  {
    name: "A member that the schema requires has to be there; .NET leaves it at its initial value",
    reason: "`Schema.optionalKey` says that it may be left out",
    covers: onlyTheyRead(/must have an (?:element <|attribute )/),
    example: read("a struct", root("Point", "<X>1</X>"))
  },
  {
    name: "`xsi:nil` where the schema takes no null is refused; .NET reads a null list, or an empty text",
    reason: "`Schema.NullOr` says that it may be null",
    covers: onlyTheyRead(/it is nil, and the schema takes no null there/),
    example: read("string", '<string xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" />')
  },
  {
    name: "`xsi:nil` that is neither true nor false is refused; .NET looks at it only where null may be",
    reason: "it is a mistake of the sender",
    covers: onlyTheyRead(/must have "true" or "false" for xsi:nil in/),
    example: read(
      "a struct",
      '<Point xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><X i:nil="TRUE">1</X><Y>2</Y></Point>'
    )
  },
  {
    name: "A byte order mark or the first character tells which encoding of Unicode a document is in; .NET refuses or misreads one that says otherwise",
    reason: "it can be in nothing else",
    covers: (one) =>
      onlyWeRead(/Cannot switch to Unicode|hexadecimal value 0x00/, /encoding\s*=|e\0n\0c\0o\0d\0i\0n\0g/)(one) ||
      (/^\ufeff<[^>]*encoding/.test(one.document) && Result.isSuccess(one.ours)),
    example: read("string", '<?xml version="1.0" encoding="UTF-16"?><string>a</string>')
  },
  {
    name: "The encodings of Windows are read, as by .NET Framework; later ones read them where the program registers them",
    reason: "the document says which one it is in",
    covers: onlyWeRead(/is not a supported encoding name|System does not support/),
    example: read("string", '<?xml version="1.0" encoding="windows-1252"?><string>a</string>')
  },
  {
    name: "A namespace with blanks around it is refused; .NET takes it for another one",
    reason: "it is a mistake of the sender",
    covers: onlyTheyRead(/must have no blanks around the namespace/),
    example: read("int", '<?xml version="1.0"?><int xmlns:a=" urn:a ">1</int>')
  },
  {
    name: "A version of XML that is not 1.0 is refused; .NET 10 reads what begins with it, such as 1.09",
    reason: "there is no such version",
    covers: onlyTheyRead(/must be of version 1\.0 of XML/, /version=["']1\.0./),
    example: { ...read("int", '<?xml version="1.09"?><int>1</int>'), onlyIn: /NET 10/ }
  },
  {
    name: "A date without a zone is refused by `Schema.Date` and `Schema.DateTimeUtc`",
    reason: "it is no instant; `XmlValue.DateTime` reads it as text",
    covers: onlyTheyRead(/a date and time that says its zone/),
    example: read("DateTime as Schema.Date", root("dateTime", "2026-05-01T08:30:00"))
  },
  {
    name: "A date has a day and a time of day; .NET reads a day, a month or an hour alone too",
    reason: "what lacks one of them is no date and time",
    covers: onlyTheyRead(/a date and time, such as|a day, such as|a time of day of at most/),
    example: read("DateTime", root("dateTime", "2026-05"))
  },
  {
    name: "A date of more than seven digits of a second is kept as it is; .NET rounds it",
    reason: "nothing of a text is lost",
    covers: equalAfter(
      (value) => value.replaceAll(/dt:[\d-]+T[^,}\]]*|dt:\d+:\w+/g, "dt"),
      /\d\.(?:\d|<!\[CDATA\[|\]\]>){8,}/
    ),
    example: read("DateTime", root("dateTime", "2026-05-01T08:30:00.12345678"))
  },
  {
    name: "`Schema.Date` and `Schema.DateTimeUtc` read a date with an offset as an instant; .NET makes the clock of its own zone of it",
    reason: "an instant is the same in every zone",
    covers: equalAfter((value) => value.replaceAll(":Local", ":Utc")),
    example: read("DateTime as Schema.Date", root("dateTime", "2026-05-01T08:30:00-00:00"))
  },
  {
    name: "`DateTimeOffset` is read and written as by .NET 10; .NET Framework and .NET Core 2 write an empty element and read 0001-01-01",
    reason: "they lose the value",
    covers: ({ dotnet, row }) => dotnet.includes("Core 2") && row.startsWith("DateTimeOffset"),
    example: { ...read("DateTimeOffset", root("DateTimeOffset", "")), onlyIn: /Core 2/ }
  },
  {
    name: "`XmlValue.DateTimeOffset` has an offset and seven digits of a second at most; .NET 10 takes a date without one for its own zone, and an empty one for 0001-01-01",
    reason: "it is no instant",
    covers: onlyTheyRead(/a date and time with its offset/),
    example: { ...read("DateTimeOffset", root("dateTimeOffset", "2026-05-01T08:30:00")), onlyIn: /NET 10/ }
  },
  {
    name: "An element in another namespace declares that; .NET Framework uses a prefix that is declared around it, where there is one",
    reason: "it means the same",
    covers: (one) =>
      one.work === "letters" &&
      equalAfter((document) => withoutMeant(document).replaceAll(/(<\/?)(?:d\dp|q)\d+:| xmlns:q\d+="[^"]*"/g, "$1"))(
        one
      ),
    example: {
      row: "members in other namespaces",
      document: MessageBody.xml(Foreign, foreign).encode({ Other: "a", Kind: "b" }),
      value: 'Foreign{Own=null,Other="a",None=null,Line=null,Kind="b",Numbers=null}',
      work: "letters",
      onlyIn: /Core 2/
    }
  },
  {
    name: "A number is the one that is nearest to its text; .NET Core 2 takes some for the neighbour, also in what it writes itself",
    reason: "the text says which number it is",
    covers: (one) =>
      one.work === "reading" &&
      one.dotnet.includes("Core 2") &&
      equalAfter((value) => value.replaceAll(/f64:\w+/g, "f64"))(one),
    example: { ...read("double", root("double", "6.83165103938626E-130")), onlyIn: /Core 2/ }
  },
  {
    name: "A number that .NET Framework writes with 15 digits has 17 where those are close to the middle between two numbers",
    reason: ".NET Framework reads some of them as the neighbour",
    covers: (one) =>
      one.work === "letters" &&
      equalAfter((document) =>
        withoutMeant(document).replaceAll(/-?\d+(?:\.\d+)?(?:E[+-]\d+)?/g, (number) => String(Number(number)))
      )(one),
    example: {
      row: "double",
      document: MessageBody.xml(Schema.Number).encode(closeToMiddle),
      value: double(closeToMiddle),
      work: "letters",
      onlyIn: /Core 2/
    }
  },
  {
    name: "`XmlValue.Time` is written as it is; .NET writes seven digits of a second, and the offset of its own zone",
    reason: "a time of day is in no zone",
    covers: (one) => one.work === "letters" && equalAfter((value) => value.replaceAll(/<Time>.*<\/Time>/g, ""))(one),
    example: {
      row: "DateTime as a day or a time of day",
      document: MessageBody.xml(Days, { attributes: ["From"] }).encode({
        Day: "2026-05-01",
        Time: "08:30:00",
        From: "2026-05-01"
      }),
      value:
        "Days{Day=dt:639131904000000000:Unspecified,Time=dt:306000000000:Unspecified,From=dt:639131904000000000:Unspecified,Holidays=null}",
      work: "letters",
      onlyIn: /Core 2/
    }
  },
  {
    name: "An `object` that does not say its type, or one that the schema has not, is refused; .NET makes XML nodes of it",
    reason: "nothing tells what it is",
    covers: onlyTheyRead(/must have an xsi:type of/),
    example: read("object", '<Anything xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Value>a</Value></Anything>')
  },
  {
    name: "A duration has days and less, and seven digits of a second; .NET takes a month for 30 days, a year for 365, and cuts digits off",
    reason: "a month has no length, and nothing is cut off",
    covers: onlyTheyRead(/a duration of days and less/),
    example: read("TimeSpan", root("TimeSpan", "P1M"))
  },
  {
    name: "A decimal of more than 28 digits after the point is refused; .NET rounds it",
    reason: "nothing of a number is lost",
    covers: onlyTheyRead(/a decimal without an exponent/),
    example: read("decimal", root("decimal", "0.12345678901234567890123456789"))
  },
  {
    name: "`INF`, `-INF` and `NaN` are the names of numbers; .NET reads `Infinity`, and from .NET Core 3.0 on other spellings of NaN",
    reason: "nobody writes them",
    covers: onlyTheyRead(/a number, such as/),
    example: read("double", root("double", "Infinity"))
  },
  {
    name: "A number beyond the range is infinite, as for .NET Core 3.0 and later; .NET Framework refuses it",
    reason: "IEEE 754 says so",
    covers: onlyWeRead(/OverflowException: Value was either too large or too small for a (?:Double|Single)/),
    example: { ...read("double", root("double", "1E+400")), onlyIn: /Core 2/ }
  },
  {
    name: "Base64 has to be whole; .NET takes what lacks its end",
    reason: "it is likely to be cut off",
    covers: onlyTheyRead(/must have base64 in/),
    example: read("byte[]", root("base64Binary", "AQ"))
  },
  {
    name: "A comment or processing instruction within a value is passed over; .NET refuses it",
    reason: "it means nothing",
    covers: onlyWeRead(/Unexpected node type (?:Comment|ProcessingInstruction)|is an invalid XmlNodeType/),
    example: read("int", root("int", "4<!-- c -->2"))
  },
  {
    name: "A document that says that it is ASCII has to be; .NET reads other bytes as `?`",
    reason: "the text would be lost",
    covers: onlyTheyRead(/must be ASCII/),
    example: read("string", `<?xml version="1.0" encoding="us-ascii"?><string>\u00e4</string>`)
  },
  {
    name: "References to half a surrogate pair or beyond U+10FFFF are refused; .NET makes characters of them that are none",
    reason: "no such text can be written again",
    covers: onlyTheyRead(/is no character/),
    example: read("string", root("string", "&#xD800;"))
  },
  {
    name: "A document is read to its end; .NET reads one thing behind the root element",
    reason: "more than one document may be there, and the others would be lost",
    covers: onlyTheyRead(/must be well-formed XML/),
    example: read("bool", `${root("boolean", "true")}<!-- c -->${root("boolean", "true")}`)
  },
  {
    name: 'A carriage return is written as `&#xD;`, a tab in an attribute as `&#x9;`, and text of blanks alone with `xml:space="preserve"`; .NET Framework writes them as they are',
    reason: "every reader keeps them so, .NET's too",
    covers: (one) => one.work === "letters" && equalAfter(withoutMeant)(one),
    example: {
      row: "string",
      document: MessageBody.xml(Schema.String).encode("a\r\nb"),
      value: String.raw`"a\u000d\u000ab"`,
      work: "letters",
      onlyIn: /Core 2/
    }
  },
  {
    name: "A date of another offset at the first or the last day of the calendar is kept; .NET takes it for the first or the last moment where its own zone does not reach it",
    reason: "the text says which instant it is",
    covers: equalAfter((value) => value.replaceAll(/dt:-?\d+/g, "dt"), /0001-01-01T|9999-12-31T/),
    example: read("DateTime", root("dateTime", "0001-01-01T00:00:00+14:00"))
  },
  {
    name: "A GUID has 32 digits, with or without hyphens and brackets; .NET reads `{0x00112233,0x4455,…}` too",
    reason: "nobody writes it",
    covers: onlyTheyRead(/a GUID, such as/),
    example: read("Guid", root("guid", "{0x00112233,0x4455,0x6677,{0x88,0x99,0xaa,0xbb,0xcc,0xdd,0xee,0xff}}"))
  },
  {
    name: "A number with a NUL behind it is refused; .NET passes over the NUL",
    reason: "no writer means a number by it",
    covers: onlyTheyRead(/must have .*\\u0000"$/),
    example: read("int", root("int", "5&#0;"))
  },
  {
    name: "An element within a simple value is refused; .NET reads it as an empty text",
    reason: "the text would be lost",
    covers: onlyTheyRead(/must have text alone in/),
    example: read("string", root("string", "<x></x>a"))
  },
  {
    name: "`Schema.Date` and `Schema.DateTimeUtc` have milliseconds; digits behind them are cut off",
    reason: "so have the clocks of JavaScript; `XmlValue.DateTime` keeps all digits",
    covers: (one) =>
      one.row.includes("Schema.Date") &&
      equalAfter((value) => value.replace(/(dt:\d+)\d{4}(:\w+)/, "$1$2").replace(":Local", ":Utc"))(one),
    example: read("DateTime as Schema.Date", root("dateTime", "2026-05-01T08:30:00.1234567Z"))
  },
  {
    name: "Blanks between the signs at the end of base64 are passed over; .NET refuses them",
    reason: "they mean nothing",
    covers: onlyWeRead(/is not a valid Base64/, /=\s+=/),
    example: read("byte[]", root("base64Binary", "AQ= ="))
  }
]
