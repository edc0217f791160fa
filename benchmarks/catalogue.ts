/** Catalogue of all figures: the rooms, in the order in which they are measured, and the limits. */
import type { Room } from "./harness/Room.ts"
import { consuming } from "./rooms/consuming.ts"
import { contexts } from "./rooms/contexts.ts"
import { eventLoop } from "./rooms/eventLoop.ts"
import { footprint } from "./rooms/footprint.ts"
import { gateway } from "./rooms/gateway.ts"
import { growths } from "./rooms/growth.ts"
import { promises } from "./rooms/promises.ts"
import { receives } from "./rooms/receives.ts"
import { sends } from "./rooms/sends.ts"
import { startUp } from "./rooms/startUp.ts"
import { transactions } from "./rooms/transactions.ts"
import { waiting } from "./rooms/waiting.ts"

export { limits } from "./limits.ts"

export const rooms: ReadonlyArray<Room> = [
  sends,
  receives,
  transactions,
  consuming,
  promises,
  contexts,
  eventLoop,
  footprint,
  waiting,
  growths,
  gateway,
  startUp
]
