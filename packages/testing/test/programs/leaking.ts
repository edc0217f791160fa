/** Tests of `node:test`: the first closes what it opens, and the second does not. */
import { TestMsmq } from "@effect-msmq/testing/promises"
import { test } from "node:test"

const orders = ".\\private$\\orders"

test("closes its sender", () =>
  TestMsmq.run(async ({ connection }) => {
    await connection.createQueue(orders)
    await using sender = await connection.openSender(orders)
    await sender.send({ label: "order 1" })
  }))

test("forgets its sender", () =>
  TestMsmq.run(async ({ connection }) => {
    await connection.createQueue(orders)
    const sender = await connection.openSender(orders)
    await sender.send({ label: "order 1" })
  }))
