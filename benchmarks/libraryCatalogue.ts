/** Catalogue of the figures of `bench --library`, which have no limits. */
import { library } from "./harness/backends.ts"
import { runName } from "./harness/libraryRun.ts"
import type { Room } from "./harness/Room.ts"
import { ofLibrary } from "./rooms/ofLibrary.ts"
import type { Limits } from "./limits.ts"

export const rooms: ReadonlyArray<Room> = [ofLibrary(library, runName())]

export const limits: Limits = {}
