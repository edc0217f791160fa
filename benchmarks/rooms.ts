import type { Room } from "./harness/Room.ts"
import { eventLoop } from "./rooms/eventLoop.ts"
import { footprint } from "./rooms/footprint.ts"
import { growths } from "./rooms/growth.ts"
import { receives } from "./rooms/receives.ts"
import { sends } from "./rooms/sends.ts"
import { startUp } from "./rooms/startUp.ts"
import { waiting } from "./rooms/waiting.ts"

/** All rooms, in the order in which they are measured. */
export const rooms: ReadonlyArray<Room> = [sends, receives, eventLoop, footprint, waiting, growths, startUp]
