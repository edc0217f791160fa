import { errors } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { countSlot } from "./CallMemory.ts"
import { attempt, check } from "./calls.ts"

/** UTF-16 units that hold most names; a longer one is asked for again. */
const usualLength = 128

/** Memory for a name that a function writes, and for its length, both ways. */
export class NameBuffer {
  readonly buffer: Uint8Array<ArrayBuffer>
  readonly length: Uint32Array<ArrayBuffer>

  /** `units`: the room for the name and its NUL. */
  constructor(units: number) {
    this.buffer = new Uint8Array(new ArrayBuffer(2 * units))
    this.length = countSlot(units)
  }

  /** Where the function wrote how much room it took, or needs. */
  get lengthSlot(): ArrayBuffer {
    return this.length.buffer
  }

  get needed(): number {
    return this.length[0] ?? 0
  }

  /** The name, up to its NUL. */
  get text(): string {
    return Buffer.from(this.buffer.buffer).toString("utf16le").split("\0", 1)[0] ?? ""
  }
}

/** Asks for a name until the buffer is large enough for it. */
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

/** From the other names of a queue to its format name. */
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
