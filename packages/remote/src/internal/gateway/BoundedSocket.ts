import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"

/** WebSocket that tells how many bytes the other side has not read. */
interface Buffering {
  readonly bufferedAmount: number
}

/** Milliseconds between two looks at a connection whose other side reads slowly. */
const look = 5

/**
 * Makes a socket that waits with writes while the other side has not read what was written, so that answers which nobody reads do not
 * fill the memory. `most`: unread bytes; one frame more is written.
 */
export const bounded = (socket: Socket.Socket, ws: Buffering, most: number) =>
  Effect.map(Semaphore.make(1), (turn) => {
    const whenRead: Effect.Effect<void> = Effect.suspend(() =>
      ws.bufferedAmount <= most ? Effect.void : Effect.andThen(Effect.sleep(look), whenRead)
    )
    return Socket.make({
      reader: socket.reader,
      writer: Effect.map(socket.writer, (writer) => ({
        write: (chunk) =>
          ws.bufferedAmount <= most
            ? writer.write(chunk)
            : turn.withPermit(Effect.andThen(whenRead, writer.write(chunk))),
        writeAll: (chunks) => turn.withPermit(Effect.andThen(whenRead, writer.writeAll(chunks)))
      }))
    })
  })
