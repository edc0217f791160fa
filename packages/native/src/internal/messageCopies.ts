import type { OutgoingProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { lengthOf } from "./MemoryBlock.ts"

const none = new Uint8Array(0)

/** Copies bytes from any kind of memory. A buffer that was transferred has none. */
const copy = (bytes: Uint8Array): Uint8Array => (lengthOf(bytes) === 0 ? none : new Uint8Array(bytes))

const copyOrNull = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : copy(bytes))

const copyMessage = (message: OutgoingProperties): OutgoingProperties => {
  const { acknowledge, connector, journaling, soap } = message
  return {
    ...message,
    body: copy(message.body),
    correlationId: copyOrNull(message.correlationId),
    extension: copyOrNull(message.extension),
    acknowledge: acknowledge === null ? null : { ...acknowledge },
    journaling: journaling === null ? null : { ...journaling },
    connector:
      connector === null
        ? null
        : {
            ...connector,
            signature: copyOrNull(connector.signature),
            symmetricKey: copyOrNull(connector.symmetricKey)
          },
    soap: soap === null ? null : { ...soap }
  }
}

/**
 * Copies messages from an index on, with all that they refer to, so that a program cannot change them before they are
 * sent.
 */
export const copyMessages = (
  messages: ReadonlyArray<OutgoingProperties>,
  from: number
): ReadonlyArray<OutgoingProperties> => messages.slice(from).map(copyMessage)

/** Copies options as {@link copyMessages} copies messages. */
export const copyOptions = (options: SendParameters): SendParameters => ({
  ...options,
  senderCertificate: copyOrNull(options.senderCertificate),
  provider: options.provider === null ? null : { ...options.provider }
})
