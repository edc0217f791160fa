import type { AccountKind } from "@effect-msmq/core/mqrt/AccountProperties"
import { accountKinds } from "@effect-msmq/core/mqrt/AccountProperties"
import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { identity as same } from "effect/Function"
import * as Result from "effect/Result"
import type { Bindings } from "./bindings.ts"
import { CallMemory, countSlot } from "./CallMemory.ts"
import { failure } from "./calls.ts"
import { callForLastError, hresultFromWin32, lastFailure, type Returned } from "./lastError.ts"
import { layout, pointerSlot, readPointer, slotValue } from "./layout.ts"
import { wordsOf } from "./words.ts"

const kinds = wordsOf<AccountKind>(accountKinds)

/** `HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER)`. */
const insufficientBuffer = hresultFromWin32(122)

/** Bytes of the largest SID: `SECURITY_MAX_SID_SIZE`. */
const largestSid = 68

/** UTF-16 units of the first buffers for names. Larger ones are made where Windows asks for them. */
const usualName = 256

/** `TOKEN_QUERY`, and `TokenUser` of `TOKEN_INFORMATION_CLASS`. */
const tokenQuery = 0x0008
const tokenUser = 1

/** Buffer that a function writes to, with a count of what there is room for, which becomes what there is or is needed. */
interface CountedBuffer {
  readonly bytes: Uint8Array
  readonly count: Uint32Array<ArrayBuffer>
}

/** Makes a buffer of some units; `unit`: bytes of each. */
const countedBuffer = (units: number, unit: 1 | 2): CountedBuffer => ({
  bytes: new Uint8Array(new ArrayBuffer(units * unit)),
  count: countSlot(units)
})

/** Reads the text that a function wrote, whose count is then without the NUL. */
const textOf = ({ bytes, count: [units = 0] }: CountedBuffer): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("utf16le", 0, 2 * units)
    .replace(/\0.*$/s, "")

/** Returns the bytes of a SID at the beginning of some memory. */
const sidAt = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 8 + 4 * (bytes[1] ?? 0))

/** Returns the functions that know the accounts of Windows. */
export const accounts = (
  bindings: Bindings
): Pick<MqrtFunctions, "lookupAccountName" | "lookupAccountSid" | "currentUserSid"> => {
  const { calls, identity } = bindings

  /** Calls a function with buffers of some sizes, and again with larger ones where Windows asks for them. */
  const withBuffers = <A>(
    name: "LookupAccountNameW" | "LookupAccountSidW",
    sizes: readonly [number, number],
    units: readonly [1 | 2, 1 | 2],
    call: (
      first: CountedBuffer,
      second: CountedBuffer,
      use: Uint32Array<ArrayBuffer>
    ) => Effect.Effect<Returned<number>>,
    take: (first: CountedBuffer, second: CountedBuffer, kind: AccountKind) => A
  ): Effect.Effect<A, MqrtFailure> =>
    Effect.suspend(() => {
      const first = countedBuffer(sizes[0], units[0])
      const second = countedBuffer(sizes[1], units[1])
      const use = countSlot(0)
      return Effect.flatMap(call(first, second, use), ({ lastError, result }): Effect.Effect<A, MqrtFailure> => {
        if (result !== 0) return Effect.succeed(take(first, second, kinds.get(use[0] ?? 0) ?? "unknown"))
        const needed = [first.count[0] ?? 0, second.count[0] ?? 0] as const
        return lastError === insufficientBuffer && (needed[0] > sizes[0] || needed[1] > sizes[1])
          ? withBuffers(name, [Math.max(needed[0], sizes[0]), Math.max(needed[1], sizes[1])], units, call, take)
          : Effect.fail(failure(name, lastError))
      })
    })

  /** Asks Windows for its NetBIOS name, which the accounts of this computer have as their domain. */
  const computerName = (): Result.Result<string, MqrtFailure> => {
    const buffer = countedBuffer(usualName, 2)
    return identity.GetComputerNameW(buffer.bytes, buffer.count.buffer) === 0
      ? Result.fail(lastFailure(identity, "GetComputerNameW"))
      : Result.succeed(textOf(buffer))
  }

  /** Returns a name that Windows understands, which knows no `.` for this computer. */
  const wholeName = (name: string): Result.Result<string, MqrtFailure> =>
    name.startsWith(".\\")
      ? Result.map(computerName(), (computer) => `${computer}${name.slice(1)}`)
      : Result.succeed(name)

  /** Reads the SID of the user of a token. */
  const userOf = (token: bigint): Result.Result<Uint8Array, MqrtFailure> => {
    const { TOKEN_USER } = layout
    const size = TOKEN_USER.size + largestSid
    const memory = new CallMemory([size])
    const at = memory.reserve(size)
    const needed = countSlot(0)
    if (identity.GetTokenInformation(token, tokenUser, memory.buffer, size, needed.buffer) === 0) {
      return Result.fail(lastFailure(identity, "GetTokenInformation"))
    }
    const offset = Number(readPointer(memory.view, at + TOKEN_USER.Sid) - memory.addressOf(0))
    return Result.succeed(sidAt(memory.bytes.subarray(offset)))
  }

  return {
    lookupAccountName: (name) =>
      calls.together(
        Effect.suspend(() => {
          calls.assertOpen("LookupAccountNameW")
          return Effect.flatMap(Effect.fromResult(wholeName(name)), (whole) =>
            withBuffers(
              "LookupAccountNameW",
              [largestSid, usualName],
              [1, 2],
              (sid, domain, use) =>
                callForLastError(
                  bindings,
                  "LookupAccountNameW",
                  same,
                  () => identity.LookupAccountNameW,
                  null,
                  whole,
                  sid.bytes,
                  sid.count.buffer,
                  domain.bytes,
                  domain.count.buffer,
                  use.buffer
                ),
              (sid, domain, kind) => ({ sid: sidAt(sid.bytes), domain: textOf(domain), kind })
            )
          )
        })
      ),

    lookupAccountSid: (sid) =>
      calls.together(
        withBuffers(
          "LookupAccountSidW",
          [usualName, usualName],
          [2, 2],
          (name, domain, use) =>
            callForLastError(
              bindings,
              "LookupAccountSidW",
              same,
              () => identity.LookupAccountSidW,
              null,
              new Uint8Array(sid),
              name.bytes,
              name.count.buffer,
              domain.bytes,
              domain.count.buffer,
              use.buffer
            ),
          (name, domain, kind) => ({ name: textOf(name), domain: textOf(domain), kind })
        )
      ),

    currentUserSid: Effect.suspend(() => {
      calls.assertOpen("OpenProcessToken")
      const slot = pointerSlot()
      if (identity.OpenProcessToken(identity.GetCurrentProcess() ?? 0n, tokenQuery, slot) === 0) {
        return Effect.fail(lastFailure(identity, "OpenProcessToken"))
      }
      const token = slotValue(slot)
      try {
        return Effect.fromResult(userOf(token))
      } finally {
        identity.CloseHandle(token)
      }
    })
  }
}
