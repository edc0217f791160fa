import { information } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, MqrtFunctions, SecurityContextApi, SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Bindings } from "./bindings.ts"
import { pointerSlot, slotValue } from "./layout.ts"
import { call, failure, isError } from "./calls.ts"
import { actAs } from "./impersonation.ts"

/** `dwFlags` of `MQRegisterCertificate`. */
const registerFlags = { always: 1, ifNotExists: 2 }

/** `HRESULT_FROM_WIN32(ERROR_ARITHMETIC_OVERFLOW)`. */
const handleTooLarge = 0x8007_0216

/** Returns `true` for a handle of 32 bits, with or without a sign, which `PROPID_M_SECURITY_CONTEXT` can carry. */
const fits32Bits = (handle: bigint): boolean =>
  BigInt.asUintN(32, handle) === handle || BigInt.asIntN(32, handle) === BigInt.asIntN(64, handle)

type SecurityContexts = Pick<MqrtFunctions, "getSecurityContext" | "freeSecurityContext" | "registerCertificate">

/**
 * Returns the functions of security contexts and certificates.
 *
 * A context is got and freed on the calling thread and before the function returns: it captures the identity of the
 * thread that asks for it.
 */
export const securityContexts = (bindings: Bindings, die?: (reason: string) => void): SecurityContexts => {
  const { calls, functions, identity } = bindings

  const get = (
    certificate: Uint8Array | null,
    api: SecurityContextApi
  ): Result.Result<SecurityContextHandle, MqrtFailure> => {
    const slot = pointerSlot()
    const hresult = functions[api](certificate, certificate?.length ?? 0, slot)
    if (isError(hresult)) return Result.fail(failure(api, hresult))
    const handle = slotValue(slot)
    if (fits32Bits(handle)) return Result.succeed(handle as SecurityContextHandle)
    functions.MQFreeSecurityContext(handle)
    return Result.fail(failure(`${api} (a handle of more than 32 bits)`, handleTooLarge))
  }

  return {
    getSecurityContext: (certificate, api, as) =>
      Effect.suspend(() => {
        calls.assertOpen(api)
        return Effect.fromResult(
          as === null ? get(certificate, api) : actAs(identity, as, () => get(certificate, api), die)
        )
      }),

    freeSecurityContext: (handle) => Effect.sync(() => functions.MQFreeSecurityContext(handle)),

    registerCertificate: (certificate, ifNotExists) =>
      Effect.suspend(() => {
        const flags = ifNotExists ? registerFlags.ifNotExists : registerFlags.always
        const bytes = certificate === null ? null : new Uint8Array(certificate)
        return call(bindings, "MQRegisterCertificate", flags, bytes, bytes?.length ?? 0)
      }).pipe(
        Effect.map((hresult) =>
          hresult === information.MQ_INFORMATION_INTERNAL_USER_CERT_EXIST ? "existed" : "registered"
        )
      )
  }
}
