/** Codecs of bodies. Those of a program may return anything, or throw. */
import * as Result from "effect/Result"
import { describeValue } from "../errors/describeValue.ts"
import { thrownText } from "../errors/thrownText.ts"

/**
 * Body as it is in a message.
 *
 * @category models
 * @since 0.1.0
 */
export interface EncodedBody {
  /** Bytes of the body. */
  readonly body: Uint8Array
  /** Type of the body: a `VT_` number. */
  readonly bodyType: number
}

/**
 * Codec for the bodies of messages.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageBody<A> {
  /** Name of the format, for errors, such as `"JSON"`. */
  readonly name: string
  /**
   * Encodes a value. Fails with the rule that the value breaks, as a sentence without a subject, such as `"must be a number"`.
   */
  readonly encode: (value: A) => Result.Result<EncodedBody, string>
  /** Decodes a body. Fails with the rule that the body breaks, as a sentence without a subject. */
  readonly decode: (encoded: EncodedBody) => Result.Result<A, string>
}

/** Encodes a body. Throws what the codec throws, and where the codec returns no result. */
export const encodeWith = <A>(codec: MessageBody<A>, body: A): Result.Result<EncodedBody, string> => {
  const result = codec.encode(body)
  if (Result.isResult(result)) return result
  throw new TypeError(
    `encode must return a Result, such as Result.succeed({ body, bodyType }), and not ${describeValue(result)}`
  )
}

/**
 * Decodes the body of a message that may be in no queue any more: also what the codec throws is a failure, whose error has the
 * message.
 */
export const decodeWith = <A>(
  codec: Pick<MessageBody<A>, "decode">,
  encoded: EncodedBody
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
