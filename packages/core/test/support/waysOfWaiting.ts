/** The ways of waiting of `programs/waiting.ts`, in its order. */
export const ways: ReadonlyArray<string> = [
  "Promise: peek",
  "Promise: peekWithin",
  "Promise: nextWithin of a cursor",
  "Promise: receive",
  "Promise: receiveWithin",
  "Promise: for await over a receiver",
  "Promise: for await over a queue",
  "Promise: request",
  "Promise: sendAwaiting",
  "Effect: peek",
  "Effect: receive",
  "Effect: receiveWithin",
  "Effect: messages",
  "Effect: consume",
  "Promise: consume",
  "Promise: consume whose handler waits for what keeps nothing alive"
]
