import type { Credentials } from "@effect-msmq/core/Mqrt"
import type { Sid } from "@effect-msmq/core/Sid"
import * as Redacted from "effect/Redacted"
import type { CertificateStore } from "./CertificateStore.ts"

/** User that a security context is for. */
export interface Identity {
  /** SID of the user; `null` where Windows cannot tell it. */
  readonly sid: Sid | null
  /** Certificates of the user. */
  readonly certificates: CertificateStore
}

interface Account {
  readonly password: string
  readonly identity: Identity
}

/** Error code of a logon that failed: `HRESULT_FROM_WIN32(ERROR_LOGON_FAILURE)`. */
export const logonFailure = 0x8007052e

/** Returns the name of an account: a local user has no domain, and `name@domain` means the same as the two apart. */
const nameOf = (user: string, domain: string | null): string =>
  (domain === null || domain === "." ? user : `${user}@${domain}`).toLowerCase()

/** Accounts, each with a password, as which a program can log on. */
export class Logons {
  readonly #accounts = new Map<string, Account>()

  /** Adds an account. */
  add(user: string, domain: string | null, password: string, identity: Identity): void {
    this.#accounts.set(nameOf(user, domain), { password, identity })
  }

  /** Returns the user that credentials are for; `undefined` for an unknown user and for a wrong password. */
  logon({ domain, password, user }: Credentials): Identity | undefined {
    const account = this.#accounts.get(nameOf(user, domain))
    return account?.password === Redacted.value(password) ? account.identity : undefined
  }
}
