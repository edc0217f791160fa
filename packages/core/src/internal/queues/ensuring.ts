/** Creation of queues that may exist already. */
import * as Effect from "effect/Effect"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError, QueueDiffers } from "../../MsmqError.ts"
import * as SecurityDescriptor from "../../SecurityDescriptor.ts"
import { registeredNameOf } from "../names/queueName.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { CreateOptions, Properties } from "./queueRecords.ts"
import { newQueueOf, propertiesOf, typeOf } from "./queueRecords.ts"

/**
 * Queue that exists after `ensure`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ensured {
  /** Format name of the queue, as `create` returns it. */
  readonly formatName: string
  /** `true` if this call created the queue, `false` if it existed already. */
  readonly created: boolean
}

/** Effect that creates a queue and returns its format name. */
type Creation = Effect.Effect<string, MsmqError, Mqrt>

/** Returns the effect that creates a queue by its path name. Fails where the security descriptor is illegal. */
export const creationOf = Effect.fnUntraced(function* (
  operation: Operation,
  pathName: string,
  options: CreateOptions
): Effect.fn.Return<Creation, MsmqError> {
  const { securityDescriptor: sddl } = options
  const descriptor =
    sddl === undefined ? null : yield* operation.fromResult(SecurityDescriptor.parse(sddl), { queue: pathName })
  const bytes = descriptor === null ? null : SecurityDescriptor.toBytes(descriptor)
  return Mqrt.use((mqrt) =>
    Effect.mapError(mqrt.createQueue(newQueueOf(pathName, options), bytes), operation.lift({ queue: pathName }))
  )
})

/** Options that a queue is compared by. The security descriptor is no property. */
type Compared = Exclude<keyof CreateOptions, "securityDescriptor">

/** Value of a property, as it is compared and as errors show it. */
type Value = string | number | boolean | undefined

const same = (value: Value): Value => value

/** Returns a kind of service in lower case; `undefined` for none, which a GUID of zeros is. */
const kindOfService = (value: Value): Value => (typeof value === "string" ? typeOf(value.toLowerCase()) : value)

/** Returns an address whose numbers have no zeros before them. */
const plainAddress = (value: Value): Value =>
  typeof value === "string" ? value.replaceAll(/\d+/g, (digits) => String(Number(digits))) : value

/** Form of each property in which equal values are the same. */
const comparable: { readonly [Name in Compared]: (value: Value) => Value } = {
  transactional: same,
  label: same,
  authenticate: same,
  journal: same,
  quota: same,
  journalQuota: same,
  privacyLevel: same,
  basePriority: same,
  multicastAddress: plainAddress,
  type: kindOfService
}

const compared = Object.keys(comparable) as ReadonlyArray<Compared>

/** Returns the names of the options that were given and that a queue is compared by. */
const givenNames = (options: CreateOptions): ReadonlyArray<Compared> =>
  compared.filter((name) => options[name] !== undefined)

/** Returns the properties of a queue that are not as the options say. Those that were not given are not compared. */
const differencesOf = (options: CreateOptions, found: Properties): QueueDiffers["differences"] =>
  givenNames(options)
    // Message Queuing ignores the base priority of a private queue.
    .filter((name) => name !== "basePriority" || found.instance !== undefined)
    .filter((name) => comparable[name](options[name]) !== comparable[name](found[name]))
    .map((property) => ({ property, given: options[property], found: found[property] }))

/** Returns the format name of a queue that exists and is as the options say; `undefined` for one that does not exist. */
const existing = (
  operation: Operation,
  pathName: string,
  options: CreateOptions
): Effect.Effect<string | undefined, MsmqError, Mqrt> =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const formatName = yield* registeredNameOf(operation, pathName)
    const properties = yield* mqrt.getQueueProperties(formatName).pipe(
      Effect.map(propertiesOf),
      Effect.mapError(operation.lift({ queue: pathName })),
      // A user who may not read the properties has nothing to compare either (behaviour C-52).
      Effect.catchReason("MsmqError", "AccessDenied", (_, error) =>
        givenNames(options).length === 0 ? Effect.undefined : Effect.fail(error)
      )
    )
    const differences = properties === undefined ? [] : differencesOf(options, properties)
    return differences.length === 0
      ? formatName
      : yield* operation.error({ _tag: "QueueDiffers", differences }, { queue: pathName })
  }).pipe(Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.undefined))

/** Number of times that a queue is looked for, each time because another program has created and deleted it meanwhile. */
const maximumAttempts = 10

/** Creates a queue unless it exists. Any number of programs may do so at once: one of them creates it. */
export const ensureQueue = Effect.fnUntraced(function* (
  operation: Operation,
  pathName: string,
  options: CreateOptions
): Effect.fn.Return<Ensured, MsmqError, Mqrt> {
  const creation = yield* creationOf(operation, pathName, options)
  const attempt = (left: number): Effect.Effect<Ensured, MsmqError, Mqrt> =>
    Effect.flatMap(existing(operation, pathName, options), (found) =>
      found !== undefined
        ? Effect.succeed({ formatName: found, created: false })
        : creation.pipe(
            Effect.map((formatName) => ({ formatName, created: true })),
            // Another program was quicker, and may delete the queue again.
            Effect.catchReason("MsmqError", "QueueExists", (_, error) =>
              left > 1 ? attempt(left - 1) : Effect.fail(error)
            )
          )
    )
  return yield* attempt(maximumAttempts)
})
