import { describe, it } from "vitest"
import { slow } from "../../../packages/core/test/support/slow.ts"

/** Takes longer than a test that nobody has named slow may take in this folder. */
const takeLong = () => new Promise((resolve) => setTimeout(resolve, 50))

it("is named slow", slow("it waits for a robot"), takeLong)

describe("a group that is named slow", slow("it waits for two robots"), () => {
  it("is a part of it", takeLong)
})

it("takes long", takeLong)
