import type { Credentials, MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { IdentityFunctions } from "./bindings.ts"
import { pointerSlot, slotValue } from "./layout.ts"
import { wideText } from "./CallMemory.ts"
import { failure } from "./calls.ts"
import { hresultFromWin32 } from "./lastError.ts"

/** `LOGON32_LOGON_INTERACTIVE` and `LOGON32_PROVIDER_DEFAULT`. */
const logon = { interactive: 2, defaultProvider: 0 }

/** Ends the process: it must not go on under an identity that is not its own. */
const abort = (reason: string): void => {
  process.stderr.write(`${reason}\n`)
  process.abort()
}

/** Logs a user on. Returns a token, which the caller closes. */
const logOn = (
  { GetLastError, LogonUserW }: IdentityFunctions,
  as: Credentials
): Result.Result<bigint, MqrtFailure> => {
  const slot = pointerSlot()
  const password = wideText(Redacted.value(as.password))
  try {
    return LogonUserW(as.user, as.domain, password, logon.interactive, logon.defaultProvider, slot) === 0
      ? Result.fail(failure("LogonUserW", hresultFromWin32(GetLastError())))
      : Result.succeed(slotValue(slot))
  } finally {
    password.fill(0)
  }
}

/**
 * Acts as another user, on this thread and before it returns, so that no other work has that identity. The own identity
 * is restored in every case; where that fails, the process ends.
 */
export const actAs = <A>(
  functions: IdentityFunctions,
  as: Credentials,
  act: () => Result.Result<A, MqrtFailure>,
  die: (reason: string) => void = abort
): Result.Result<A, MqrtFailure> => {
  // All functions are looked up before any is called: a look-up may overwrite the last error.
  const { CloseHandle, GetLastError, ImpersonateLoggedOnUser, RevertToSelf } = functions
  return Result.flatMap(logOn(functions, as), (token) => {
    try {
      if (ImpersonateLoggedOnUser(token) === 0) {
        return Result.fail(failure("ImpersonateLoggedOnUser", hresultFromWin32(GetLastError())))
      }
      try {
        return act()
      } finally {
        if (RevertToSelf() === 0) {
          die(`RevertToSelf failed (${GetLastError()}): this thread would go on as another user`)
        }
      }
    } finally {
      CloseHandle(token)
    }
  })
}
