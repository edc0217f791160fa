// The first test for the test runner of Node: node --test orderService.node.mjs
import { TestMsmq } from "@effect-msmq/testing/promises"
import assert from "node:assert/strict"
import { test } from "node:test"
import { placeOrder } from "./orderService.ts"

test("an order arrives at the warehouse", () =>
  TestMsmq.run(
    async (msmq) => {
      const { connection } = await msmq.machine("warehouse")
      await connection.createQueue(".\\private$\\orders")
      assert.equal(await placeOrder(msmq.connection, "paper"), true)
    },
    { machines: [{ machineName: "shop" }, { machineName: "warehouse" }] }
  ))
