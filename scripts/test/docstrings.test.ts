import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Docstrings, textOf } from "../structure/Docstrings.ts"
import { publicDocstringsIn, undocumentedIn } from "../structure/publicMembers.ts"
import { parse, type SourceFile } from "../structure/SourceFile.ts"
import { beginsWithQuestionWord, namesStatement, onlyRepeats } from "../structure/wording.ts"

describe("the beginning of a docstring", () => {
  const beginsIn = (text: string) => new Docstrings(parse("a.ts", text)).all.map(textOf).map(beginsWithQuestionWord)

  it.each([
    "/** What it is. */",
    "/** Whether it is. */",
    "/** Who it is. */",
    "/** How it is. */",
    "/** Where it is. */",
    "/** Why it is. */",
    "/** That it is. */",
    "/** whether it is. */",
    "/** *What* it is. */",
    "/** Who's there. */",
    "/**\n * What it is.\n */",
    "/**\n *\n *   What it is.\n */",
    "/**\n  What it is.\n */",
    "/**What it is.*/",
    "interface A {\n  /** What it is. */\n  a: 1\n}",
    "const a = {\n  /** What it is. */\n  a: () => {\n    return 1\n  }\n}",
    "export type { /** What it is. */ A } from './a.ts'"
  ])("is refused: %s", (text) => {
    assert.deepStrictEqual(beginsIn(text), [true])
  })

  it.each([
    "/** The reason. */",
    "/** Returns what it is. */",
    "/** Whatever it is. */",
    "/** Whose it is, which and when. */",
    "/** @internal What it is. */",
    "/** Time\n * what it is. */"
  ])("passes: %s", (text) => {
    assert.deepStrictEqual(beginsIn(text), [false])
  })

  it("is only that of a docstring, not of another comment or of a text", () => {
    assert.deepStrictEqual(beginsIn("/* What */\n// What\nconst a = `/** What */`"), [])
  })
})

describe("a docstring that only repeats a name", () => {
  const repeatedIn = (text: string) =>
    new Docstrings(parse("a.ts", text))
      .named()
      .filter(({ docstring, name }) => onlyRepeats(name, textOf(docstring)))
      .map(({ name }) => name)

  it.each([
    ["queueName", "interface A { /** The queue name. */ queueName: 1 }"],
    ["queueName", "interface A { /** Name of the queue */ readonly queueName?: 1 }"],
    ["messageIDs", "interface A { /** The message's ids. */ messageIDs(): 1 }"],
    ["label", "interface A { /** Returns the label. */ label(): 1 }"],
    ["label", "class A { /** The label. */ readonly label = 1 }"],
    ["label", "class A { /** The label. */ get label() { return 1 } }"],
    ["subqueueOf", "/** The sub queue of. */\nexport const subqueueOf = 1"],
    ["sendAll", "/** Sends all. */\nexport const sendAll = 1"],
    ["sendAll", "/** Sends all! */\nfunction sendAll() {}"],
    [
      "QueueProperties",
      "/**\n * The properties of a queue.\n *\n * @category models\n * @since 0.1.0\n */\nexport interface QueueProperties {}"
    ],
    ["A", "/** An {@link A}. */\nexport type A = 1"],
    ["A", "/** */\nexport type A = 1"],
    ["label", "const a = { /** The label. */ label: 1 }"],
    ["A", "/** An A. */\nexport default class A {}"],
    ["A", "export type { /** An A. */ A } from './a.ts'"]
  ])("is found at %s: %s", (name, text) => {
    assert.deepStrictEqual(repeatedIn(text), [name])
  })

  it.each([
    "interface A { /** Name of the queue, 124 characters at most. */ queueName: 1 }",
    "/** Sends all messages. */\nexport const sendAll = 1",
    "/** @internal */\nexport const sendAll = 1",
    "/**\n * Sends all.\n *\n * @example\n * sendAll([{}])\n */\nexport const sendAll = 1",
    "/** Queue. */\n\nimport * as a from 'a'\n\nexport const queue = 2"
  ])("is not found where it says more: %s", (text) => {
    assert.deepStrictEqual(repeatedIn(text), [])
  })
})

/** Writes modules and reads them; `index.ts` is the public one. */
const readModules = <A>(
  texts: Readonly<Record<string, string>>,
  use: (files: ReadonlyArray<SourceFile>, isPublic: (path: string) => boolean) => A
): A => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "docstrings-")))
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

const undocumented = (texts: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  readModules(texts, undocumentedIn).map(({ line, name }) => `${line} ${name}`)

describe("public names without a docstring", () => {
  const doc = "/** Described. */"

  it.each([
    ["an interface's field", "export interface A {\na: 1 }", ["2 A.a"]],
    ["an interface's method", "export interface A {\na(): 1 }", ["2 A.a"]],
    ["an option in quotation marks", 'export interface A {\n"a-b": 1 }', ["2 A.a-b"]],
    ["a type's field", "export type A = {\nreadonly a?: 1 }", ["2 A.a"]],
    ["a field of one of several types", "export type A = B & ({\na: 1 } | Readonly<{\nb: 1 }>)", ["2 A.a", "3 A.b"]],
    ["a field in a field", `export interface A { ${doc} a: ReadonlyArray<{\nb: 1 }> }`, ["2 A.a.b"]],
    ["a class's field", "export class A {\nreadonly a = 1 }", ["2 A.a"]],
    ["a class's method", "export class A {\na(): void {} }", ["2 A.a"]],
    ["a class's getter", "export class A {\nget a() { return 1 } }", ["2 A.a"]],
    ["a class's static method", "export class A {\nstatic a() {} }", ["2 A.a"]],
    ["a protected member", "export class A {\nprotected a = 1 }", ["2 A.a"]],
    ["an abstract class's method", "export abstract class A {\nabstract a(): void }", ["2 A.a"]],
    ["an option of a function", "export function a(options: {\nb: 1 }) {}", ["2 a.b"]],
    ["an option of a constant function", "export const a = (options: {\nb: 1 }) => 1", ["2 a.b"]],
    ["an option of a function's function", "export const a = () => (options: {\nb: 1 }) => 1", ["2 a.b"]],
    ["a result", "export const a = (): {\nb: 1 } => c", ["2 a.b"]],
    ["a method's option", `export class A { ${doc} a(options: {\nb: 1 }) {} }`, ["2 A.a.b"]],
    ["a constructor's option", "export class A { constructor(options: {\nb: 1 }) {} }", ["2 A.b"]],
    ["a service's function", "export class A extends Context.Service<A, {\nb: 1 }>()('A') {}", ["2 A.b"]],
    ["an error's field", "export class A extends Error('A')<{\nb: 1 }> {}", ["2 A.b"]],
    ["a field of a namespace's type", `export declare namespace A { ${doc} export interface B {\nb: 1 } }`, ["2 A.b"]],
    ["a field of the default export", "export default interface A {\na: 1 }", ["2 default.a"]],
    ["a field with a docstring of tags alone", "export interface A {\n/** @since 0.1.0 */ a: 1 }", ["2 A.a"]],
    ["a field with another comment", "export interface A {\n/* a */ a: 1 // a\n}", ["2 A.a"]],
    ["a field behind the docstring of another", `export interface A { ${doc} a: 1\nb: 1 }`, ["2 A.b"]]
  ])("are found: %s", (_, text, found) => {
    assert.deepStrictEqual(undocumented({ "index.ts": `${doc} ${text}` }), found)
  })

  it("are found for exports themselves", () => {
    assert.deepStrictEqual(undocumented({ "index.ts": "export interface A {}\nconst b = 1\nexport { b }" }), [
      "1 A",
      "2 b"
    ])
  })

  it.each([
    ["a name of it", 'export { A } from "./other.ts"'],
    ["a type of it", 'export type { A as B } from "./other.ts"'],
    ["an imported name", 'import { A } from "./other.ts"\nexport { A }'],
    ["all names of it", 'export * from "./other.ts"'],
    ["a namespace of it", 'export * as Other from "./other.ts"'],
    ["a type that names a type of it", `import type { A } from "./other.ts"\n${doc} export type B = ReadonlyArray<A>`],
    [
      "a type that names a namespace's type",
      `import type * as O from "./other.ts"\n${doc} export interface B extends O.A {}`
    ],
    ["a function that takes its type", `import type { A } from "./other.ts"\n${doc} export const b = (a: A) => a`],
    ["a class that extends its class", `import { A } from "./other.ts"\n${doc} export class B extends A {}`],
    ["the type of its constant", `import { A } from "./other.ts"\n${doc} export type B = typeof A`],
    ["a type inside", `import type { A } from "./other.ts"\n${doc} export type B = C\ntype C = A`]
  ])("are found in an internal module when the public one exports %s", (_, index) => {
    assert.deepStrictEqual(undocumented({ "index.ts": index, "other.ts": `${doc} export class A {\na = 1 }` }), [
      "2 A.a"
    ])
  })

  it("are reported once, however many ways lead to them, and circles of types end", () => {
    const text = `${doc} export interface A {\na: A | B }\n${doc} export interface B extends A {}`
    assert.deepStrictEqual(undocumented({ "index.ts": text }), ["2 A.a"])
  })

  it.each([
    ["a member with a docstring", `export interface A { ${doc} a: 1; ${doc} b(): 1 }`],
    ["a docstring with a comment behind it", `export interface A { ${doc}\n// more\na: 1 }`],
    ["an internal member", "export interface A { /** @internal */ a: { b: 1 } }"],
    ["an internal constructor", "export class A { /** @internal */ constructor(a: { b: 1 }) {} }"],
    ["a private member", "export class A { private a: { b: 1 } = c; #b: { d: 1 } = e; private f(): { g: 1 } {} }"],
    ["a member that a symbol names", "export class A { [Symbol.dispose](): void {}; readonly [a]: { b: 1 } = c }"],
    ["a member that overrides one", "export class A extends B { override a(): void {} }"],
    ["a mark of Effect's", 'export interface A { "~effect/A": 1 }'],
    ["what a function does", "export const a = () => { interface A { a: 1 }; const b = (c: { d: 1 }) => 1 }"],
    ["other signatures of a method", `export interface A { ${doc} a(b: 1): 1; a(b: 2): 2 }`],
    ["a type that is not exported", `export interface A {}\ninterface B { b: 1 }`]
  ])("are not: %s", (_, text) => {
    assert.deepStrictEqual(undocumented({ "index.ts": `${doc} ${text}` }), [])
  })

  it("are not an internal export and its members, and what the docstring of its export describes", () => {
    const index = `/** @internal */ export interface A { a: 1 }\nexport type { ${doc} B } from "./b.ts"`
    assert.deepStrictEqual(undocumented({ "index.ts": index, "b.ts": "export interface B {}" }), [])
  })
})

describe("the id of a statement", () => {
  it.each(["E-31", "(behaviours F-25 to F-28)", "names (B-04);", "X-02.", "Message Queuing's (behaviour E.4)"])(
    "is found: %s",
    (text) => {
      assert.isTrue(namesStatement(text))
    }
  )

  it.each([
    "UTF-16",
    "SHA-512",
    "S-1-5-21-1-2-3-1001",
    "`VT_BSTR`, 0xC-1",
    "Windows NT 4.0",
    "e-31",
    "A-1",
    "E-314",
    "6d3a12f0-11A-12",
    "RFC-22"
  ])("is not found: %s", (text) => {
    assert.isFalse(namesStatement(text))
  })
})

describe("public docstrings", () => {
  const found = (texts: Readonly<Record<string, string>>): ReadonlyArray<string> =>
    readModules(texts, publicDocstringsIn).map(({ docstring }) => textOf(docstring))

  it.each([
    ["a module", '/** M. */\nimport "node:fs"', ["M."]],
    ["an export", "/** A. */ export const a = 1", ["A."]],
    ["the name of an export", "const a = 1\nexport { /** A. */ a as b }", ["A."]],
    ["a field", "/** A. */ export interface A { /** B. */ b: 1 }", ["A.", "B."]],
    ["a method", "/** A. */ export class A { /** B. */ b() {} }", ["A.", "B."]],
    ["each signature of a method", "export interface A { /** B. */ b(): 1; /** C. */ b(c: 1): 2 }", ["B.", "C."]],
    ["a getter", "export class A { /** B. */ get b() { return 1 } }", ["B."]],
    ["an option of a function", "export const a = (options: { /** B. */ b: 1 }) => 1", ["B."]],
    ["a type that an export names", "/** B. */ interface B { b: 1 }\nexport const a = (b: B) => 1", ["B."]]
  ])("are found for %s", (_, text, docstrings) => {
    assert.deepStrictEqual(found({ "index.ts": text }), docstrings)
  })

  it("are found in an internal module, for the names that the public one exports and not for the others", () => {
    const other = "/** M. */\nimport 'a'\n/** A. */ export interface A { /** B. */ b: 1 }\n/** C. */ export const c = 1"
    assert.deepStrictEqual(found({ "index.ts": 'export type { A } from "./other.ts"', "other.ts": other }), [
      "A.",
      "B."
    ])
  })

  it("are found once, however many ways lead to them", () => {
    const text = "/** A. */ export interface A { /** B. */ b: A }\nexport type { A as C }"
    assert.deepStrictEqual(found({ "index.ts": text }), ["A.", "B."])
  })

  it.each([
    ["an internal export", "import 'a'\n/** @internal A. */ export const a = 1"],
    ["an internal member", "export class A { /** B.\n@internal */ b() {} }"],
    ["a private member", "export class A { /** B. */ #b = 1; /** C. */ private c = 1 }"],
    ["a constant of the module", "import 'a'\n/** A. */ const a = 1"],
    ["a comment of the code", "export const a = () => { /** A. */ const b = 1; return b }"]
  ])("are not those of %s", (_, text) => {
    assert.deepStrictEqual(found({ "index.ts": text }), [])
  })
})
