/** Cycles of imports. */
import type { Graph } from "@dagrejs/graphlib"
import { alg } from "@dagrejs/graphlib"

/** Returns the groups of files in which each imports each other, over others or itself. */
export const cyclesOf = (graph: Graph): ReadonlyArray<ReadonlyArray<string>> =>
  alg
    .findCycles(graph)
    .map((cycle) => cycle.toSorted())
    .toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1))
