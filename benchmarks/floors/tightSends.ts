import type { LibraryHandle } from "koffi"
import { failOn } from "./failOn.ts"
import { at, type Sent, sentMessage } from "./sentMessage.ts"

/**
 * Returns the tight floor of sends, the fastest loop that one can write by hand with koffi: one block of memory, written through views
 * at indexes that are known beforehand. All arguments are numbers, as koffi takes a number faster than a BigInt or a null.
 */
export const tightSends = (library: LibraryHandle, { body, labels, queue, securityContext }: Sent) => {
  const send = library.func("uint32_t MQSendMessage(uintptr_t queue, uintptr_t properties, uintptr_t transaction)")
  const { address, bytes, units, words } = sentMessage(securityContext)
  return (): void => {
    for (const label of labels) {
      let unit = at.label
      for (let index = 0; index < label.length; index++) units[unit++] = label.charCodeAt(index)
      units[unit] = 0
      bytes.set(body, at.body)
      words[at.bodyLength] = body.length
      bytes[at.priority] = 4
      const hresult = send(queue, address, 0)
      if (hresult >= 0x80000000) failOn("MQSendMessage", hresult)
    }
  }
}
