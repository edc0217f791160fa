/** Public modules of the packages. */
import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { publicModules } from "../scripts/packages/publicModules.ts"
import { repository } from "./paths.ts"

/** Module that programs can import. */
interface PublicModule {
  /** Name that programs import it by, such as `@effect-msmq/core/Sender`. */
  readonly name: string
  readonly file: string
}

/** Returns the public modules, by package and name. A package without any, such as a program, has none. */
export const allModules = (): ReadonlyArray<PublicModule> =>
  globSync("packages/*/package.json", { cwd: repository })
    .toSorted()
    .flatMap((manifest) => {
      const folder = join(repository, dirname(manifest))
      const { exports, name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        readonly exports?: unknown
        readonly name: string
      }
      if (exports === undefined) return []
      return publicModules(folder).map((module) => ({
        name: `${name}/${module.replace(/\/index$/, "")}`,
        file: join(folder, "src", `${module}.ts`)
      }))
    })
