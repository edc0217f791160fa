import { describe } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { ownershipPromises } from "../../core/test/support/ownershipPromises.ts"
import { files, missing } from "./theDouble.ts"

describe.skipIf(missing !== null)("over mqrt.dll", () => {
  ownershipPromises({
    file: fileURLToPath(new URL("programs/double.ts", import.meta.url)),
    env: { MQRT_LIBRARY: files.library }
  })
})
