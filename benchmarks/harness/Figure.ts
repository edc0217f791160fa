/** Figures: results of measuring, with their spread, and what they are judged by. */
import * as Schema from "effect/Schema"

/** Unit of the values of a figure. A `ratio` is that of two costs, or of two amounts, and has none. */
export const Unit = Schema.Literals(["ratio", "µs", "ms", "MiB", "B", "%", "count", "exponent"])
export type Unit = typeof Unit.Type

/**
 * Source of the times of a figure. `thread`: time that the main thread works, which says what something costs. `process`: time that
 * all threads of the process work. `wall`: time that passes, which says how long something takes. `none`: no time is measured.
 */
export const Clock = Schema.Literals(["thread", "process", "wall", "none"])
export type Clock = typeof Clock.Type

/**
 * Judgement of a figure. `goal` and `limit`: it meets its goal, or only its limit. `missed`: it does not meet its limit.
 * `reported`: it has no limit. `unmeasured`: it could not be measured.
 */
export const Status = Schema.Literals(["goal", "limit", "missed", "reported", "unmeasured"])
export type Status = typeof Status.Type

/** Measured cost or amount at a size, such as microseconds for each message in a queue of 1,000 messages. */
export const Point = Schema.Struct({ x: Schema.Finite, y: Schema.Finite })
export type Point = typeof Point.Type

/** Points that belong together, such as those of one operation in queues of different lengths. */
const Series = Schema.Struct({
  x: Schema.String.annotate({ description: "Noun of the x axis, such as `messages in the queue`." }),
  y: Schema.String.annotate({ description: "Noun and unit of the y axis, such as `µs for each message`." }),
  points: Schema.Array(Point)
})
type Series = typeof Series.Type

/** One result with its spread over the rounds. */
export const Figure = Schema.Struct({
  room: Schema.String.annotate({ description: "Name of the room of figures, such as `sends`." }),
  name: Schema.String.annotate({ description: "Name, unique in its room." }),
  against: Schema.String.annotate({ description: "Way that the measured way is compared with, or an empty string." }),
  unit: Unit,
  clock: Clock,
  rounds: Schema.Int.annotate({ description: "Number of rounds. Each round gives one value." }),
  median: Schema.NullOr(Schema.Finite).annotate({ description: "Median of the rounds; null if unmeasured." }),
  p10: Schema.NullOr(Schema.Finite).annotate({ description: "Tenth percentile of the rounds." }),
  p90: Schema.NullOr(Schema.Finite).annotate({ description: "Ninetieth percentile of the rounds." }),
  better: Schema.Literals(["lower", "higher"]).annotate({ description: "Direction in which the figure improves." }),
  limit: Schema.NullOr(Schema.Finite).annotate({ description: "Limit of the median, with the slack that was given." }),
  goal: Schema.NullOr(Schema.Finite).annotate({ description: "Goal of the median." }),
  status: Status,
  reason: Schema.NullOr(Schema.String).annotate({ description: "Reason why it was not measured." }),
  details: Schema.Record(Schema.String, Schema.Finite).annotate({
    description: "Other numbers of the same run by name, such as nanoseconds for each message. They have no limits."
  }),
  series: Schema.NullOr(Series)
})
export type Figure = typeof Figure.Type

/** Values of the rounds of a figure, and what else was measured in them. */
export interface Measurement {
  readonly values: ReadonlyArray<number>
  readonly details?: Readonly<Record<string, number>>
  readonly series?: Series
}
