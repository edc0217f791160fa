/** The public functions of the packages and what they take, read from the declarations that are published. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { basename, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Checker, Symbol, Type } from "typescript/unstable/sync"
import { API, SignatureKind, SymbolFlags, TypeFlags } from "typescript/unstable/sync"

const root = resolve(fileURLToPath(import.meta.url), "../../../../..")
const folder = `${root}/node_modules/.cache/published`
const core = `${root}/packages/core`
const testing = `${root}/packages/testing`
const packages = [core, `${root}/packages/native`, testing]

/** A type, as far as a value can be judged by it. */
export interface Shape {
  readonly text: string
  /** Sorts of values that it takes. */
  readonly takes: ReadonlySet<"boolean" | "function" | "list" | "null" | "number" | "object" | "string">
  /** Members that an object may have. */
  readonly options: ReadonlyArray<Option>
}

export interface Option {
  readonly name: string
  readonly optional: boolean
  readonly shape: Shape
}

export interface PublicFunction {
  /** Such as `MessageQueue.create`, `Sender#send` for a method, or `promises.Sender#send`. */
  readonly name: string
  readonly parameters: ReadonlyArray<Option>
}

/** Members that a class has from Effect's or JavaScript's own. */
const inherited = (name: string): boolean =>
  ["pipe", "toString", "toJSON"].includes(name) || name.startsWith("__@") || name.startsWith("~effect/")

/** Name of a class, which stands alone where it is its module's. */
const inner = (module: string, name: string): string => (module.includes("promises") ? `${module}.${name}` : name)

class Reader {
  readonly #checker: Checker
  constructor(checker: Checker) {
    this.#checker = checker
  }

  functionsOf(module: string, symbol: Symbol): ReadonlyArray<PublicFunction> {
    const named = this.#checker.getExportsOfModule(symbol).flatMap((one) => {
      const exported = one.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(one) : one
      return exported.flags & SymbolFlags.Value && !this.#isInternal(exported) ? [{ name: one.name, exported }] : []
    })
    return named.flatMap(({ exported, name }) =>
      exported.flags & SymbolFlags.Module
        ? this.functionsOf(`${module}.${name}`, exported)
        : this.#signaturesOf(`${module}.${name}`, this.#checker.getTypeOfSymbol(exported)).concat(
            exported.flags & SymbolFlags.Class ? this.#methodsOf(inner(module, name), exported) : []
          )
    )
  }

  /** Names of the types that a module exports, and the files that declare them. */
  typesOf(symbol: Symbol): ReadonlyArray<readonly [string, ReadonlyArray<string>]> {
    return this.#checker.getExportsOfModule(symbol).flatMap((one) => {
      const exported = one.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(one) : one
      if (!(exported.flags & SymbolFlags.Type) || this.#isInternal(exported)) return []
      return [[one.name, exported.declarations.map(({ path }) => path)] as const]
    })
  }

  #methodsOf(name: string, symbol: Symbol): ReadonlyArray<PublicFunction> {
    const instance = this.#checker.getDeclaredTypeOfSymbol(symbol)
    // A service stands for what it gives.
    const service = this.#checker.getPropertyOfType(this.#checker.getTypeOfSymbol(symbol)!, "Service")
    const types = [instance, ...(service === undefined ? [] : [this.#checker.getTypeOfSymbol(service)!])]
    return types.flatMap((type) =>
      this.#checker
        .getPropertiesOfType(type)
        .filter((property) => !inherited(property.name) && !this.#isInternal(property))
        .flatMap((property) => this.#signaturesOf(`${name}#${property.name}`, this.#checker.getTypeOfSymbol(property)))
    )
  }

  #isInternal(symbol: Symbol): boolean {
    return this.#checker.getJsDocTagsOfSymbol(symbol).some(({ name }) => name === "internal")
  }

  /** Of a function with several signatures each is one. */
  #signaturesOf(name: string, type: Type | undefined): ReadonlyArray<PublicFunction> {
    if (type === undefined) return []
    return this.#checker.getSignaturesOfType(type, SignatureKind.Call).flatMap((signature) => {
      const parameters = signature.getParameters().map((parameter) => this.#option(parameter, 0))
      return parameters.length === 0 ? [] : [{ name, parameters }]
    })
  }

  #option(symbol: Symbol, depth: number): Option {
    const type = this.#checker.getTypeOfSymbol(symbol)!
    const optional = this.#membersOf(type).some((member) => Boolean(member.flags & TypeFlags.Undefined))
    return { name: symbol.name, optional, shape: this.#shape(type, depth) }
  }

  #membersOf(type: Type): ReadonlyArray<Type> {
    if (type.isUnionType()) return type.getTypes().flatMap((member) => this.#membersOf(member))
    if (!type.isTypeParameter()) return [type]
    const constraint = this.#checker.getBaseConstraintOfType(type)
    return constraint === undefined || constraint.id === type.id ? [type] : this.#membersOf(constraint)
  }

  #shape(type: Type, depth: number): Shape {
    const takes = new Set<"boolean" | "function" | "list" | "null" | "number" | "object" | "string">()
    const options = new Map<string, Option>()
    const objects: Array<ReadonlyArray<Option>> = []
    for (const member of this.#membersOf(type)) {
      if (member.flags & TypeFlags.Null) takes.add("null")
      else if (member.flags & TypeFlags.BooleanLike) takes.add("boolean")
      else if (member.flags & TypeFlags.String) takes.add("string")
      else if (member.flags & TypeFlags.Number) takes.add("number")
      else if (this.#checker.isArrayType(member)) takes.add("list")
      else if (this.#checker.getSignaturesOfType(member, SignatureKind.Call).length > 0) takes.add("function")
      else if (this.#checker.isTupleType(member)) this.#addElement(options, this.#typeArgument(member), depth)
      else if (this.#isOptions(member)) {
        takes.add("object")
        if (depth > 3) continue
        objects.push(this.#checker.getPropertiesOfType(member).map((property) => this.#option(property, depth + 1)))
      } else if (this.#checker.getIndexInfosOfType(member).length > 0) takes.add("object")
    }
    for (const option of objects.flat()) {
      const other = options.get(option.name)
      options.set(option.name, other === undefined ? option : mergedOption(other, option))
    }
    // What one of several alternatives does not have need not be given.
    for (const [name, option] of options) {
      const everywhere = objects.every((object) => object.some((other) => other.name === name))
      if (!everywhere) options.set(name, { ...option, optional: true })
    }
    const list = this.#membersOf(type).find((member) => this.#checker.isArrayType(member))
    if (list !== undefined) this.#addElement(options, this.#typeArgument(list), depth)
    return { text: this.#checker.typeToString(type), takes, options: [...options.values()] }
  }

  #typeArgument(type: Type): Type | undefined {
    return type.isTypeReference() ? this.#checker.getTypeArguments(type)[0] : undefined
  }

  /** The options of the elements of a list, by the names that they have in errors. */
  #addElement(options: Map<string, Option>, element: Type | undefined, depth: number): void {
    if (element === undefined || depth > 3) return
    for (const option of this.#shape(element, depth + 1).options) {
      options.set(`[0].${option.name}`, { ...option, name: `[0].${option.name}` })
    }
  }

  /** Returns `true` for an object type of the SDK that is no class, and no message or name, which have tables of their own. */
  #isOptions(type: Type): boolean {
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection))) return false
    const text = this.#checker.typeToString(type)
    if (
      /^(Message|ReceivedMessage|EncodedBody|MessageBody|Layer|Effect|Stream|Schedule|Duration|Redacted)\b/.test(text)
    )
      return false
    const parts = type.isIntersectionType() ? type.getTypes() : [type]
    const isOurs = (symbol: Symbol | undefined) =>
      symbol?.declarations.some(({ path }) => path.includes("/packages/")) === true
    return (
      parts.every((part) => !((part.getSymbol()?.flags ?? 0) & SymbolFlags.Class)) &&
      parts.some((part) => isOurs(part.getSymbol())) &&
      !this.#isTagged(type)
    )
  }

  #isTagged(type: Type): boolean {
    return this.#checker.getPropertyOfType(type, "_tag") !== undefined
  }
}

const merged = (these: ReadonlyArray<Option>, those: ReadonlyArray<Option>): ReadonlyArray<Option> => {
  const all = new Map(these.map((option) => [option.name, option]))
  for (const option of those) {
    const other = all.get(option.name)
    all.set(option.name, other === undefined ? option : mergedOption(other, option))
  }
  return [...all.values()]
}

const mergedOption = (one: Option, other: Option): Option => ({
  name: one.name,
  optional: one.optional || other.optional,
  shape: {
    text: `${one.shape.text} | ${other.shape.text}`,
    takes: new Set([...one.shape.takes, ...other.shape.takes]),
    options: merged(one.shape.options, other.shape.options)
  }
})

/** One for all signatures of a function: of those that take most, what any of them takes. */
const oneEach = (functions: ReadonlyArray<PublicFunction>): ReadonlyArray<PublicFunction> => {
  const all = new Map<string, PublicFunction>()
  for (const one of functions) {
    const other = all.get(one.name)
    if (other === undefined || other.parameters.length < one.parameters.length) all.set(one.name, one)
    else if (other.parameters.length === one.parameters.length) {
      const parameters = other.parameters.map((parameter, index) => mergedOption(parameter, one.parameters[index]!))
      all.set(one.name, { name: one.name, parameters })
    }
  }
  return [...all.values()]
}

/** Functions that the packages give to programs. */
export interface Published {
  readonly functions: ReadonlyArray<PublicFunction>
  /** Names of the types of core, each with the files that declare one of that name. */
  readonly types: ReadonlyMap<string, ReadonlySet<string>>
}

/** Module that programs can import, and its declarations. */
export interface DeclaredModule {
  /** File with the declarations. */
  readonly file: string
  /** Name of the module, such as `MessageQueue`, or `promises` for that face. */
  readonly module: string
  readonly symbol: Symbol
}

/** Makes the declarations of the packages anew, and calls a function with the modules and the checker of their types. */
export const withDeclarations = <A>(use: (modules: ReadonlyArray<DeclaredModule>, checker: Checker) => A): A => {
  execFileSync(`${root}/node_modules/.bin/tsc`, ["-b", ...packages], { cwd: root })
  // The build leaves the declarations of modules that are gone.
  const modulesIn = (one: string, folder: string) =>
    readdirSync(`${one}/src/${folder}`)
      .filter((file) => file.endsWith(".ts") && file !== "index.ts")
      .map((file) => basename(file, ".ts"))
      .map((module) => ({ module, file: `${one}/dist/${folder}${module}.d.ts` }))
  const modules = [
    ...packages.flatMap((one) => modulesIn(one, "")),
    ...modulesIn(core, "mqrt/"),
    { module: "promises", file: `${core}/dist/promises/index.d.ts` },
    { module: "testing.promises", file: `${testing}/dist/promises/index.d.ts` }
  ]
  const files = modules.map(({ file }) => file)
  mkdirSync(folder, { recursive: true })
  const compilerOptions = {
    composite: false,
    incremental: false,
    noEmit: true,
    plugins: [],
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    typeRoots: [`${root}/node_modules/@types`]
  }
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({ extends: `${root}/tsconfig.base.json`, compilerOptions, files })
  )
  const api = new API({ cwd: root })
  try {
    const project = api.updateSnapshot({ openProject: `${folder}/tsconfig.json` }).getProjects()[0]!
    return use(
      modules.flatMap(({ file, module }) => {
        const source = project.program.getSourceFile(file)
        const symbol = source && project.checker.getSymbolAtLocation(source)
        return symbol === undefined ? [] : [{ file, module, symbol }]
      }),
      project.checker
    )
  } finally {
    api.close()
  }
}

/** Reads the functions of modules, and the methods of their classes. */
export const functionsOf = (
  modules: ReadonlyArray<DeclaredModule>,
  checker: Checker
): ReadonlyArray<PublicFunction> => {
  const reader = new Reader(checker)
  return oneEach(modules.flatMap(({ module, symbol }) => reader.functionsOf(module, symbol)))
}

const facesInPromises: ReadonlySet<string> = new Set(["promises", "testing.promises"])

/** Reads the functions and the types of the packages. */
export const published = (): Published =>
  withDeclarations((modules, checker) => {
    const reader = new Reader(checker)
    const types = new Map<string, Set<string>>()
    for (const { file, module, symbol } of modules) {
      // The promise face has the names of the face that it stands for.
      if (!file.startsWith(core) || facesInPromises.has(module)) continue
      for (const [name, declaredIn] of reader.typesOf(symbol)) {
        types.set(name, new Set([...(types.get(name) ?? []), ...declaredIn]))
      }
    }
    return { functions: functionsOf(modules, checker), types }
  })
