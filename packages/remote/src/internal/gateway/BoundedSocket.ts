import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"

/** Milliseconds between two looks at a connection whose other side reads slowly. */
const look = 5

/** Socket of a connection whose other side may read slowly. */
export interface BoundedSocket {
  readonly socket: Socket.Socket
  /** Waits while the other side has left too much unread. */
  readonly whenRead: Effect.Effect<void>
}

/**
 * Makes a socket that waits while the other side has not read what was written: with writes, and with reads of further calls, whose
 * answers would fill the memory. `unread`: returns the bytes that wait. `most`: number of them; one frame more is written.
 */
export const bounded = (socket: Socket.Socket, unread: () => number, most: number): BoundedSocket => {
  const turn = Semaphore.makeUnsafe(1)
  const whenRead: Effect.Effect<void> = Effect.suspend(() =>
    unread() <= most ? Effect.void : Effect.andThen(Effect.sleep(look), whenRead)
  )
  return {
    whenRead,
    socket: Socket.make({
      reader: Effect.map(socket.reader, (reader) => ({ ...reader, pull: Effect.andThen(whenRead, reader.pull) })),
      writer: Effect.map(socket.writer, (writer) => ({
        write: (chunk) =>
          unread() <= most ? writer.write(chunk) : turn.withPermit(Effect.andThen(whenRead, writer.write(chunk))),
        writeAll: (chunks) => turn.withPermit(Effect.andThen(whenRead, writer.writeAll(chunks)))
      }))
    })
  }
}
