import { describe } from "@effect/vitest"
import { files, missing } from "../../../native/test/theDouble.ts"
import { keepsTheContract } from "../support/contract.ts"

describe.skipIf(missing !== null)(
  "the contract, through a gateway in another process, whose backend is the double of mqrt.dll",
  () => keepsTheContract(files)
)
