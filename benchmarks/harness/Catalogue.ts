import type { Limits } from "../limits.ts"
import type { Room } from "./Room.ts"

/** Rooms of figures, and their limits. It is a module of its own, which each process that measures imports. */
export interface Catalogue {
  readonly rooms: ReadonlyArray<Room>
  readonly limits: Limits
}

/** Imports the catalogue of a module. */
export const importCatalogue = (module: string): Promise<Catalogue> => import(module)
