/** Refusal of a `new` by a program, which would make an object that works with nothing. */

/**
 * Throws where a program constructs an object that a connection makes. `isMade`: `true` if the constructor was given what only the
 * SDK has.
 */
export const checkMade = (isMade: boolean): void => {
  if (isMade) return
  throw new TypeError(
    "objects of this class are not made with new: await connect(layer) gives a connection, and its openSender(queue), " +
      "openReceiver(queue), openRequester(queue), beginTransaction(), securityContext() and others give the rest"
  )
}
