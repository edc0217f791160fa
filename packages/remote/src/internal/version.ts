import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"

const file = findPackageJSON(import.meta.url)

/** Version of the package. */
export const version: string =
  file === undefined ? "unknown" : (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version
