import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { API, type Checker, type Symbol, SymbolFlags, type Type, TypeFlags } from "typescript/unstable/sync"

const root = resolve(fileURLToPath(import.meta.url), "../../../../..")
const packages = ["core", "native", "testing"]

/** A parameter of a public function. `options`: the paths of its options, where it is an object of options. */
export interface Parameter {
  readonly name: string
  readonly optional: boolean
  readonly type: Type
  readonly options: ReadonlyArray<Option>
}

/** An option of a public function. */
export interface Option {
  readonly path: string
  readonly type: Type
}

/** A public function, such as `MessageQueue.create` or `Sender#send`. */
export interface PublicFunction {
  readonly name: string
  readonly parameters: ReadonlyArray<Parameter>
}
