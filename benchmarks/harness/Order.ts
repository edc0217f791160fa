/** Order to measure figures of a room. */
import * as Schema from "effect/Schema"

export const Order = Schema.Struct({
  room: Schema.String,
  figures: Schema.Array(Schema.String),
  slack: Schema.Finite,
  settings: Schema.Struct({
    rounds: Schema.Int,
    warmUp: Schema.Int,
    time: Schema.Finite,
    iterations: Schema.Int,
    scale: Schema.Finite
  })
})
export type Order = typeof Order.Type
