/** Folders that stand on floors: a folder imports only from floors below its own. */
import type { Graph } from "@dagrejs/graphlib"
import { relative, sep } from "node:path"

/** Plan of the folders directly in a folder. */
export interface Floors {
  /** Folders of each floor, the lowest floor first. Folders of one floor do not import each other. */
  readonly floors: ReadonlyArray<ReadonlyArray<string>>
  /** Folders that import none of the others and are imported by none. */
  readonly apart: ReadonlyArray<string>
}

/** Import that the plan does not allow. */
export interface FloorViolation {
  readonly importer: string
  readonly imported: string
  readonly rule: string
}

/** Floors of `packages/testing/src/internal`. */
export const testingFloors: Floors = {
  floors: [
    ["facts"],
    ["directory", "security", "queue"],
    ["arrival"],
    ["network"],
    ["machine"],
    // What is called from outside, and the reading of what callers give.
    ["calls", "options"]
  ],
  apart: ["faults", "ledger"]
}

const ruleBroken = ({ apart, floors }: Floors, from: string, to: string): string | undefined => {
  const floorOf = (folder: string) => floors.findIndex((folders) => folders.includes(folder))
  const alone = [from, to].find((folder) => apart.includes(folder))
  if (alone !== undefined) return `${alone} stands apart from all other folders`
  const homeless = [from, to].find((folder) => floorOf(folder) < 0)
  if (homeless !== undefined) return `${homeless} stands on no floor`
  return floorOf(to) < floorOf(from) ? undefined : `${to} is not on a floor below ${from}`
}

/** Returns the imports between the folders in `folder` that the plan does not allow, those of types included. */
export const floorViolationsOf = (graph: Graph, folder: string, plan: Floors): ReadonlyArray<FloorViolation> =>
  graph.edges().flatMap(({ v: importer, w: imported }) => {
    const [from, to] = [importer, imported].map((path) => relative(folder, path).split(sep))
    // A file directly in the folder, or outside of it, stands on no floor.
    if (from === undefined || to === undefined || from.length < 2 || to.length < 2) return []
    const [[fromFolder = ""], [toFolder = ""]] = [from, to]
    if (fromFolder === ".." || toFolder === ".." || fromFolder === toFolder) return []
    const rule = ruleBroken(plan, fromFolder, toFolder)
    return rule === undefined ? [] : [{ importer, imported, rule }]
  })
