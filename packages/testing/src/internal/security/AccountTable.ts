import type {
  AccountKind,
  AccountOfNameProperties,
  AccountOfSidProperties
} from "@effect-msmq/core/mqrt/AccountProperties"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Sid from "@effect-msmq/core/Sid"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

interface Account {
  readonly domain: string
  readonly name: string
  readonly sid: Sid.Sid
  readonly kind: AccountKind
}

/** Accounts that every Windows has, by the domain of their English names, in the order in which Windows looks for a name. */
const ofWindows: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "": { Everyone: "S-1-1-0", "CREATOR OWNER": "S-1-3-0", "CREATOR GROUP": "S-1-3-1", "OWNER RIGHTS": "S-1-3-4" },
  "NT AUTHORITY": {
    NETWORK: "S-1-5-2",
    BATCH: "S-1-5-3",
    INTERACTIVE: "S-1-5-4",
    SERVICE: "S-1-5-6",
    "ANONYMOUS LOGON": "S-1-5-7",
    SELF: "S-1-5-10",
    "Authenticated Users": "S-1-5-11",
    SYSTEM: "S-1-5-18",
    "LOCAL SERVICE": "S-1-5-19",
    "NETWORK SERVICE": "S-1-5-20"
  },
  BUILTIN: {
    Administrators: "S-1-5-32-544",
    Users: "S-1-5-32-545",
    Guests: "S-1-5-32-546",
    "Power Users": "S-1-5-32-547",
    "Backup Operators": "S-1-5-32-551",
    "Performance Log Users": "S-1-5-32-559"
  }
}

const wellKnown: ReadonlyArray<Account> = Object.entries(ofWindows).flatMap(([domain, names]) =>
  Object.entries(names).map(([name, sid]) => ({
    domain,
    name,
    sid: Result.getOrThrow(Sid.parse(sid)),
    kind: domain === "BUILTIN" ? ("alias" as const) : ("wellKnownGroup" as const)
  }))
)

/** SID of the machine itself, which begins those of its users unless a test says otherwise. */
const ofMachine = Result.getOrThrow(Sid.parse("S-1-5-21-1000000000-2000000000-3000000000"))

/** `HRESULT_FROM_WIN32(ERROR_NONE_MAPPED)`. */
const noneMapped = 0x8007_0534

const notFound = (name: string): MqrtFailure => new MqrtFailure({ function: name, code: noneMapped, properties: [] })

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const firstLabel = (domain: string): string => domain.split(".")[0] ?? ""

/** Splits `DOMAIN\name` and `name@domain`; `domain`: `undefined` for a name alone. */
const partsOf = (text: string): { readonly domain: string | undefined; readonly name: string } => {
  const at = text.indexOf("\\")
  if (at >= 0) return { domain: text.slice(0, at), name: text.slice(at + 1) }
  const sign = text.lastIndexOf("@")
  return sign > 0 ? { domain: text.slice(sign + 1), name: text.slice(0, sign) } : { domain: undefined, name: text }
}

/** Accounts that a machine knows by name: those of every Windows, its own, and those of domains. */
export class AccountTable {
  readonly #machine: string
  readonly #users: Array<Account> = []
  /** Number of users of the machine that got a name here. */
  #unnamed = 0

  /** `machine`: the name of the machine. */
  constructor(machine: string) {
    this.#machine = machine
  }

  /** Adds a user; `domain`: `null` for one of the machine, unless the name has it. */
  add(user: string, domain: string | null, sid: Sid.Sid): void {
    const { domain: given, name } = partsOf(user)
    const whole = domain ?? given ?? "."
    this.#users.push({ domain: whole === "." ? this.#machine : whole, name, sid, kind: "user" })
  }

  /** Adds the user of the machine, unless its SID is known and no name is given. */
  addUser(sid: Sid.Sid, name: string | undefined): void {
    const known = this.#users.findIndex((user) => user.sid === sid)
    if (name === undefined) {
      if (known < 0 && !wellKnown.some((account) => account.sid === sid)) {
        this.#unnamed++
        this.add(this.#unnamed === 1 ? "user" : `user${this.#unnamed}`, null, sid)
      }
      return
    }
    if (known >= 0) this.#users.splice(known, 1)
    this.add(name, null, sid)
  }

  /** Looks an account up as `LookupAccountNameW` does: of a name alone, an account of the machine comes first. */
  byName(text: string): Result.Result<AccountOfNameProperties, MqrtFailure> {
    const { domain, name } = partsOf(text)
    const whole = domain === "." ? this.#machine : domain
    const isWanted = (account: Account): boolean =>
      same(account.name, name) &&
      (whole === undefined || same(account.domain, whole) || same(firstLabel(account.domain), firstLabel(whole)))
    const all = [...wellKnown, ...this.#users.filter((user) => this.#isOwn(user)), ...this.#users]
    const found = all.find(isWanted) ?? (domain === undefined && this.#isMachine(name) ? this.#itself : undefined)
    return found === undefined
      ? Result.fail(notFound("LookupAccountNameW"))
      : Result.succeed({ sid: Sid.toBytes(found.sid), domain: found.domain, kind: found.kind })
  }

  /** Looks an account up as `LookupAccountSidW` does. */
  bySid(bytes: Uint8Array): Result.Result<AccountOfSidProperties, MqrtFailure> {
    const sid = Option.getOrUndefined(Sid.fromBytes(bytes))
    const found = [...wellKnown, ...this.#users].find((account) => account.sid === sid)
    return found === undefined
      ? Result.fail(notFound("LookupAccountSidW"))
      : Result.succeed({ name: found.name, domain: found.domain, kind: found.kind })
  }

  get #itself(): Account {
    return { domain: this.#machine, name: "", sid: ofMachine, kind: "domain" }
  }

  #isMachine(name: string): boolean {
    return same(name, this.#machine)
  }

  #isOwn({ domain }: Account): boolean {
    return this.#isMachine(domain)
  }
}
