/** The search for public queues in the directory. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { LocatedQueue as Found, LocateRestriction } from "../../mqrt/QueueProperties.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { dateOf, typeOf } from "./queueRecords.ts"
import { argument } from "../options/illegalOption.ts"
import { relations, restrictedProperties } from "../mqrt/queueValues.ts"
import { nested, tableOf } from "../options/OptionTable.ts"
import { guarded, listOf, oneOf, required, text, violationOf } from "../options/Rule.ts"
import * as operations from "../telemetry/operations.ts"

/**
 * A condition on public queues.
 *
 * - `property`: what is compared: `PROPID_Q_LABEL`, `PROPID_Q_TYPE`, `PROPID_Q_CREATE_TIME` or `PROPID_Q_MODIFY_TIME`
 * - `relation`: how it stands to the value
 * - `value`: a label, the GUID of a kind of service, or a time. Times of queues are whole seconds: one is `"equal"` to
 *   every value within it
 *
 * @category models
 * @since 0.1.0
 */
export type Restriction = { readonly relation: LocateRestriction["relation"] } & (
  | { readonly property: "label" | "type"; readonly value: string }
  | { readonly property: "createTime" | "modifyTime"; readonly value: Date }
)

/**
 * A public queue that was found.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocatedQueue extends Omit<Found, "type" | "createTime" | "modifyTime"> {
  /** What it can be opened by: `PUBLIC=` and its `instance`. */
  readonly formatName: string
  /** `PROPID_Q_TYPE`: the GUID of a kind of service, without braces. */
  readonly type: string | undefined
  /** `PROPID_Q_CREATE_TIME`: whole seconds. */
  readonly createTime: Date
  /** `PROPID_Q_MODIFY_TIME`: whole seconds. */
  readonly modifyTime: Date
}

const date = guarded("a valid Date", (value): value is Date => value instanceof Date && !Number.isNaN(value.getTime()))

/** Rules for the values that each property is compared with. */
const comparable = { label: text, type: text, createTime: date, modifyTime: date } satisfies {
  readonly [Property in LocateRestriction["property"]]: unknown
}

const restriction = tableOf(
  {
    property: required(oneOf(restrictedProperties)),
    relation: required(oneOf(relations)),
    // The property decides which of them it must be.
    value: required(guarded("a string or a valid Date", (value): value is unknown => value !== null))
  },
  ({ property, value }: { readonly property: keyof typeof comparable; readonly value: unknown }) => {
    const { allowed, read } = comparable[property]
    return read(value, "value") === value ? undefined : violationOf("value", allowed, value)
  }
)

const restrictionsRule = listOf(nested<Restriction>("a restriction", restriction))

/** How a time between two seconds is taken, so that the comparison with whole ones comes out the same. */
const rounding: Record<LocateRestriction["relation"], (seconds: number) => number> = {
  less: Math.ceil,
  lessOrEqual: Math.floor,
  greater: Math.floor,
  greaterOrEqual: Math.ceil,
  equal: Math.floor,
  notEqual: Math.floor
}

/** What fits `VT_I4`, in seconds since 1970. */
const timeLimit = 0x7fff_ffff

const secondsOf = (time: Date, relation: LocateRestriction["relation"]): number =>
  Math.min(Math.max(rounding[relation](time.getTime() / 1000), 0), timeLimit)

const restrictionOf = ({ property, relation, value }: Restriction): LocateRestriction => ({
  property,
  relation,
  value: typeof value === "string" ? value : secondsOf(value, relation)
})

const located = (queue: Found): LocatedQueue => ({
  ...queue,
  formatName: `PUBLIC=${queue.instance}`,
  type: typeOf(queue.type),
  createTime: dateOf(queue.createTime),
  modifyTime: dateOf(queue.modifyTime)
})

const { locate: operation } = operations.MessageQueue

/** How many queues one call fetches. */
const pageSize = 64

/** Each page is fetched when the stream's consumer asks for it; the search ends with the stream. */
export const locate = (given: ReadonlyArray<Restriction>): Stream.Stream<LocatedQueue, MsmqError, Mqrt> =>
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
          queues.map(located),
          queues.length === 0 ? Option.none() : Option.some(undefined)
        ])
      )
    })
  )
