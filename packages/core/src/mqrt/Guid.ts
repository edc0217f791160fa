/**
 * GUIDs, as text and as the 16 bytes of Windows; for the author of a backend.
 *
 * @since 0.1.0
 */

/**
 * GUID as text, without braces: hexadecimal digits in the groups 8-4-4-4-12.
 *
 * @category models
 * @since 0.1.0
 */
export type Guid = string

const pattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Forms that .NET reads: digits alone or with hyphens, the latter also in braces or parentheses. */
const forms = [/^([\da-f]{32})$/i, /^([\da-f-]{36})$/i, /^\{([\da-f-]{36})\}$/i, /^\(([\da-f-]{36})\)$/i]

/**
 * Returns `true` for a GUID in text, with hyphens and without braces, in any letter case.
 *
 * See the example of {@link canonical}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isGuid = (text: string): boolean => pattern.test(text)

/**
 * Returns a GUID in lower case, with hyphens and without braces. The text may be in any form that .NET reads; `undefined` is
 * returned for any other text.
 *
 * @example
 * ```ts import.meta.vitest
 * import { canonical, isGuid } from "@effect-msmq/core/mqrt/Guid"
 *
 * canonical("{6D736D71-0000-4000-8000-000000000001}") // => "6d736d71-0000-4000-8000-000000000001"
 * isGuid("{6d736d71-0000-4000-8000-000000000001}") // => false
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const canonical = (text: string): string | undefined => {
  const inner = forms.map((form) => form.exec(text)?.[1]?.toLowerCase()).find((match) => match !== undefined)
  if (inner === undefined) return undefined
  const guid = inner.length === 32 ? inner.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : inner
  return isGuid(guid) ? guid : undefined
}

/** Places of a GUID's digits in its 16 bytes, whose first three fields are little-endian. */
const places: ReadonlyArray<number> = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

/** Two hexadecimal digits for each byte. */
const hexadecimal: ReadonlyArray<string> = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

/**
 * Returns the GUID in 16 bytes, in lower case and without braces. `offset`: the index of the first byte, 0 by default.
 *
 * See the example of {@link toBytes}.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array, offset = 0): string => {
  const digits = places.map((place) => hexadecimal[bytes[offset + place] ?? 0]).join("")
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/**
 * Writes the 16 bytes of a GUID, which may stand in braces. `offset`: the index of the first byte.
 *
 * See the example of {@link toBytes}.
 *
 * @category conversions
 * @since 0.1.0
 */
export const write = (bytes: Uint8Array, offset: number, guid: string): void => {
  const digits = guid.replaceAll(/[^\da-f]/gi, "")
  for (const [index, place] of places.entries()) {
    bytes[offset + place] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16)
  }
}

/**
 * Returns the 16 bytes of a GUID, which may stand in braces.
 *
 * @example
 * ```ts import.meta.vitest
 * import { fromBytes, toBytes } from "@effect-msmq/core/mqrt/Guid"
 *
 * const bytes = toBytes("6d736d71-0000-4000-8000-000000000001")
 * bytes.subarray(0, 4) // => Uint8Array.of(0x71, 0x6d, 0x73, 0x6d)
 * fromBytes(bytes) // => "6d736d71-0000-4000-8000-000000000001"
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const toBytes = (guid: string): Uint8Array => {
  const bytes = new Uint8Array(16)
  write(bytes, 0, guid)
  return bytes
}
