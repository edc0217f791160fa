import { existsSync } from "node:fs"
import { resolve } from "node:path"
import type { TestSpecification } from "vitest/node"
import { BaseSequencer } from "vitest/node"

/** Files that take longest. Most are short, and Vitest would run those last where it does not know how long they take. */
const longest = [
  "packages/core/test/ownership/Ownership.test.ts",
  "packages/testing/test/inMemory/growth.test.ts",
  "packages/native/test/ownership.test.ts",
  "packages/native/test/contract.test.ts",
  "packages/native/test/slowSends.test.ts",
  "examples/test/authenticated-batch.test.ts",
  "packages/core/test/consuming/Fault.test.ts",
  "packages/native/test/waiting.test.ts",
  "packages/native/test/slowContract.test.ts",
  "packages/native/test/probes.test.ts"
]

const missing = longest.filter((file) => !existsSync(file))
if (missing.length > 0) throw new Error(`scripts/longestFirst.ts names files that are not there: ${missing.join(", ")}`)

// Vitest writes paths with slashes, on Windows too.
const ranks = new Map(longest.map((file, rank) => [resolve(file).replaceAll("\\", "/"), rank]))

const rankOf = ({ moduleId }: TestSpecification): number => ranks.get(moduleId) ?? longest.length

/** Order of test files in which those that take longest are the first of their project, so that no run ends with one of them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sortByDuration = super.sort.bind(this)
    const sorted = await sortByDuration(files)
    const projects = [...new Set(sorted.map(({ project }) => project.name))]
    return projects.flatMap((name) =>
      sorted.filter(({ project }) => project.name === name).toSorted((a, b) => rankOf(a) - rankOf(b))
    )
  }
}
