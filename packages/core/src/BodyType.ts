/**
 * Body types: numbers that name the format of a body, `PROPID_M_BODY_TYPE`.
 *
 * Message Queuing does not interpret them: sender and receiver agree on their meaning.
 *
 * @since 0.1.0
 */

/**
 * Types that senders are known to use, by their names in `wtypes.h`. `VT_BINARY_OBJECT`, which `wtypes.h` does not
 * have, is the type of .NET's `BinaryMessageFormatter`.
 *
 * @category constants
 * @since 0.1.0
 */
export const numbers = {
  /** No type: the default, which `XmlMessageFormatter`, NServiceBus and most programs in C leave. */
  VT_EMPTY: 0,
  VT_NULL: 1,
  VT_I2: 2,
  VT_I4: 3,
  VT_R4: 4,
  VT_R8: 5,
  VT_CY: 6,
  VT_DATE: 7,
  VT_BSTR: 8,
  VT_BOOL: 11,
  VT_I1: 16,
  VT_UI1: 17,
  VT_UI2: 18,
  VT_UI4: 19,
  VT_I8: 20,
  VT_UI8: 21,
  VT_LPSTR: 30,
  VT_LPWSTR: 31,
  VT_STREAMED_OBJECT: 68,
  VT_STORED_OBJECT: 69,
  VT_CLSID: 72,
  VT_BINARY_OBJECT: 768,
  "VT_VECTOR|VT_UI1": 4113,
  "VT_ARRAY|VT_UI1": 8209
} as const

const names = new Map<number, string>(Object.entries(numbers).map(([name, number]) => [number, name]))

/**
 * Formats a body type as its number, with its name if it has one.
 *
 * @example
 * ```ts import.meta.vitest
 * import { BodyType } from "@effect-msmq/core"
 *
 * BodyType.format(8) // => "8 (VT_BSTR)"
 * BodyType.format(4711) // => "4711"
 * ```
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (bodyType: number): string => {
  const name = names.get(bodyType)
  return name === undefined ? String(bodyType) : `${bodyType} (${name})`
}
