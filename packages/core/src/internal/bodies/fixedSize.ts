import * as Result from "effect/Result"
import * as BodyType from "../../BodyType.ts"
import type { MessageBody } from "./Codec.ts"

/** A value that always takes as many bytes: how it stands in them, little-endian. */
export interface FixedSize<A> {
  readonly name: keyof typeof BodyType.numbers
  readonly size: number
  /** What a value has to be, after "must be". */
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

/** Refuses a body that is too short or too long: .NET makes up or leaves what is missing or too much. */
export const ofSize = (body: Uint8Array, size: number): Result.Result<DataView, string> =>
  body.length === size ? Result.succeed(viewOf(body)) : Result.fail(`must have ${plural(size)}, not ${body.length}`)

/** The codec for values of one size. What the bytes of a body hold is a value only if it keeps the rule. */
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

/** Whether a number is near to one of 32 bits: what is too large would become infinite. */
export const isSingle = (value: number): boolean =>
  typeof value === "number" && (Number.isFinite(Math.fround(value)) || !Number.isFinite(value))

export const signedRange = [BigInt.asIntN(64, BigInt(1) << BigInt(63)), BigInt("0x7fffffffffffffff")] as const
export const unsignedRange = [BigInt(0), BigInt("0xffffffffffffffff")] as const
