/** Rules for objects with a handle, which a program opened and gives to a function. */
import { OwnedHandle, symbol } from "../ownership/OwnedHandle.ts"
import { readRule } from "./illegalOption.ts"
import { guarded } from "./Rule.ts"
import { Violation } from "./Violation.ts"

/** Object with a handle of its own. */
interface Owner {
  readonly [symbol]: OwnedHandle<unknown>
}

/** Keys of security contexts and transactions, which other objects with a handle do not have. */
export const securityContextId = "~@effect-msmq/core/SecurityContext"
export const transactionId = "~@effect-msmq/core/Transaction"

const isOwner = (value: unknown, id: string): value is Owner =>
  typeof value === "object" && value !== null && id in value && symbol in value && value[symbol] instanceof OwnedHandle

const isSecurityContext = (value: unknown): value is Owner => isOwner(value, securityContextId)

export const isTransaction = (value: unknown): value is Owner => isOwner(value, transactionId)

export const securityContext = guarded("a SecurityContext, as SecurityContext.acquire gives it", isSecurityContext)

export const transaction = guarded("a Transaction, as Transaction.begin gives it", isTransaction)

/** Returns `true` for a word that stands in place of a transaction. */
export const isParticipationWord = (value: unknown): value is "none" | "singleMessage" =>
  value === "none" || value === "singleMessage"

export const participation = guarded(
  `${transaction.allowed}, "singleMessage" or "none"`,
  (value): value is Owner | "none" | "singleMessage" => isParticipationWord(value) || isTransaction(value)
)

const rootOf = (handle: OwnedHandle<unknown>): OwnedHandle<unknown> => {
  let root = handle
  while (root.parent !== undefined) root = root.parent
  return root
}

/** Advice for a call that runs in a transaction of another connection. */
const outsideOfAny = '. "none", or with Effect Transaction.outside, leaves a transaction that runs'

/**
 * Returns the violation by an object of another connection or backend than that of the handle it is given to. Its own handle
 * is only a number there, and may be that of another object.
 */
const checkConnection = (option: string, given: Owner, to: OwnedHandle<unknown>): Violation | undefined =>
  rootOf(given[symbol]) === rootOf(to)
    ? undefined
    : new Violation(
        option,
        `it must be of ${to.parent === undefined ? "this connection" : `the same connection as the ${to.node.description}`}: ` +
          "one of another connection or backend means nothing there" +
          (option === "transaction" ? outsideOfAny : ""),
        `the ${given[symbol].node.description} of another connection`
      )

/** Returns the violation by the transaction that an effect runs in, which a program may have set itself. */
export const checkParticipation = (given: unknown, to: OwnedHandle<unknown>): Violation | undefined => {
  if (isParticipationWord(given)) return undefined
  const read = readRule(participation, "transaction", given)
  if (read instanceof Violation) return read
  return isParticipationWord(read) ? undefined : checkConnection("transaction", read, to)
}

/** Returns the violation by the security context that signs the messages of a sender. */
export const checkSigner = (given: Owner | undefined, to: OwnedHandle<unknown>): Violation | undefined =>
  given === undefined ? undefined : checkConnection("securityContext", given, to)
