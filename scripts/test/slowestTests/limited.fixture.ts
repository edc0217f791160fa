import { describe, it } from "vitest"
import { slow } from "../../../packages/core/test/support/slow.ts"

it("has a limit of its own", () => {}, 90_000)

it("has a short limit of its own", { timeout: 50_000 }, () => {})

describe("a group with a limit of its own", { timeout: 80_000 }, () => {
  it("is a part of it", () => {})
})

it("is named slow", slow("it waits for a robot"), () => {})

it.for(Array.from({ length: 12 }, (_, index) => index))("has no limit of its own: %i", () => {})
