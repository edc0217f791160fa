import type { Room } from "./harness/Room.ts"
import { receives } from "./rooms/receives.ts"
import { sends } from "./rooms/sends.ts"

/** All rooms, in the order in which they are measured. */
export const rooms: ReadonlyArray<Room> = [sends, receives]
