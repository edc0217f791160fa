/**
 * What a body means: codecs between values and the bytes of a message, each with the `PROPID_M_BODY_TYPE` that goes with
 * them.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"

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

/**
 * The bytes themselves, of whatever type: what senders and receivers use that are given no codec.
 *
 * @category codecs
 * @since 0.1.0
 */
export const bytes: MessageBody<Uint8Array> = {
  name: "bytes",
  encode: (body) => Result.succeed({ body, bodyType: 0 }),
  decode: ({ body }) => Result.succeed(body)
}
