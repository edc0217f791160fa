import type { LibraryHandle } from "koffi"
import { receivedMessage } from "./receivedMessage.ts"

/** Returns a loop in C that receives and reads nothing, which nothing can beat. */
export const receivesInC = (library: LibraryHandle, loops: LibraryHandle, queue: number, count: number) => {
  const loop = loops.func(
    "uint32_t Floor_ReceiveLoop(void *receive, uint64_t queue, uintptr_t properties, uintptr_t values, const uint8_t *blank, uint32_t size, uint32_t count)"
  )
  const receive = library.symbol("MQReceiveMessage")
  const { address, blank, valuesAt } = receivedMessage()
  return (): void => {
    const failures = loop(receive, queue, address, address + valuesAt, blank, blank.length, count)
    if (failures !== 0) throw new Error(`${failures} receives failed`)
  }
}
