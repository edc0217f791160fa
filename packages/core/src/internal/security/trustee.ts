import * as Effect from "effect/Effect"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Sid from "../../Sid.ts"
import { trustee as rule } from "../options/accounts.ts"
import { argument } from "../options/illegalOption.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { sidOfAccount } from "./accounts.ts"

/**
 * User or group that rights are for: a `Sid`; a name in `Sid.wellKnown`, such as `"authenticatedUsers"`, which is the same on
 * every machine and needs no look-up; or the name of an account, as `Sid.ofAccount` takes it, such as `"CONTOSO\\alice"`,
 * `"alice@contoso.com"`, `".\\svc"` or `"Everyone"`.
 *
 * An account with the name of a well-known one is written with its domain, as in `".\\users"`.
 *
 * @category models
 * @since 0.1.0
 */
export type Trustee = Sid.Sid | keyof typeof Sid.wellKnown | (string & {})

const isWellKnown = (name: string): name is keyof typeof Sid.wellKnown => Object.hasOwn(Sid.wellKnown, name)

/** Returns the SID of a trustee of a queue. */
export const sidOfTrustee = (
  operation: Operation,
  trustee: Trustee,
  queue: string
): Effect.Effect<Sid.Sid, MsmqError, Mqrt> =>
  Effect.flatMap(argument({ operation, queue }, "trustee", rule, trustee), (name) =>
    isWellKnown(name)
      ? Effect.succeed(Sid.wellKnown[name])
      : /^s-1-/i.test(name)
        ? operation.fromResult(Sid.parse(name), { queue })
        : sidOfAccount(operation, name, queue)
  )
