import type { Part } from "../security/sddl.ts"
import { prefixes } from "../security/sddl.ts"
import { tableOf } from "./OptionTable.ts"
import { guarded, listOf, oneOf, required } from "./Rule.ts"
import { signal } from "./signals.ts"

// Windows decides about all other names.
export const computer = guarded(
  'the name of a computer, such as "server" or "server.domain.test", without backslashes and white space',
  (value): value is string => typeof value === "string" && /^[^\s\\/\p{Cc}]{1,256}$/u.test(value)
)

export const parts = listOf(oneOf(Object.keys(prefixes) as ReadonlyArray<Part>))

export const asking = tableOf({ computer, signal })

export const listOptions = tableOf({ kind: required(oneOf(["private", "public", "outgoing"])), computer })
