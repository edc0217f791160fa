import { build, type Plugin } from "esbuild"
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { createHash } from "node:crypto"
import { findPackageJSON } from "node:module"
import { basename, dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

/** Keeps the URLs of the program's own modules, by which they find files beside them. */
const ownUrls = (folder: string): Plugin => ({
  name: "own urls",
  setup: ({ onLoad }) => {
    const own = new RegExp(`^${folder.replaceAll(/\W/g, String.raw`\$&`)}`)
    onLoad({ filter: own }, async ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href)
      return { contents: (await readFile(path, "utf8")).replaceAll("import.meta.url", url), loader: "ts" }
    })
  }
})

/** Gives a program the backend of a file, which it would import when it runs. */
const withBackend = (folder: string, file: string): Plugin => ({
  name: "backend",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^\.\/backend\.ts$/ }, ({ resolveDir }) =>
      resolveDir === folder ? { path: file, namespace: "backend" } : undefined
    )
    onLoad({ filter: /^/, namespace: "backend" }, () => ({
      contents: `import { layer } from ${JSON.stringify(file)}\nexport const backendOf = async () => layer`,
      resolveDir: dirname(file)
    }))
  }
})

/** Leaves out a native backend that a program may import when it runs, so that it starts without koffi. */
const withoutNative: Plugin = {
  name: "without native",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^@effect-msmq\/native$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "@effect-msmq/native", external: true } : undefined
    )
  }
}

const write = async (program: string, backend: string | undefined): Promise<string> => {
  const folder = dirname(program)
  const { outputFiles } = await build({
    entryPoints: [program],
    // Code of CommonJS in a module requires modules of Node.
    banner: { js: `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)` },
    bundle: true,
    external: ["koffi"],
    format: "esm",
    logLevel: "warning",
    mainFields: ["module", "main"],
    platform: "node",
    plugins: [ownUrls(folder), withoutNative, ...(backend === undefined ? [] : [withBackend(folder, backend)])],
    target: "node24",
    write: false
  })
  const contents = outputFiles[0]!.contents
  // Packages that stay outside are found from the folder of the package that needs them.
  const root = dirname(findPackageJSON(pathToFileURL(backend ?? program))!)
  const output = join(root, "node_modules/.cache/programs")
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 16)
  const file = join(output, `${basename(program, ".ts")}-${hash}.mjs`)
  if (existsSync(file)) return file
  // Several test processes may do so at once: a rename makes the file whole.
  mkdirSync(output, { recursive: true })
  writeFileSync(`${file}.${process.pid}`, contents)
  renameSync(`${file}.${process.pid}`, file)
  return file
}

const bundles = new Map<string, Promise<string>>()

/**
 * Writes a program with all that it imports into one file, and returns the path of that. It starts in a quarter of the time, most of
 * which Node needs to find and read the modules of Effect and of the SDK. In the places that such a program reports, the SDK's
 * own modules are not told from it. A program that takes a `backend` gets the one of a file so.
 */
export const bundle = (program: string, backend?: string): Promise<string> => {
  const key = `${program} ${backend}`
  const bundled = bundles.get(key) ?? write(program, backend)
  bundles.set(key, bundled)
  return bundled
}
