/** Codecs of bodies. Those of a program may return anything, or throw. */
import * as Result from "effect/Result"
import type { Message, ReadOptions, ReceivedMessage } from "../../Message.ts"
import type { MessageHeaders } from "../../MessageHeaders.ts"
import { describeValue } from "../errors/describeValue.ts"
import { thrownText } from "../errors/thrownText.ts"
import type { BodyStore } from "./claimCheck.ts"
import type { bodyStore } from "./claimCheck.ts"

/**
 * Body as it is in a message, with the fields of the message that say what it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface EncodedBody {
  /** Bytes of the body. */
  readonly body: Uint8Array
  /** Type of the body: a `VT_` number. A `bodyType` of the message to send replaces it. */
  readonly bodyType: number
  /** Label of the message. A message to send that has another one is refused. None by default. */
  readonly label?: string | undefined
  /**
   * Headers that the message has in addition to its own. A message to send that has one of them with another value is refused. So
   * is one with an `extension` that holds no headers; one that holds headers gets these, too. None by default.
   */
  readonly headers?: MessageHeaders | undefined
  /**
   * Extension of the message. A message to send that has another one, or headers, is refused; so is one whose codec sets headers as
   * well. None by default.
   */
  readonly extension?: Uint8Array | undefined
}

/**
 * Message whose body a codec decodes. One that was received has all its fields, and a body that a program decodes by itself has those
 * that the program gives. Fields of a group that the receiver does not read are those of a message without them: a codec that
 * needs them names the group in `reads`.
 *
 * @category models
 * @since 0.1.0
 */
export interface EncodedMessage extends EncodedBody, Partial<Omit<ReceivedMessage, keyof EncodedBody>> {}

/**
 * Codec for the bodies of messages: `Sent` is the type of the values that it encodes, `Received` that of the values that it decodes.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageBody<in Sent, out Received = Sent> {
  /** Name of the format, for errors, such as `"JSON"`. */
  readonly name: string
  /**
   * Encodes a value for a message, which is given where one is sent. Fails with the rule that the value breaks, as a sentence without
   * a subject, such as `"must be a number"`.
   */
  readonly encode: (value: Sent, message?: Message<unknown>) => Result.Result<EncodedBody, string>
  /** Decodes the body of a message. Fails with the rule that the body breaks, as a sentence without a subject. */
  readonly decode: (message: EncodedMessage) => Result.Result<Received, string>
  /**
   * Groups of properties that `decode` needs beside the body. A receiver that does not read them is refused: see
   * `Message.ReadOptions`. None by default.
   */
  readonly reads?: ReadonlyArray<Exclude<keyof ReadOptions, "body">> | undefined
  /** @internal Store of large bodies, which `MessageBody.claimCheck` sets. None by default. */
  readonly [bodyStore]?: BodyStore | undefined
}

/** Returns `true` for an object with a body. Without this check a message would be sent without one. */
const hasBody = (encoded: unknown): boolean =>
  typeof encoded === "object" && encoded !== null && "body" in encoded && encoded.body != null

/** Encodes a body. Throws what the codec throws, and where the codec returns no result. */
export const encodeWith = <A>(
  codec: MessageBody<A, unknown>,
  body: A,
  message: Message<unknown>
): Result.Result<EncodedBody, string> => {
  const result = codec.encode(body, message)
  if (!Result.isResult(result)) {
    throw new TypeError(
      `encode must return a Result, such as Result.succeed({ body, bodyType }), and not ${describeValue(result)}`
    )
  }
  if (Result.isSuccess(result) && !hasBody(result.success)) {
    throw new TypeError(
      `encode must return the bytes of the body, as { body, bodyType }, and not ${describeValue(result.success)}`
    )
  }
  return result
}

/**
 * Decodes the body of a message that may be in no queue any more: also what the codec throws is a failure, whose error has the
 * message.
 */
export const decodeWith = <A>(
  codec: Pick<MessageBody<never, A>, "decode">,
  encoded: EncodedMessage
): Result.Result<A, string> => {
  try {
    const result = codec.decode(encoded)
    if (Result.isResult(result)) return result
    return Result.fail(`decode must return a Result, such as Result.succeed(value), and not ${describeValue(result)}`)
  } catch (thrown) {
    return Result.fail(`decode threw instead of returning why it cannot read the body: ${thrownText(thrown)}`)
  }
}

/** Rule for a GUID in text. */
export const guidRule = 'a GUID, such as "00112233-4455-6677-8899-aabbccddeeff"'
