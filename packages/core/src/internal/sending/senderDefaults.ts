import * as Result from "effect/Result"
import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { MessageHeaders } from "../../MessageHeaders.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { IllegalMessage, MsmqError } from "../../MsmqError.ts"
import type { EncodedBody, MessageBody } from "../bodies/Codec.ts"
import { encodeWith } from "../bodies/Codec.ts"
import * as claimCheck from "../bodies/claimCheck.ts"
import { noBytes, plainBytes } from "../bytes.ts"
import { describeValue } from "../errors/describeValue.ts"
import { thrownText } from "../errors/thrownText.ts"
import { addressRule, isUnresolved, QueueAddresses } from "../names/QueueAddresses.ts"
import type { Call } from "../options/illegalOption.ts"
import { errorOf } from "../options/illegalOption.ts"
import { fieldsOf } from "../options/outgoingMessages.ts"
import { Violation } from "../options/Violation.ts"
import { setLabel, withCodecFields } from "./codecFields.ts"
import type { OutgoingRecord } from "./outgoing.ts"
import { addressedFields, propertiesOf, Refusal, violation } from "./outgoing.ts"
import { extensionOf } from "./outgoingHeaders.ts"
import type { SendOptions } from "./SendOptions.ts"

/**
 * Defaults of a sender: those of the fields of its messages and those of its options of a send.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderDefaults<Body = Uint8Array> extends Message<Body>, Omit<SendOptions, "transaction"> {
  /**
   * `"singleMessage"` sends each message in a transaction of its own, and `"none"` outside of any, also where the send runs in a
   * transaction. By default a send takes part in the transaction that it runs in, if any.
   */
  readonly transaction?: "none" | "singleMessage" | undefined
}

/** Defaults of a sender that were checked, as its sends use them. */
export interface Defaults {
  /** Options of each send. */
  readonly options: SendOptions
  /** Fields of each message, as the backend gets them; body and extension are in the fields below. */
  readonly fields: OutgoingRecord
  /** Body with its type; `undefined` where none is given. */
  readonly encoded: EncodedBody | undefined
  /** Type of a body that has none; `undefined` for that of the codec. */
  readonly bodyType: number | undefined
  readonly headers: MessageHeaders | undefined
  readonly extension: Uint8Array | undefined
}

/** Checks the defaults of a sender. Returns them as its sends use them, or the error. */
export const checkDefaults = <Body>(
  call: Call,
  codec: MessageBody<Body, unknown> | undefined,
  given: SenderDefaults<Body>
): Defaults | MsmqError => {
  const checked = readDefaults(codec, given)
  return checked instanceof Refusal ? errorOfRefusal(call, checked.reason) : checked
}

const errorOfRefusal = (call: Call, { actual, field, rule }: IllegalMessage): MsmqError =>
  errorOf(call, new Violation(`defaults.${field}`, rule, actual))

const readDefaults = <Body>(
  codec: MessageBody<Body, unknown> | undefined,
  given: SenderDefaults<Body>
): Defaults | Refusal => {
  const { message, options } = partsOf(given)
  if (options.securityContext !== undefined && options.senderCertificate !== undefined) {
    const actual = "given beside a security context"
    return new Refusal({ index: 0, field: "senderCertificate", rule: twoSignersRule, actual })
  }
  const encoded = encode(codec, given.body, message)
  if (encoded instanceof Refusal) return encoded
  const by = encoded && { encoded, codec: codec?.name ?? "", index: 0 }
  const carried = by === undefined ? message : withCodecFields(message, by)
  if (carried instanceof Refusal) return carried
  const extension = extensionOf(carried.headers, carried.extension, 0, undefined)
  if (extension instanceof Refusal) return extension
  // A body that goes to a store may be larger than a message.
  const body = encoded !== undefined && isStoredBy(codec, encoded) ? noBytes : encoded?.body
  const fields = propertiesOf(message, 0, body, encoded?.bodyType ?? 0, extension)
  if (fields instanceof Refusal) return fields
  const broken = violation(fields, 0) ?? (by && setLabel(fields, by))
  if (broken !== undefined) return broken instanceof Refusal ? broken : new Refusal(broken)
  return {
    options,
    fields: message.label === undefined ? { ...fields, label: "" } : fields,
    encoded: encoded && { ...encoded, body: encoded.body.slice() },
    bodyType: message.bodyType,
    headers: message.headers && { ...message.headers },
    extension: message.headers === undefined ? message.extension?.slice() : undefined
  }
}

const isStoredBy = (codec: MessageBody<never, unknown> | undefined, { body }: EncodedBody): boolean => {
  const store = codec?.[claimCheck.bodyStore]
  return store !== undefined && claimCheck.isStored(store, body)
}

/** Asks for the addresses of the queues of this computer that the defaults name. */
export const addressDefaults = (
  mqrt: Mqrt["Service"],
  call: Call,
  { fields }: Defaults
): Effect.Effect<void, MsmqError> =>
  Effect.forEach(addressedFields, (field) => address(mqrt, call, fields, field), { discard: true })

/** Rule for the two ways to sign. */
export const twoSignersRule =
  "a message is signed through a context or by a certificate, not by both: which would win is not certain"

/** Returns the options that a send has itself, completed by the defaults. An option that is `undefined` counts as left out. */
export const completed = (options: SendOptions, defaults: SendOptions): SendOptions => {
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const signs = "securityContext" in own || "senderCertificate" in own
  return { ...defaults, ...(signs ? { securityContext: undefined, senderCertificate: undefined } : {}), ...own }
}

/** Separates the fields of messages from the options of sends. */
const partsOf = <Body>({
  authenticationLevel,
  encryptionAlgorithm,
  hashAlgorithm,
  privacyLevel,
  provider,
  securityContext,
  senderCertificate,
  senderIdType,
  transaction,
  ...message
}: SenderDefaults<Body>) => ({
  message: fieldsOf(message),
  options: {
    authenticationLevel,
    encryptionAlgorithm,
    hashAlgorithm,
    privacyLevel,
    provider,
    securityContext,
    senderCertificate,
    senderIdType,
    transaction
  }
})

const encode = <Body>(
  codec: MessageBody<Body, unknown> | undefined,
  body: Body | undefined,
  message: Message<unknown>
): EncodedBody | undefined | Refusal => {
  if (body === undefined) return undefined
  const refuse = (rule: string) => new Refusal({ index: 0, field: "body", rule, actual: describeValue(body) })
  if (codec === undefined) {
    const bytes = plainBytes(body)
    return bytes === undefined
      ? refuse("it must be a Uint8Array, or the sender needs a codec")
      : { body: bytes, bodyType: 0 }
  }
  const result = Result.try({
    try: () => encodeWith(codec, body, message),
    catch: (cause) => `the codec threw: ${thrownText(cause)}`
  })
  return Result.match(
    Result.flatMap(result, (encoded) => Result.mapError(encoded, (rule) => `as ${codec.name} ${rule}`)),
    {
      onFailure: refuse,
      onSuccess: (encoded): EncodedBody => encoded
    }
  )
}

/** Replaces the path name of a queue of this computer by its address. */
const address = (
  mqrt: Mqrt["Service"],
  call: Call,
  fields: OutgoingRecord,
  field: (typeof addressedFields)[number]
): Effect.Effect<void, MsmqError> => {
  const name = fields[field]
  if (!isUnresolved(name)) return Effect.void
  return Effect.mapBoth(QueueAddresses.of(mqrt).find(name), {
    onFailure: (failure) => {
      const error = call.operation.lift({ queue: call.queue })(failure)
      return error.isRetryable
        ? error
        : errorOf(
            call,
            new Violation(`defaults.${field}`, addressRule(name, failure, error.message), describeValue(name))
          )
    },
    onSuccess: (found) => {
      fields[field] = found
    }
  })
}
