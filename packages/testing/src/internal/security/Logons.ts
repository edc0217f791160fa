import type { Credentials } from "@effect-msmq/core/Mqrt"
import * as Redacted from "effect/Redacted"
import type { CertificateStore } from "./CertificateStore.ts"
import type { Sid } from "@effect-msmq/core/Sid"

/** On whose behalf something is done. `sid`: `null` when it cannot be had. */
export interface Identity {
  readonly sid: Sid | null
  readonly certificates: CertificateStore
}

interface Account {
  readonly password: string
  readonly identity: Identity
}

/** The code of a logon that failed: `HRESULT_FROM_WIN32(ERROR_LOGON_FAILURE)`. */
export const logonFailure = 0x8007052e

/** A local user has no domain; `name@domain` says the same as the two apart. */
const nameOf = (user: string, domain: string | null): string =>
  (domain === null || domain === "." ? user : `${user}@${domain}`).toLowerCase()

/** The users that a program can log on as. */
export class Logons {
  readonly #accounts = new Map<string, Account>()

  add(user: string, domain: string | null, password: string, identity: Identity): void {
    this.#accounts.set(nameOf(user, domain), { password, identity })
  }

  /** The user whose credentials these are; `undefined` where there is none or the password is wrong. */
  logon({ domain, password, user }: Credentials): Identity | undefined {
    const account = this.#accounts.get(nameOf(user, domain))
    return account?.password === Redacted.value(password) ? account.identity : undefined
  }
}
