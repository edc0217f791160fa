import type { Part } from "../../QueueSecurity.ts"
import type { Asking } from "../../MsmqQueueManager.ts"
import { prefixes } from "../security/sddl.ts"
import { tableOf } from "./OptionTable.ts"
import { listOf, name, oneOf } from "./Rule.ts"
import { signal } from "./signals.ts"

export const computer = name

export const parts = listOf(oneOf(Object.keys(prefixes) as ReadonlyArray<Part>))

export const asking = tableOf<Asking>()({ computer, signal })
