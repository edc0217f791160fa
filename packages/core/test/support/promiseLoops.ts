/** Loops over the messages of a queue in the promise face. */
import type { Receiver } from "@effect-msmq/core/promises"

/** Does something again and again, as long as it returns `true`. */
export const repeat = async (step: () => Promise<boolean>): Promise<void> => {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  while (await step());
}

/** Reads so many messages, or until the signal aborts, and tells of each. */
export type Loop = (receiver: Receiver, count: number, tell: () => void, signal?: AbortSignal) => Promise<void>

/** A loop that also ends when it finds no message. */
export const found =
  (find: (receiver: Receiver, signal: AbortSignal | undefined) => Promise<unknown>): Loop =>
  (receiver, count, tell, signal) => {
    let left = count
    return repeat(async () => {
      if ((await find(receiver, signal)) === undefined) return false
      tell()
      return --left > 0
    })
  }

const iterated =
  (iterable: (receiver: Receiver) => AsyncIterable<unknown>): Loop =>
  async (receiver, count, tell, signal) => {
    let left = count
    for await (const _ of iterable(receiver)) {
      tell()
      if (--left === 0 || signal?.aborted === true) break
    }
  }

export const reading: Readonly<Record<string, Loop>> = {
  receive: found((receiver, signal) => receiver.receive({ signal })),
  receiveWithin: found((receiver, signal) => receiver.receiveWithin(0, { signal })),
  poll: found((receiver, signal) => receiver.poll({ signal })),
  "for await": iterated((receiver) => receiver),
  lookup: found((receiver, signal) => receiver.lookup("receiveFirst", 0n, { signal })),
  cursor: async (receiver, count, tell, signal) => {
    await using cursor = await receiver.cursor()
    const next = async () => (await cursor.next({ signal })) && cursor.receive({ signal })
    await found(next)(receiver, count, tell, signal)
  },
  browse: iterated((receiver) => receiver.browse()),
  consume: async (receiver, count, tell, signal) => {
    const end = new AbortController()
    let left = count
    const handle = async () => {
      tell()
      if (--left === 0) end.abort()
    }
    const signals = signal === undefined ? [end.signal] : [end.signal, signal]
    try {
      await receiver.consume(handle, { signal: AbortSignal.any(signals) }).done
    } catch (error) {
      if (!end.signal.aborted) throw error
    }
  }
}
