/** Service that sends an order to the warehouse's machine, and waits until it has arrived there. */
import type { Connection } from "@effect-msmq/core/promises"

/** Queue of the warehouse, on its own machine. */
const warehouse = "DIRECT=OS:warehouse\\private$\\orders"

/** Sends an order. Resolves with `true` when it has arrived, and with `false` where that is not known after ten seconds. */
export const placeOrder = async (msmq: Connection, item: string): Promise<boolean> => {
  await using sender = await msmq.openSender(warehouse, { transactional: false })
  const sent = sender.sendAwaiting(
    { label: item, timeToReachQueue: "1 day" },
    { until: "arrived", within: "10 seconds" }
  )
  return sent.then(
    () => true,
    () => false
  )
}
