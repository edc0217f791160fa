/**
 * What a backend reports when a function fails: a bare code, to which core adds its meaning.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * A function of `mqrt.dll` returned an error code.
 *
 * - `function`: its name
 * - `code`: the HRESULT
 * - `properties`: for `MQ_ERROR_PROPERTY`, what the status array says of each property that was refused
 *
 * @category errors
 * @since 0.1.0
 */
export class MqrtFailure extends Data.TaggedError("MqrtFailure")<{
  readonly function: string
  readonly code: number
  readonly properties: ReadonlyArray<{ readonly property: string; readonly status: number }>
}> {}
