/** Trial of a bundle of the program in memory. */
import { build } from "esbuild"
import { gzipSync } from "node:zlib"
import type { Consumer } from "../Consumer.ts"
import type { Trial } from "../Trial.ts"

/** Bytes that the bundle may have, minified and compressed: some 6 % more than it has. */
const limit = 196_000

export const bundleTrial = ({ folder }: Consumer): Trial => ({
  name: "a bundle of the program in memory has no koffi and stays small",
  run: async () => {
    const { metafile, outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ["inMemory.mjs"],
      bundle: true,
      format: "esm",
      legalComments: "none",
      logLevel: "silent",
      metafile: true,
      minify: true,
      outfile: "bundle.mjs",
      platform: "node",
      target: "node22",
      write: false
    })
    const foreign = Object.keys(metafile.inputs).filter((path) => /koffi|@effect-msmq\/native|^\.\./.test(path))
    if (foreign.length > 0) throw new Error(`it has ${foreign.join(", ")}`)
    const code = outputFiles[0]?.contents ?? new Uint8Array()
    const { length } = gzipSync(code)
    const size = `${length} bytes compressed, ${code.length} minified`
    if (length > limit) throw new Error(`${size}; it may have ${limit} compressed`)
    return `${size}, at most ${limit}`
  }
})
