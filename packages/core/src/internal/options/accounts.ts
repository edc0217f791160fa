/** Rules for accounts and for rights on queues. */
import { everyRight, type Right } from "../security/queueRights.ts"
import { anyOf, guarded, listOf, oneOf } from "./Rule.ts"

/** Returns `true` for a text without control characters, which no account has in its name, and which can go to Windows. */
const isName = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "" && !/\p{Cc}/u.test(value)

export const accountName = guarded(
  'the name of an account, such as "CONTOSO\\alice", "alice@contoso.com", ".\\alice" or "Everyone", in one line',
  isName
)

export const sidText = guarded('a SID, such as "S-1-5-32-544"', (value): value is string => typeof value === "string")

export const trustee = guarded(
  'the name of an account, such as "CONTOSO\\alice" or ".\\alice"; a SID, such as "S-1-5-32-544"; or a name of ' +
    'Sid.wellKnown, such as "authenticatedUsers"',
  isName
)

const right = oneOf(Object.keys(everyRight) as ReadonlyArray<Right>)

export const rights = anyOf<Right | ReadonlyArray<Right>>(
  `a name of a right, or an array of at least one of them: ${Object.keys(everyRight).join(", ")}`,
  right,
  listOf(right, 1)
)
