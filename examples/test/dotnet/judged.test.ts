import { MessageBody } from "@effect-msmq/core/promises"
import { assert, describe, it } from "@effect/vitest"
import { dotnets, program, timeZone } from "../../../packages/core/test/dotnet/dotnets.ts"
import { Judge } from "../../../packages/core/test/dotnet/Judge.ts"
import { orderBody } from "../../dotnet-xml/order.ts"

const order = { Id: 7, Customer: "Åse & Söhne", Due: new Date("2026-12-24T12:00:00Z"), Items: ["paper", "ink"] }

describe("the orders of the example dotnet-xml", () => {
  for (const { column, command, env } of dotnets.filter(({ isRequired }) => isRequired)) {
    it(`are read and written by .NET ${column} with the class of its program in C#`, async () => {
      const judge = new Judge(command, [program], { ...process.env, ...env, TZ: timeZone })
      const { body } = MessageBody.encode(orderBody, order)
      const [read] = await judge.ask([["read", "Shop.Order", Buffer.from(body).toString("base64")]])
      assert(read !== undefined && "parts" in read, JSON.stringify(read))
      const [written] = await judge.ask([["write", "Shop.Order", read.parts[0]]])
      assert(written !== undefined && "parts" in written, JSON.stringify(written))
      judge.stop()
      const back = MessageBody.decode(orderBody, { body: Buffer.from(written.parts[0], "base64"), bodyType: 0 })
      assert.deepStrictEqual(back, order)
    })
  }
})
