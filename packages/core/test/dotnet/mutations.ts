/** Generators of damage to documents: what a sender that is no .NET, or a faulty one, may write. */
import * as Arbitrary from "effect/Arbitrary"
import { among, between, oneOf } from "./values.ts"

/** A change of a document, near a place that is given as a part of its length. */
type Edit = (document: string, at: number) => string

const markup =
  '<|>|&|;|"|\'|/|=|?|!|-|]]>|<!---->|<!--c-->|<!-- - -->|<!--a--b-->|<![CDATA[ ]]>|<![CDATA[a]]>|<?pi x?>|<?xml version="1.0"?>|<!0>|<!DOCTYPE x>|<x/>|<x></x>|</x>|&amp;|&lt;|&quot;|&apos;|&nbsp;|&#65;|&#x41;|&#X41;|&#x1;|&#0;|&#xD;|&#x20;|&#xD800;|&#x110000;|&#;'
const characters =
  " |\t|\n|\r|\r\n|\0|\u0001|\u007f|\u0085|\u00a0|\u2028|\ufeff|\uffff|\u00e9|\ud83d\ude00|a|Z|0|9|:|_|.|+|-|E"
const attributes =
  ' xsi:nil="true"| xsi:nil="1"| xsi:nil="false"| xsi:nil=" true "| xsi:nil="TRUE"| nil="true"| xml:space="preserve"| xml:space="default"| xml:space="x"| xml:lang="de"| a="1"| a="1" a="2"| a=\'1\'| a=1| a| a="<"| a=">"| a="&#x1;"| xmlns="urn:x"| xmlns=""| xmlns:p="urn:p" p:a="1"| p:a="1"| xmlns:p=""| xmlns:p="urn:p" xmlns:q="urn:p" p:a="1" q:a="2"| xmlns:xsi="urn:x"| xsi:type="Unknown"| xsi:type="xsd:int"| xmlns:xmlns="urn:x"| xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"| xmlns:xml="urn:x"'
const contents =
  "|0|-0|+1|007|1.0|1e3|1E+400|-1e400|.5|5.|1,5|0x10|NaN|nan|-NaN|INF|-INF|+INF|Infinity|true|TRUE|2147483648|-2147483649|18446744073709551616|79228162514264337593543950336|0.12345678901234567890123456789|2026-05-01|2026-05-01T24:00:00|2026-05-01T08:30:00.12345678|2026-05-01T08:30:60|2026-02-30T00:00:00|2026-05-01T08:30:00+14:01|2026-05-01T08:30:00-00:00|0000-01-01T00:00:00|08:30:00|P1M|P1Y|PT|PT1.S|PT.5S|-P1D|P10675200D|PT0.12345678S|{00112233-4455-6677-8899-AABBCCDDEEFF}|00112233445566778899aabbccddeeff|AQ|AQ==|AQ ==|AR==|=|65|65536|-1|A|Red|red|Red Green| Red |second one"

const near = (text: string, at: number): number => Math.floor(at * (text.length + 1))

/** Makes edits that put something between two characters, beginning with a place where one thing ends and the next begins. */
const inserting =
  (piece: string): Edit =>
  (text, at) => {
    const edges = [...text.matchAll(/(?<=[<>="/?])|(?=[<>="/?])/g)].map(({ index }) => index)
    const place = at < 0.5 && edges.length > 0 ? edges[Math.floor(at * 2 * edges.length)]! : near(text, at)
    return text.slice(0, place) + piece + text.slice(place)
  }

const deleting =
  (length: number): Edit =>
  (text, at) =>
    text.slice(0, near(text, at)) + text.slice(near(text, at) + length)

/** Makes edits that change one of the parts of a document that a pattern finds. */
const changing =
  (pattern: RegExp, change: (part: string) => string): Edit =>
  (text, at) => {
    const parts = [...text.matchAll(pattern)]
    const part = parts[Math.floor(at * parts.length)]
    if (part === undefined) return text
    return text.slice(0, part.index) + change(part[0]) + text.slice(part.index + part[0].length)
  }

const startTag = /<[A-Za-z][^<>]*?(?=\s*\/?>)/g
const content = /(?<=>)[^<>]*(?=<\/)/g
const element = /<([A-Za-z][\w-]*)[^<>]*(?:\/>|>[^<]*<\/\1>)/g

const edits: Arbitrary.Arbitrary<Edit> = oneOf<Edit>(
  among(...markup.split("|"), ...characters.split("|")).pipe(Arbitrary.map(inserting)),
  among(...attributes.split("|")).pipe(Arbitrary.map((attribute) => changing(startTag, (tag) => tag + attribute))),
  among(...contents.split("|")).pipe(Arbitrary.map((text) => changing(content, () => text))),
  among(" ", "\r\n", "\u00a0", "<!--c-->", "<?pi?>").pipe(
    Arbitrary.map((around) => changing(content, (text) => around + text + around))
  ),
  between(1, 3).pipe(Arbitrary.map(deleting)),
  among<Edit>(
    changing(element, (text) => text + text),
    changing(element, () => ""),
    changing(element, (text) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())),
    changing(content, (text) => `<![CDATA[${text}]]>`),
    (text, at) => text.slice(0, near(text, at)),
    (text) => text + text,
    (text) => `${text}\0garbage`,
    (text) => `${text}\n<!-- c --><?pi?>`,
    (text) => text.replace(/^<\?xml.*?\?>\s*/, ""),
    (text) => text.replace('"1.0"', '"1.1"'),
    (text) => text.replace('"1.0"', "'1.0' encoding='us-ascii'"),
    (text) => text.replace('"1.0"', '"1.0" standalone="yes"')
  )
)

const placed = Arbitrary.all([edits, between(0, 999)]).pipe(Arbitrary.map(([edit, at]) => ({ edit, at: at / 1000 })))

/** Generates one or two changes, as a function of a document. */
export const damage: Arbitrary.Arbitrary<(document: string) => string> = Arbitrary.array(placed, {
  minLength: 1,
  maxLength: 2
}).pipe(Arbitrary.map((all) => (document) => all.reduce((text, { at, edit }) => edit(text, at), document)))
