/** Messages of a batch that are read and sent together, slice by slice. */
import type { Message } from "../../Message.ts"
import type { OutgoingProperties } from "../../mqrt/MessageProperties.ts"
import type { Reason } from "../../MsmqError.ts"
import type { OutgoingRecord } from "./outgoing.ts"
import type { Unaddressed } from "./readOutgoing.ts"

/** Messages of a chunk that are being sent. Each is read once. */
export interface Chunk<Body> {
  readonly messages: ReadonlyArray<Message<Body>>
  /** Number of messages that were read. */
  next: number
  /** Number of messages when the first was read. Messages that are added to an array later are not sent. */
  count: number | undefined
  /** Messages that were read and are not yet accepted. */
  slice: ReadonlyArray<OutgoingProperties>
  /** Bytes of the body of each message of the slice when it was read, and of earlier slices behind them. */
  sizes: Array<number>
  /** Message behind the slice, whose body has to be in the store before it is sent. */
  large: OutgoingRecord | undefined
  /** Reason that stops the batch behind the slice, and behind the message whose body is stored. */
  stop: Reason | undefined
  /** Message behind the slice that was read, and names a queue of this computer whose address is not known yet. */
  unaddressed: Unaddressed | undefined
}

/** Slice without messages. */
export const none: ReadonlyArray<never> = []

/** Returns the chunk of messages of which none was read. */
export const chunkOf = <Body>(messages: ReadonlyArray<Message<Body>>): Chunk<Body> => ({
  messages,
  next: 0,
  count: undefined,
  slice: none,
  sizes: [],
  large: undefined,
  stop: undefined,
  unaddressed: undefined
})

/** Returns the chunk of one message that was read, and is not yet accepted. */
export const restOf = <Body>(
  message: Message<Body>,
  slice: ReadonlyArray<OutgoingProperties>,
  size: number
): Chunk<Body> => ({
  messages: [message],
  next: 1,
  count: 1,
  slice,
  sizes: [size],
  large: undefined,
  stop: undefined,
  unaddressed: undefined
})

/** Returns the chunk of one message that was read, and whose body has to be stored first. */
export const largeOf = <Body>(message: Message<Body>, record: OutgoingRecord): Chunk<Body> => ({
  ...restOf(message, none, 0),
  large: record
})

/** Returns `true` once all messages of a chunk were accepted. */
export const isSent = ({ count, large, next, slice, unaddressed }: Chunk<unknown>): boolean =>
  next === count && slice.length === 0 && large === undefined && unaddressed === undefined
