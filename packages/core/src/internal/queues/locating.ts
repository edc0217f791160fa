/** Search for public queues in the directory. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { LocatedQueueProperties as Found, LocateRestriction } from "../../mqrt/QueueProperties.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { dateOf, typeOf } from "./queueRecords.ts"
import { argument } from "../options/illegalOption.ts"
import { relations, restrictedProperties } from "../../mqrt/QueueValues.ts"
import { nested, tableOf } from "../options/OptionTable.ts"
import { multicastAddress } from "../options/queueOptions.ts"
import { guarded, guid, listOf, oneOf, required, text, violationOf, wordOf } from "../options/Rule.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * Condition on public queues.
 *
 * @category models
 * @since 0.1.0
 */
export type Restriction = {
  /** Relation of the property to the value. */
  readonly relation: LocateRestriction["relation"]
} & (
  | {
      /**
       * Property to compare: `PROPID_Q_LABEL`, `PROPID_Q_TYPE`, `PROPID_Q_INSTANCE` or `PROPID_Q_MULTICAST_ADDRESS`. A queue without a
       * multicast address is `"notEqual"` to every one, and has no other relation to it.
       */
      readonly property: "label" | "type" | "instance" | "multicastAddress"
      /** Label, GUID of a kind of service, GUID of the queue, or multicast address and port, such as `"234.1.1.1:8001"`. */
      readonly value: string
    }
  | {
      /** Property to compare: `PROPID_Q_CREATE_TIME` or `PROPID_Q_MODIFY_TIME`. */
      readonly property: "createTime" | "modifyTime"
      /** Time. Times of queues are whole seconds, so one is `"equal"` to every value within that second. */
      readonly value: Date
    }
)

/**
 * Public queue that was found.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocatedQueue extends Omit<Found, "type" | "createTime" | "modifyTime"> {
  /** Format name of the queue: `PUBLIC=` and its `instance`. */
  readonly formatName: string
  /** Kind of service, as a GUID without braces; `undefined` for none. `PROPID_Q_TYPE`. */
  readonly type: string | undefined
  /** Time when the queue was created, in whole seconds. `PROPID_Q_CREATE_TIME`. */
  readonly createTime: Date
  /** Time when the properties of the queue were last changed, in whole seconds. `PROPID_Q_MODIFY_TIME`. */
  readonly modifyTime: Date
}

const date = guarded("a valid Date", (value): value is Date => value instanceof Date && !Number.isNaN(value.getTime()))

/** Rules for the values that each property is compared with. */
const comparable = {
  label: text,
  type: text,
  instance: guid,
  multicastAddress,
  createTime: date,
  modifyTime: date
} satisfies {
  readonly [Property in LocateRestriction["property"]]: unknown
}

const restriction = tableOf(
  {
    property: required(oneOf(restrictedProperties)),
    relation: required(wordOf(relations)),
    // The property decides which of them it must be.
    value: required(guarded("a string or a valid Date", (value): value is unknown => value !== null))
  },
  ({ property, value }: { readonly property: keyof typeof comparable; readonly value: unknown }) => {
    const { allowed, read } = comparable[property]
    return read(value, "value") === value ? undefined : violationOf("value", allowed, value)
  }
)

const restrictionsRule = listOf(nested<Restriction>("a restriction", restriction))

/** Rounding of a time with a part of a second, which keeps the result of the comparison with whole seconds. */
const rounding: Record<LocateRestriction["relation"], (seconds: number) => number> = {
  less: Math.ceil,
  lessOrEqual: Math.floor,
  greater: Math.floor,
  greaterOrEqual: Math.ceil,
  equal: Math.floor,
  notEqual: Math.floor
}

/** Latest time that fits `VT_I4`, in seconds since 1970. */
const timeLimit = 0x7fff_ffff

const secondsOf = (time: Date, relation: LocateRestriction["relation"]): number =>
  Math.min(Math.max(rounding[relation](time.getTime() / 1000), 0), timeLimit)

const restrictionOf = ({ property, relation, value }: Restriction): LocateRestriction => ({
  property,
  relation,
  value: typeof value === "string" ? value : secondsOf(value, relation)
})

const locatedQueueOf = (queue: Found): LocatedQueue => ({
  ...queue,
  formatName: `PUBLIC=${queue.instance}`,
  type: typeOf(queue.type),
  createTime: dateOf(queue.createTime),
  modifyTime: dateOf(queue.modifyTime)
})

/** Number of queues that one call fetches. */
const pageSize = 64

/** Finds public queues. Each page is fetched when the stream's consumer asks for it, and the search ends with the stream. */
export const locate = (
  given: ReadonlyArray<Restriction>,
  operation: Operation
): Stream.Stream<LocatedQueue, MsmqError, Mqrt> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const checked = yield* argument({ operation }, "restrictions", restrictionsRule, given)
      const mqrt = yield* Mqrt
      const search = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
        kind: "locate",
        name: "of public queues",
        acquire: Effect.suspend(() => mqrt.locateBegin(checked.map(restrictionOf))).pipe(
          Effect.mapError(operation.lift())
        ),
        release: mqrt.locateEnd
      })
      const page = OwnedHandle.lease(search, operation, (native) => mqrt.locateNext(native, pageSize)).pipe(
        Effect.catchTag("MqrtFailure", (failure) => Effect.fail(operation.lift()(failure)))
      )
      return Stream.paginate(undefined, () =>
        Effect.map(page, (queues) => [
          queues.map(locatedQueueOf),
          queues.length === 0 ? Option.none() : Option.some(undefined)
        ])
      )
    })
  )
