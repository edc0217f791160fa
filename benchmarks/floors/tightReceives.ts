import type { LibraryHandle } from "koffi"
import { failOn } from "./failOn.ts"
import { receivedMessage } from "./receivedMessage.ts"

const receiveMessage =
  "uint32_t MQReceiveMessage(uintptr_t queue, uint32_t timeout, uint32_t action, uintptr_t properties, uintptr_t overlapped, uintptr_t callback, uintptr_t cursor, uintptr_t transaction)"

/**
 * Returns a receive loop by hand: one block of memory, whose blank state is copied back before each call; body, label and priority are
 * copied out. It asks for what the SDK asks for, so that the ways are compared and not the work of the double.
 */
export const tightReceives = (library: LibraryHandle, queue: number, count: number) => {
  const receive = library.func(receiveMessage)
  const { address, blank, bytes, memory, placeOf, valuesAt, words } = receivedMessage()
  const text = Buffer.from(memory)
  const [bodyAt, labelAt] = [placeOf(9).buffer, placeOf(11).buffer]
  const [bodySize, labelLength] = [placeOf(10).value / 4, placeOf(12).value / 4]
  const priority = placeOf(4).value
  return (): void => {
    let bytesTaken = 0
    for (let taken = 0; taken < count; taken++) {
      bytes.set(blank, valuesAt)
      const hresult = receive(queue, 0, 0, address, 0, 0, 0, 0)
      if (hresult >= 0x80000000) failOn("MQReceiveMessage", hresult)
      const message = {
        body: bytes.slice(bodyAt, bodyAt + (words[bodySize] ?? 0)),
        label: text.toString("utf16le", labelAt, labelAt + 2 * ((words[labelLength] ?? 1) - 1)),
        priority: bytes[priority]
      }
      bytesTaken += message.body.length
    }
    if (bytesTaken === 0) throw new Error("the messages had no bodies")
  }
}
