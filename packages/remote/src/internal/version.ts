import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"

/** Reads the version from the package's own file, which a program that was bundled into one file does not have. */
const read = (): string => {
  try {
    const file = findPackageJSON(import.meta.url)
    const { name, version } = JSON.parse(readFileSync(file ?? "", "utf8")) as Readonly<Record<string, unknown>>
    if (name === "@effect-msmq/remote" && typeof version === "string") return version
  } catch {
    // There is no file, or it is none of a package.
  }
  return "of a bundle"
}

/** Version of the package, for refusals of another protocol. */
export const version: string = read()
