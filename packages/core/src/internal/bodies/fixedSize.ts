import * as Result from "effect/Result"
import * as BodyType from "../../BodyType.ts"
import type { MessageBody } from "./Codec.ts"

/** Type of values that always take the same number of bytes, in little-endian order. */
export interface FixedSize<A> {
  readonly name: keyof typeof BodyType.numbers
  readonly size: number
  /** Rule for a value, to follow "must be". */
  readonly rule: string
  readonly holds: (value: A) => boolean
  readonly read: (view: DataView) => A
  readonly write: (view: DataView, value: A) => void
}

/** Refuses a body of another type. */
export const ofType = (bodyType: number, ...types: ReadonlyArray<number>): Result.Result<void, string> =>
  types.includes(bodyType)
    ? Result.void
    : Result.fail(`must have body type ${types.map(BodyType.format).join(" or ")}, not ${BodyType.format(bodyType)}`)

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const plural = (size: number): string => (size === 1 ? "1 byte" : `${size} bytes`)

/** Refuses a body of another size. .NET adds or ignores bytes there. */
export const ofSize = (body: Uint8Array, size: number): Result.Result<DataView, string> =>
  body.length === size ? Result.succeed(viewOf(body)) : Result.fail(`must have ${plural(size)}, not ${body.length}`)

/** Makes the codec for values of one size. The value in the bytes of a body must keep the rule, too. */
export const fixedSize = <A>({ holds, name, read, rule, size, write }: FixedSize<A>): MessageBody<A> => {
  const bodyType = BodyType.numbers[name]
  const checked = (value: A) => (holds(value) ? Result.succeed(value) : Result.fail(`must be ${rule}`))
  return {
    name,
    encode: (value) =>
      Result.map(checked(value), () => {
        const body = new Uint8Array(size)
        write(viewOf(body), value)
        return { body, bodyType }
      }),
    decode: (encoded) =>
      Result.flatMap(ofType(encoded.bodyType, bodyType), () =>
        Result.flatMap(ofSize(encoded.body, size), (view) => checked(read(view)))
      )
  }
}

export const wholeNumber = (
  name: FixedSize<number>["name"],
  size: 1 | 2 | 4,
  signed: boolean,
  read: FixedSize<number>["read"],
  write: FixedSize<number>["write"]
): MessageBody<number> => {
  const values = 2 ** (8 * size)
  const minimum = signed ? -values / 2 : 0
  const maximum = minimum + values - 1
  const holds = (value: number) => Number.isInteger(value) && value >= minimum && value <= maximum
  return fixedSize({ name, size, rule: `a whole number from ${minimum} to ${maximum}`, holds, read, write })
}

export const bigNumber = (
  name: FixedSize<bigint>["name"],
  signed: boolean,
  read: FixedSize<bigint>["read"],
  write: FixedSize<bigint>["write"]
): MessageBody<bigint> => {
  const [minimum, maximum] = signed ? signedRange : unsignedRange
  const holds = (value: bigint) => typeof value === "bigint" && value >= minimum && value <= maximum
  return fixedSize({ name, size: 8, rule: `a bigint from ${minimum} to ${maximum}`, holds, read, write })
}

/** Returns `true` for a number that fits into 32 bits; a larger one would become infinite. */
export const isSingle = (value: number): boolean =>
  typeof value === "number" && (Number.isFinite(Math.fround(value)) || !Number.isFinite(value))

export const signedRange = [BigInt.asIntN(64, BigInt(1) << BigInt(63)), BigInt("0x7fffffffffffffff")] as const
export const unsignedRange = [BigInt(0), BigInt("0xffffffffffffffff")] as const
