import { describe } from "@effect/vitest"
import { keepsTheContract } from "../support/contract.ts"

describe("the contract, through a gateway in another process, whose backend is in memory", () =>
  keepsTheContract("in memory"))
