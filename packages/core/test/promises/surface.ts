/** Members of both faces, read from the declarations that are published. */
import type { Checker, Symbol, Type } from "typescript/unstable/sync"
import { SignatureKind, SymbolFlags } from "typescript/unstable/sync"
import type { DeclaredModule, PublicFunction } from "../options/published.ts"
import { functionsOf, withDeclarations } from "../options/published.ts"

/** Members that classes have from JavaScript or from Effect. */
const inherited: ReadonlySet<string> = new Set(["toString", "toJSON", "pipe", "prototype", "constructor"])

const isOwn = ({ name }: Symbol): boolean => !inherited.has(name) && !/^(?:__|~|#)/.test(name)

const isOfEffect = (path: string): boolean => path.includes("/node_modules/effect/")

const isOurs = (path: string): boolean => path.includes("/packages/") && !path.includes("/node_modules/")

/** Place in the declarations that a value of Effect can be reached at. */
interface Reached {
  /** Type of Effect, such as `Option`. */
  readonly type: string
  /** Way to it, such as `Connection#openSender options body encode`. */
  readonly path: string
}

class Surface {
  readonly #checker: Checker
  readonly #seen = new Set<number>()

  constructor(checker: Checker) {
    this.#checker = checker
  }

  /** Returns the names of what a module gives to programs at run time: `create` for a function, `Sender#send` for a method. */
  membersOf(module: Symbol, prefix: string): ReadonlyArray<string> {
    return this.#exportsOf(module).flatMap(({ name, symbol }) => {
      if (symbol.flags & SymbolFlags.Module) return this.membersOf(symbol, `${name}.`)
      return symbol.flags & SymbolFlags.Class
        ? this.#propertiesOf(symbol).map((property) => `${name}#${property}`)
        : [`${prefix}${name}`]
    })
  }

  /** Returns the ways from the exports of a module to values of Effect. */
  reachedFrom(module: Symbol): ReadonlyArray<Reached> {
    return this.#exportsOf(module).flatMap(({ name, symbol }) => {
      if (symbol.flags & SymbolFlags.Module) return this.reachedFrom(symbol)
      const isClass = (symbol.flags & SymbolFlags.Class) !== 0
      const statics = isClass ? this.#reach(this.#checker.getTypeOfSymbol(symbol), name) : []
      const type = isClass ? this.#checker.getDeclaredTypeOfSymbol(symbol) : this.#checker.getTypeOfSymbol(symbol)
      return statics.concat(this.#reach(type, name))
    })
  }

  #exportsOf(module: Symbol): ReadonlyArray<{ readonly name: string; readonly symbol: Symbol }> {
    return this.#checker.getExportsOfModule(module).flatMap((one) => {
      const symbol = one.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(one) : one
      const isThere = (symbol.flags & (SymbolFlags.Value | SymbolFlags.Module)) !== 0 && !this.#isInternal(symbol)
      return isThere ? [{ name: one.name, symbol }] : []
    })
  }

  #propertiesOf(symbol: Symbol): ReadonlyArray<string> {
    const service = this.#checker.getPropertyOfType(this.#checker.getTypeOfSymbol(symbol)!, "Service")
    const type =
      service === undefined ? this.#checker.getDeclaredTypeOfSymbol(symbol) : this.#checker.getTypeOfSymbol(service)!
    return this.#ownProperties(type).map(({ name }) => name)
  }

  #ownProperties(type: Type): ReadonlyArray<Symbol> {
    return this.#checker
      .getPropertiesOfType(type)
      .filter(
        (property) =>
          isOwn(property) &&
          !this.#isInternal(property) &&
          (property.declarations.length === 0 || property.declarations.some(({ path }) => isOurs(path)))
      )
  }

  #isInternal(symbol: Symbol): boolean {
    return this.#checker.getJsDocTagsOfSymbol(symbol).some(({ name }) => name === "internal")
  }

  #reach(type: Type | undefined, path: string): ReadonlyArray<Reached> {
    if (type === undefined) return []
    const symbol = type.getSymbol()
    const paths = symbol?.declarations.map((declaration) => declaration.path) ?? []
    if (symbol !== undefined && paths.some(isOfEffect)) return [{ type: symbol.name, path }]
    if (this.#seen.has(type.id)) return []
    this.#seen.add(type.id)
    const parts = type.isUnionType() || type.isIntersectionType() ? type.getTypes() : []
    const given = type.isTypeReference() ? this.#checker.getTypeArguments(type) : []
    const inner = [...parts, ...given].flatMap((part) => this.#reach(part, path))
    if (paths.length > 0 && !paths.some(isOurs)) return inner
    const called = this.#checker.getSignaturesOfType(type, SignatureKind.Call).flatMap((signature) =>
      signature
        .getParameters()
        .flatMap((parameter) => this.#reach(this.#checker.getTypeOfSymbol(parameter), `${path} ${parameter.name}`))
        .concat(this.#reach(this.#checker.getReturnTypeOfSignature(signature), `${path}()`))
    )
    const read = this.#ownProperties(type).flatMap((property) =>
      this.#reach(this.#checker.getTypeOfSymbol(property), `${path}.${property.name}`)
    )
    return [...inner, ...called, ...read]
  }
}

/** Faces, by the names of what they give to programs at run time. */
export interface Faces {
  /** Face with Effect: `MessageQueue.create` for a function, `Sender#send` for a method. */
  readonly effect: ReadonlyArray<string>
  /** Promise face: `connect` for a function, `FormatName.parse` for one of a namespace, `Sender#send` for a method. */
  readonly promises: ReadonlyArray<string>
  /** Ways from the promise face, and from that of the in-memory MSMQ, to values of Effect. */
  readonly reached: ReadonlyArray<Reached>
  /** Functions of both, with their parameters; those of the promise face begin with `promises.`. */
  readonly functions: ReadonlyArray<PublicFunction>
}

const publicIn = (module: DeclaredModule): boolean => /\/core\/dist\/[^/]+\.d\.ts$/.test(module.file)

/** Reads both faces. */
export const readFaces = (): Faces =>
  withDeclarations((modules, checker) => {
    const surface = new Surface(checker)
    const inPromises = modules.find(({ module }) => module === "promises")!.symbol
    const ofTests = modules.find(({ module }) => module === "testing.promises")!.symbol
    return {
      effect: modules
        .filter(publicIn)
        .flatMap(({ module, symbol }) => surface.membersOf(symbol, `${module}.`))
        .toSorted(),
      promises: surface.membersOf(inPromises, "").toSorted(),
      reached: [inPromises, ofTests].flatMap((face) => surface.reachedFrom(face)),
      functions: functionsOf(
        modules.filter((one) => publicIn(one) || one.module === "promises"),
        checker
      )
    }
  })
