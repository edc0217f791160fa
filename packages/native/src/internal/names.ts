import { errors } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { countSlot } from "./CallMemory.ts"
import { attempt, check } from "./calls.ts"

/** UTF-16 units of the buffer for a name at first. */
const usualLength = 128

/** Memory for a name that a function writes, and for its length. */
export class NameBuffer {
  readonly buffer: Uint8Array<ArrayBuffer>
  readonly length: Uint32Array<ArrayBuffer>

  /** `units`: UTF-16 units for the name and its NUL. */
  constructor(units: number) {
    this.buffer = new Uint8Array(new ArrayBuffer(2 * units))
    this.length = countSlot(units)
  }

  /** Slot for the length: the room that the function has, and then the room that it needs. */
  get lengthSlot(): ArrayBuffer {
    return this.length.buffer
  }

  get needed(): number {
    return this.length[0] ?? 0
  }

  /** Name up to its NUL. */
  get text(): string {
    return Buffer.from(this.buffer.buffer).toString("utf16le").split("\0", 1)[0] ?? ""
  }
}

/** Asks for a name, again with a larger buffer where it is too small. */
const askForName = (
  { calls }: Bindings,
  name: string,
  ask: (buffer: NameBuffer) => Effect.Effect<number>
): Effect.Effect<string, MqrtFailure> => {
  const askWith = (units: number): Effect.Effect<string, MqrtFailure> =>
    Effect.suspend(() => {
      const buffer = new NameBuffer(units)
      return Effect.flatMap(ask(buffer), (hresult) =>
        hresult === errors.MQ_ERROR_FORMATNAME_BUFFER_TOO_SMALL && buffer.needed > units
          ? askWith(buffer.needed)
          : Effect.map(check(name, hresult), () => buffer.text)
      )
    })
  return calls.together(askWith(usualLength))
}

/** Returns the functions that give the format name of a queue for another name. */
export const names = (bindings: Bindings): Pick<MqrtFunctions, "pathNameToFormatName" | "adsPathToFormatName"> => ({
  pathNameToFormatName: (pathName) =>
    askForName(bindings, "MQPathNameToFormatName", (name) =>
      attempt(bindings, "MQPathNameToFormatName", pathName, name.buffer, name.lengthSlot)
    ),
  adsPathToFormatName: (adsPath) =>
    askForName(bindings, "MQADsPathToFormatName", (name) =>
      attempt(bindings, "MQADsPathToFormatName", adsPath, name.buffer, name.lengthSlot)
    )
})
