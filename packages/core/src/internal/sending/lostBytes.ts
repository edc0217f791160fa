import type { OutgoingProperties } from "../../mqrt/MessageProperties.ts"
import { areLost } from "../bytes.ts"

/** Field of a message, and its bytes. */
export type FieldOfBytes = readonly [field: string, bytes: Uint8Array]

const lostBytes = (field: string, bytes: Uint8Array | null): FieldOfBytes | undefined =>
  bytes !== null && areLost(bytes) ? [field, bytes] : undefined

/** Returns the first field whose buffer was transferred, or made too small, after it was read; `undefined` where there is none. */
export const lostField = (message: OutgoingProperties): FieldOfBytes | undefined => {
  const { body, connector, correlationId, extension } = message
  return (
    lostBytes("body", body) ??
    lostBytes("extension", extension) ??
    lostBytes("correlationId", correlationId) ??
    (connector === null
      ? undefined
      : (lostBytes("connector.signature", connector.signature) ??
        lostBytes("connector.symmetricKey", connector.symmetricKey)))
  )
}
