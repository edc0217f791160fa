/** Options that a program takes from its configuration. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type { MsmqError } from "../../MsmqError.ts"
import type { Call } from "./illegalOption.ts"
import { argument } from "./illegalOption.ts"
import { isPlain } from "./OptionTable.ts"
import { guarded } from "./Rule.ts"

const isWrapped = (value: unknown): boolean =>
  Config.isConfig(value) ||
  (typeof value === "object" && value !== null && isPlain(value) && Object.values(value).every(isWrapped))

/** Rule for a configuration of options. No rule can check its type parameter. */
const wrapped = <A>() =>
  guarded(
    'a Config, or an object of them, such as { queue: Config.String("QUEUE") }',
    (value): value is Config.Wrap<A> => isWrapped(value)
  )

/** Reads options from the configuration. Fails with `IllegalOption` where what is given is no configuration. */
export const configured = <A>(call: Call, config: Config.Wrap<A>): Effect.Effect<A, MsmqError | Config.ConfigError> =>
  Effect.flatMap(argument(call, "config", wrapped<A>(), config), (given) => Config.unwrap<A>(given))
