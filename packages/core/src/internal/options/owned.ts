/** Things that a program opened and gives to something else: their handles make them what they are. */
import { OwnedHandle, symbol } from "../ownership/OwnedHandle.ts"
import type { SecurityContext } from "../../SecurityContext.ts"
import type { Participation, Transaction } from "../../Transaction.ts"
import { readRule } from "./illegalOption.ts"
import { guarded } from "./Rule.ts"
import { Violation } from "./Violation.ts"

/** Keys that tell a context and a transaction from other things with a handle. */
export const securityContextId = "~@effect-msmq/core/SecurityContext"
export const transactionId = "~@effect-msmq/core/Transaction"

const owns = (value: unknown, id: string): boolean =>
  typeof value === "object" && value !== null && id in value && symbol in value && value[symbol] instanceof OwnedHandle

const isSecurityContext = (value: unknown): value is SecurityContext => owns(value, securityContextId)

const isTransaction = (value: unknown): value is Transaction => owns(value, transactionId)

export const securityContext = guarded("a SecurityContext, as SecurityContext.acquire gives it", isSecurityContext)

export const transaction = guarded("a Transaction, as Transaction.begin gives it", isTransaction)

/** Tells whether it is a word for what messages take part in besides a transaction. */
export const isOtherParticipation = (value: unknown): value is Exclude<Participation, Transaction> =>
  value === "none" || value === "singleMessage"

export const participation = guarded(
  `${transaction.allowed}, "singleMessage" or "none"`,
  (value): value is Participation => isOtherParticipation(value) || isTransaction(value)
)

const rootOf = (handle: OwnedHandle<unknown>): OwnedHandle<unknown> => {
  let root = handle
  while (root.parent !== undefined) root = root.parent
  return root
}

/** Something with a handle of its own. */
interface Owner {
  readonly [symbol]: OwnedHandle<unknown>
}

/**
 * Says that something was opened through another connection or backend than what it is given to. Its handle is a mere
 * number there, and may be that of something else.
 */
const foreign = (option: string, given: Owner, to: OwnedHandle<unknown>): Violation | undefined =>
  rootOf(given[symbol]) === rootOf(to)
    ? undefined
    : new Violation(
        option,
        `it must be of the same connection as the ${to.node.description}: one of another connection or backend means nothing there`,
        `the ${given[symbol].node.description} of another connection`
      )

/** Returns the violation by the transaction that an effect runs in, which a program may have set by itself. */
export const illegalParticipation = (given: unknown, to: OwnedHandle<unknown>): Violation | undefined => {
  if (isOtherParticipation(given)) return undefined
  const read = readRule(participation, "transaction", given)
  if (read instanceof Violation) return read
  return isOtherParticipation(read) ? undefined : foreign("transaction", read, to)
}

/** Returns the violation by a value of `Transaction.Current` that is no transaction and no word for one. */
export const illegalCurrent = (given: unknown): Violation | undefined => {
  const read = readRule(participation, "transaction", given)
  return read instanceof Violation ? read : undefined
}

/** Returns the violation by a security context that a queue's messages are to be signed with. */
export const illegalSigner = (given: SecurityContext | undefined, to: OwnedHandle<unknown>): Violation | undefined =>
  given === undefined ? undefined : foreign("securityContext", given, to)
