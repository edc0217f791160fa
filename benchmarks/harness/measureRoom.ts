/** Measures the chosen figures of one room, in a process of its own, and sends each to the process that began this one. */
import { Cause, Effect, Schema } from "effect"
import { importCatalogue } from "./Catalogue.ts"
import type { Figure } from "./Figure.ts"
import { Judge } from "./judge.ts"
import { Order } from "./Order.ts"
import type { Plan } from "./Room.ts"

const order = Schema.decodeUnknownSync(Schema.fromJsonString(Order))(process.argv[2])
const { limits, rooms } = await importCatalogue(order.catalogue)
const judge = new Judge(order.room, limits, order.slack)

/** Returns the reason why a figure could not be measured. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const failure = Cause.squash(cause)
  return failure instanceof Error ? failure.message : String(failure)
}

const measure = (plan: Plan): Effect.Effect<Figure> =>
  plan.measure(order.settings).pipe(
    Effect.scoped,
    Effect.map((measured) => judge.measured(plan, measured)),
    Effect.catchCause((cause) => Effect.succeed(judge.unmeasured(plan, reasonOf(cause))))
  )

const send = (figure: Figure): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(figure, (error: Error | null) => (error === null ? resolve() : reject(error)))
  })

const plans = rooms.find(({ name }) => name === order.room)?.plans ?? []
for (const plan of plans) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  if (order.figures.includes(plan.name)) await send(await Effect.runPromise(measure(plan)))
}
process.disconnect?.()
