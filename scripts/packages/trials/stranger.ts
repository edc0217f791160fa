/** Trial of the package for gateways, as somebody installs it who has nothing yet. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { succeeding } from "../expecting.ts"
import type { Tarball } from "../packCopy.ts"
import { lowestNode } from "../tools.ts"
import type { Trial } from "../Trial.ts"
import { withRegistry } from "../withRegistry.ts"

const imports = `
const { MqrtGateway, RemoteMqrt } = await import("@effect-msmq/remote")
if (typeof MqrtGateway.layer !== "function" || typeof RemoteMqrt.layer !== "function") process.exit(1)
`

/** Tries what npm brings where only core and remote are asked for, in a folder that it makes. */
export const strangerTrial = (folder: string, tarballs: ReadonlyArray<Tarball>): Trial => ({
  name: "npm brings the Effect that remote needs, once, to somebody who installs core and remote alone",
  run: async () => {
    const own = join(folder, "stranger")
    mkdirSync(own)
    writeFileSync(join(own, "package.json"), JSON.stringify({ private: true, type: "module" }))
    const wanted = tarballs.filter(({ name }) => /\/(?:core|remote)$/.test(name)).map(({ file }) => file)
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
    await withRegistry("npm", ["install", ...flags, ...wanted], { cwd: own })
    // It fails where a peer is missing or of another version.
    const tree = await succeeding("npm", ["ls", "--all", "--parseable"], { cwd: own })
    const effects = tree.split("\n").filter((line) => /[/\\]node_modules[/\\]effect$/.test(line))
    const { version } = JSON.parse(readFileSync(join(own, "node_modules/effect/package.json"), "utf8"))
    if (effects.length !== 1 || !/^4\.1\.\d+$/.test(version))
      throw new Error(`Effect ${version} at ${effects.join(", ")}`)
    await succeeding(lowestNode.file, ["--input-type=module", "--eval", imports], { cwd: own })
    return `effect ${version}`
  }
})
