/** Tests of the service: two machines in memory, with a link that a test cuts, and a clock that a test moves. For Vitest. */
import { TestMsmq } from "@effect-msmq/testing/promises"
import { expect, test } from "vitest"
import { placeOrder } from "./orderService.ts"

const network = { machines: [{ machineName: "shop" }, { machineName: "warehouse" }] } as const
const orders = ".\\private$\\orders"

test("an order arrives at the warehouse", () =>
  TestMsmq.run(async (msmq) => {
    const { connection } = await msmq.machine("warehouse")
    await connection.createQueue(orders)
    expect(await placeOrder(msmq.connection, "paper")).toBe(true)
    expect(await connection.queueManager.messageCount(orders)).toBe(1)
  }, network))

test("an order waits for a link that is cut, and arrives later", () =>
  TestMsmq.run(
    async (msmq) => {
      const { connection } = await msmq.machine("warehouse")
      await connection.createQueue(orders)
      await msmq.control.cutLink("warehouse")
      const placing = placeOrder(msmq.connection, "paper")
      await msmq.advance("10 seconds")
      expect(await placing).toBe(false)
      await msmq.control.joinLink("warehouse")
      expect(await connection.queueManager.messageCount(orders)).toBe(1)
    },
    { ...network, clock: "manual" }
  ))
