import type { OutgoingProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { lengthOf } from "./lengthOf.ts"

const none = new Uint8Array(0)

/** Copies bytes, whatever memory they lie in. A buffer that was transferred has none. */
const copy = (bytes: Uint8Array): Uint8Array => (lengthOf(bytes) === 0 ? none : new Uint8Array(bytes))

const copyOrNull = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : copy(bytes))

const ownMessage = (message: OutgoingProperties): OutgoingProperties => {
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

/** Copies messages from an index on, with all that they refer to, so that nobody changes them before they are sent. */
export const ownMessages = (
  messages: ReadonlyArray<OutgoingProperties>,
  from: number
): ReadonlyArray<OutgoingProperties> => messages.slice(from).map(ownMessage)

/** Copies options as {@link ownMessages} copies messages. */
export const ownOptions = (options: SendParameters): SendParameters => ({
  ...options,
  senderCertificate: copyOrNull(options.senderCertificate),
  provider: options.provider === null ? null : { ...options.provider }
})
