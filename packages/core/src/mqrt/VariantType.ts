/**
 * Types of the values of properties, which `mq.h` calls `VARTYPE`s; for the author of a backend.
 *
 * @since 0.1.0
 */

/**
 * Numbers of the types that Message Queuing uses, by their names in `wtypes.h`.
 *
 * @category constants
 * @since 0.1.0
 */
export const numbers = {
  /** No value: the function that is asked for the property chooses the type, and allocates the value. */
  VT_NULL: 1,
  /** Signed, 16 bits. */
  VT_I2: 2,
  /** Signed, 32 bits. */
  VT_I4: 3,
  /** -1 is true, 0 is false. */
  VT_BOOL: 11,
  /** Unsigned, 8 bits. */
  VT_UI1: 17,
  /** Unsigned, 16 bits. */
  VT_UI2: 18,
  /** Unsigned, 32 bits. */
  VT_UI4: 19,
  /** Signed, 64 bits. */
  VT_I8: 20,
  /** Unsigned, 64 bits. */
  VT_UI8: 21,
  /** Pointer to a text of UTF-16 units that ends with NUL. */
  VT_LPWSTR: 31,
  /** Bytes: their count and a pointer. */
  VT_BLOB: 65,
  /** Pointer to a GUID. */
  VT_CLSID: 72,
  /** Signed numbers of 32 bits: their count and a pointer to an array of them. */
  "VT_VECTOR|VT_I4": 0x1003,
  /** Values of any types: their count and a pointer to an array of variants. */
  "VT_VECTOR|VT_VARIANT": 0x100c,
  /** Bytes: their count and a pointer. */
  "VT_VECTOR|VT_UI1": 0x1011,
  /** Unsigned numbers of 32 bits: their count and a pointer to an array of them. */
  "VT_VECTOR|VT_UI4": 0x1013,
  /** Unsigned numbers of 64 bits: their count and a pointer to an array of them. */
  "VT_VECTOR|VT_UI8": 0x1015,
  /** Texts: their count and a pointer to an array of pointers. */
  "VT_VECTOR|VT_LPWSTR": 0x101f,
  /** GUIDs: their count and a pointer to an array of them. */
  "VT_VECTOR|VT_CLSID": 0x1048
} as const

/**
 * Name of a type.
 *
 * @category models
 * @since 0.1.0
 */
export type Name = keyof typeof numbers
