/** Reads the version from the package's own file, which a program that was bundled into one file does not have. */
const read = (): string => {
  try {
    // Bun has no `findPackageJSON`; a package can import its own file by its name.
    const require = process.getBuiltinModule("node:module").createRequire(import.meta.url)
    const { version } = require("@effect-msmq/remote/package.json") as Readonly<Record<string, unknown>>
    if (typeof version === "string") return version
  } catch {
    // There is no file.
  }
  return "of a bundle"
}

/** Version of the package, for refusals of another protocol. */
export const version: string = read()
