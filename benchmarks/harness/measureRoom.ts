/** Measures the chosen figures of one room, in a process of its own, and sends each to the process that began this one. */
import { Cause, Effect, Schema } from "effect"
import { limits } from "../limits.ts"
import { rooms } from "../rooms.ts"
import type { Figure } from "./Figure.ts"
import { Judge } from "./judge.ts"
import { Order } from "./Order.ts"
import type { Plan } from "./Room.ts"

const order = Schema.decodeUnknownSync(Schema.fromJsonString(Order))(process.argv[2])

/** Returns the first line of why a figure could not be measured. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const failure = Cause.squash(cause)
  return failure instanceof Error ? failure.message : String(failure)
}

const judge = new Judge(order.room, limits, order.slack)

const measure = (plan: Plan): Effect.Effect<Figure> =>
  plan.measure(order.settings).pipe(
    Effect.scoped,
    Effect.map((measured) => judge.measured(plan, measured)),
    Effect.catchCause((cause) => Effect.succeed(judge.unmeasured(plan, reasonOf(cause))))
  )

const plans = rooms.find(({ name }) => name === order.room)?.plans ?? []
for (const plan of plans) {
  if (!order.figures.includes(plan.name)) continue
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  process.send?.(await Effect.runPromise(measure(plan)))
}
process.disconnect?.()
