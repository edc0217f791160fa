import type { LibraryHandle } from "koffi"
import { at, type Sent, sentMessage } from "./sentMessage.ts"

/** Returns a loop in C that sends one message over and over, which nothing can beat. */
export const sendsInC = (
  library: LibraryHandle,
  loops: LibraryHandle,
  { body, labels, queue, securityContext }: Sent
) => {
  const loop = loops.func("uint32_t Floor_SendLoop(void *send, uint64_t queue, uintptr_t properties, uint32_t count)")
  const send = library.symbol("MQSendMessage")
  const { address, bytes, words } = sentMessage(securityContext)
  bytes.set(body, at.body)
  words[at.bodyLength] = body.length
  bytes[at.priority] = 4
  return (): void => {
    const failures = loop(send, queue, address, labels.length)
    if (failures !== 0) throw new Error(`${failures} sends failed`)
  }
}
