/** Holds what is written by hand for each property of messages to the table of them, in both directions. */
import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { MessageProperty } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { assert } from "@effect/vitest"

/** Row of the table, or of a copy of it that was changed. */
interface Row extends Omit<MessageProperty, "sent" | "received"> {
  readonly sent: string | null
  readonly received: string | null
}

type Table = Readonly<Record<string, Row>>

/** Returns the part of a form that stands for a row; `undefined` where it has none. */
type PartOf = (row: Row, name: string) => string | undefined

const partsOf = (table: Table, partOf: PartOf): ReadonlySet<string> =>
  new Set(Object.entries(table).flatMap(([name, row]) => partOf(row, name) ?? []))

/** Returns the parts of a form that have no row, and the rows that have no part of it. */
const differences = (form: ReadonlySet<string>, table: Table, partOf: PartOf): ReadonlyArray<string> => {
  const wanted = partsOf(table, partOf)
  return [...form].filter((part) => !wanted.has(part)).concat([...wanted].filter((part) => !form.has(part)))
}

/** Returns a copy of a table with one more row, like one that is there. */
const withOneMore = (table: Table, name: string, { received, sent, ...row }: Row): Table => ({
  ...table,
  [`${name}_TOO`]: {
    ...row,
    sent: sent === null ? null : `${sent}Too`,
    received: received === null ? null : `${received}Too`
  }
})

/**
 * Asserts that a form has a part for each row of the table, and no other; and that this would fail where a row is taken out,
 * or one is added.
 */
export const assertHeldToTable = (form: Iterable<string>, partOf: PartOf): void => {
  const parts = new Set(form)
  assert.deepStrictEqual(differences(parts, messageProperties, partOf), [])
  for (const [name, row] of Object.entries<Row>(messageProperties)) {
    const part = partOf(row, name)
    if (part === undefined) continue
    const without = Object.fromEntries(Object.entries<Row>(messageProperties).filter(([other]) => other !== name))
    assert.deepStrictEqual(differences(parts, without, partOf), [part], `${name} is taken out`)
    const more = withOneMore(messageProperties, name, row)
    assert.strictEqual(differences(parts, more, partOf).length, 1, `one more row like ${name}`)
  }
}

/** Part of a form that has fields of a message alone: the field that a row is sent by. */
export const sentInMessage: PartOf = ({ sent }) => (sent === null || sent.includes(".") ? undefined : sent)

/** Values of the fields of a message that are not the defaults. */
export const sampleMessage = {
  body: Uint8Array.of(1, 2, 3),
  bodyType: 8,
  label: "order 1",
  priority: 7,
  delivery: "recoverable",
  acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: false },
  journaling: { deadLetter: true, journal: false },
  correlationId: new Uint8Array(20).fill(9),
  appSpecific: 4711,
  extension: Uint8Array.of(4, 5),
  timeToReachQueue: 1_000_000,
  timeToBeReceived: 2_000_000,
  responseQueue: "DIRECT=OS:.\\private$\\answers",
  adminQueue: "DIRECT=OS:.\\private$\\acknowledgments",
  deadLetterQueue: "DIRECT=OS:.\\private$\\dead",
  trace: true
} as const

/** Returns the values of a record by their paths, those of its own records included. */
export const valuesByPath = (record: object, within: ReadonlyArray<string>): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries(record).flatMap(([field, value]): ReadonlyArray<readonly [string, unknown]> => {
      const isWithin = within.includes(field) && typeof value === "object" && value !== null
      if (!isWithin) return [[field, value]]
      return [...valuesByPath(value as object, within)].map(([inner, value]) => [`${field}.${inner}`, value])
    })
  )
