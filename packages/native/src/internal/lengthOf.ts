const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype)
const byteLength: () => unknown = Object.getOwnPropertyDescriptor(typedArray, "byteLength")!.get!

/**
 * Returns how many bytes an array has, whatever a `length` of its own says: so many are copied, and read by native code.
 */
export const lengthOf = (bytes: Uint8Array): number => byteLength.call(bytes) as number
