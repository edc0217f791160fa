/** Results of the codecs of a program, which may return anything, or throw. */
import * as Result from "effect/Result"
import { describeValue } from "../errors/describeValue.ts"
import { thrownText } from "../errors/thrownText.ts"

/**
 * A body as it is in a message: bytes, and the `VT_` number that says what they are.
 *
 * @category models
 * @since 0.1.0
 */
export interface EncodedBody {
  readonly body: Uint8Array
  readonly bodyType: number
}

/**
 * A codec for the bodies of messages.
 *
 * - `name`: what it reads and writes, for errors: such as `"JSON"`
 * - `encode`, `decode`: a failure is the rule that was broken, as a sentence without a subject: `"must be a number"`
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageBody<A> {
  readonly name: string
  readonly encode: (value: A) => Result.Result<EncodedBody, string>
  readonly decode: (encoded: EncodedBody) => Result.Result<A, string>
}

/** Encodes a body. What throws, or returns no result, throws. */
export const encodedBy = <A>(codec: MessageBody<A>, body: A): Result.Result<EncodedBody, string> => {
  const result = codec.encode(body)
  if (Result.isResult(result)) return result
  throw new TypeError(
    `encode must return a Result, such as Result.succeed({ body, bodyType }), and not ${describeValue(result)}`
  )
}

/** Decodes the body of a message that may be in no queue any more: what throws is a failure, which has the message with it. */
export const decodedBy = <A>(codec: MessageBody<A>, encoded: EncodedBody): Result.Result<A, string> => {
  try {
    const result = codec.decode(encoded)
    if (Result.isResult(result)) return result
    return Result.fail(`decode must return a Result, such as Result.succeed(value), and not ${describeValue(result)}`)
  } catch (thrown) {
    return Result.fail(`decode threw instead of returning why it cannot read the body: ${thrownText(thrown)}`)
  }
}

/** Rule that a text breaks which is no GUID. */
export const guidRule = 'a GUID, such as "00112233-4455-6677-8899-aabbccddeeff"'
