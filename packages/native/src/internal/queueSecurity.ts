import { errors } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, MqrtFunctions, SecurityParts } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { countSlot } from "./CallMemory.ts"
import { attempt, call, check } from "./calls.ts"

/** Bits of `SECURITY_INFORMATION`. */
const partBits: Readonly<Record<keyof SecurityParts, number>> = { owner: 1, group: 2, dacl: 4, sacl: 8 }

const bitsOf = (parts: SecurityParts): number =>
  Object.entries(partBits).reduce((bits, [part, bit]) => (parts[part as keyof SecurityParts] ? bits | bit : bits), 0)

/** Bytes of the first buffer, which only asks for the size that is needed. */
const roomToAsk = 4

/** Returns the functions of the security descriptors of queues, which are self-relative bytes. */
export const queueSecurity = (bindings: Bindings): Pick<MqrtFunctions, "getQueueSecurity" | "setQueueSecurity"> => {
  const get = (formatName: string, bits: number, size: number): Effect.Effect<Uint8Array, MqrtFailure> =>
    Effect.suspend(() => {
      const descriptor = new Uint8Array(new ArrayBuffer(size))
      const needed = countSlot(0)
      return Effect.flatMap(
        attempt(bindings, "MQGetQueueSecurity", formatName, bits, descriptor, size, needed.buffer),
        (hresult) => {
          const more = needed[0] ?? 0
          return hresult === errors.MQ_ERROR_SECURITY_DESCRIPTOR_TOO_SMALL && more > size
            ? get(formatName, bits, more)
            : Effect.as(check("MQGetQueueSecurity", hresult), descriptor)
        }
      )
    })

  return {
    getQueueSecurity: (formatName, parts) => bindings.calls.together(get(formatName, bitsOf(parts), roomToAsk)),
    setQueueSecurity: (formatName, parts, securityDescriptor) =>
      Effect.asVoid(
        Effect.suspend(() =>
          call(
            bindings,
            "MQSetQueueSecurity",
            formatName,
            bitsOf(parts),
            securityDescriptor === null ? null : new Uint8Array(securityDescriptor)
          )
        )
      )
  }
}
