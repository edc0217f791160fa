import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { deadLinksIn, Names, unknownNamesIn } from "../structure/docstringNames.ts"
import { publicExportsIn, withoutExample } from "../structure/publicExports.ts"
import { parse, type SourceFile } from "../structure/SourceFile.ts"

/** Writes modules and reads them; `index.ts` is the public one. */
const reading = <A>(
  texts: Readonly<Record<string, string>>,
  use: (files: ReadonlyArray<SourceFile>, isPublic: (path: string) => boolean) => A
): A => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "docstringNames-")))
  try {
    const files = Object.entries(texts).map(([name, text]) => {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      return parse(path, text)
    })
    return use(files, (path) => path === join(folder, "index.ts"))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Module that the texts below link to. */
const other = 'export interface Sender { send(): void }\nexport const open = "MQ_ERROR_QUEUE_NOT_FOUND"'

describe("a link in a docstring", () => {
  const deadIn = (text: string) =>
    reading({ "index.ts": text, "Other.ts": other }, (files) =>
      deadLinksIn(files, new Names(files, [])).map(({ name }) => name)
    )

  it.each([
    ["a name of nothing", "/** {@link lost} */ export const a = 1", "lost"],
    ["a name of another module that is not imported", "/** {@link Sender} */ export const a = 1", "Sender"],
    [
      "an export that a module does not have",
      'import * as Other from "./Other.ts"\n/** {@link Other.lost} */ export const a = Other',
      "Other.lost"
    ],
    [
      "a member that a type does not have",
      'import type { Sender } from "./Other.ts"\n/** {@link Sender.lost} */ export type A = Sender',
      "Sender.lost"
    ],
    ["a name of nothing, with another text", "/** {@link lost | the other} */ export const a = 1", "lost"],
    ["a member of another declaration", "export interface B { b: 1 }\n/** {@link b} */ export const a = 1", "b"]
  ])("is found where it leads to %s", (_, text, name) => {
    assert.deepStrictEqual(deadIn(text), [name])
  })

  it.each([
    ["a name of the module", "/** {@link b} */ export const a = 1\nexport const b = 1"],
    [
      "a name that is imported",
      'import type { Sender } from "./Other.ts"\n/** {@link Sender} */ export type A = Sender'
    ],
    ["an export", 'import * as Other from "./Other.ts"\n/** {@link Other.open} */ export const a = Other'],
    ["a member", 'import type { Sender } from "./Other.ts"\n/** {@link Sender.send} */ export type A = Sender'],
    ["a member of the same type", "export class A { /** {@link b} */ a() {} b() {} }"],
    ["a name of another package", 'import * as fs from "node:fs"\n/** {@link fs.lost} */ export const a = fs'],
    ["an address", "/** {@link https://example.org/lost} */ export const a = 1"]
  ])("is not found where it leads to %s", (_, text) => {
    assert.deepStrictEqual(deadIn(text), [])
  })
})

describe("a name in backticks in a docstring", () => {
  const unknownIn = (docstring: string) =>
    reading({ "index.ts": `/** ${docstring} */ export const a = { label: 1 }`, "Other.ts": other }, (files) =>
      unknownNamesIn(files, new Names(files, ["Thread.Sleep", "mq.h"])).map(({ name }) => name)
    )

  it.each([
    ["`lost`", "lost"],
    ["`lost()`", "lost"],
    ["`Sender.lost`", "Sender.lost"],
    ["`Sender#lost`", "Sender#lost"],
    ["`Other.lost`", "Other.lost"],
    ["`MessageNotFound`", "MessageNotFound"],
    ["`Thread.Wake`", "Thread.Wake"]
  ])("is found where no code has it: %s", (docstring, name) => {
    assert.deepStrictEqual(unknownIn(docstring), [name])
  })

  it.each([
    "`label`",
    "`Sender.send()`",
    "`Other.open`",
    "`MQ_ERROR_QUEUE_NOT_FOUND`, whose reason is `QueueNotFound`",
    "`Thread.Sleep` of `mq.h`",
    '`lost name`, `.\\private$\\lost`, `"lost"` and ``lost``',
    "\n```ts\n`lost`\n```\n"
  ])("is not found: %s", (docstring) => {
    assert.deepStrictEqual(unknownIn(docstring), [])
  })
})

describe("a public name without an example", () => {
  const foundIn = (texts: Readonly<Record<string, string>>) =>
    reading(texts, (files, isPublic) => withoutExample(publicExportsIn(files, isPublic)).map(({ name }) => name))

  const example = "@example\n```ts import.meta.vitest\n1 // => 1\n```"

  it.each([
    ["a function", "export const a = () => 1", ["a"]],
    ["a declared function", "export function a() {}", ["a"]],
    ["a class", "export class A {}", ["A"]],
    ["a value that is made", "export const a = make()", ["a"]],
    ["a function of a namespace", 'export * as B from "./b.ts"', ["B.b"]],
    ["a function of another module", 'export { b as c } from "./b.ts"', ["c"]],
    ["a function with an example that does not run", "/** @example `1` */ export const a = () => 1", ["a"]],
    [
      "one that names an example that is not there",
      "/** See the example of {@link b}. */ export const a = () => 1",
      ["a"]
    ]
  ])("is found: %s", (_, text, names) => {
    assert.deepStrictEqual(foundIn({ "index.ts": text, "b.ts": "export const b = () => 1" }), names)
  })

  it.each([
    ["a type", "export interface A {}\nexport type B = 1"],
    ["the type of a class", "class A {}\nexport type { A }"],
    ["a table", "export const a = { b: 1 } as const\nexport const c = 1\nexport const d = [1]"],
    ["one with an example", `/** ${example} */ export const a = () => 1`],
    [
      "one that names the example that shows it",
      `/** See the example of {@link b}. */ export const a = () => 1\n/** ${example} */ export const b = () => 1`
    ],
    ["an internal one", "/** @internal */ export const a = () => 1"]
  ])("is not found: %s", (_, text) => {
    assert.deepStrictEqual(foundIn({ "index.ts": text }), [])
  })
})
