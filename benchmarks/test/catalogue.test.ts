import { messageProperties, usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { assert, describe, it } from "@effect/vitest"
import { usualCapacities } from "../../packages/native/src/internal/bufferCapacities.ts"
import { propertiesFor } from "../../packages/native/src/internal/receivedPropertyNames.ts"
import { limits, rooms } from "../catalogue.ts"
import { asked } from "../floors/receivedMessage.ts"
import { Judge } from "../harness/judge.ts"
import { tableOf } from "../harness/table.ts"

const plans = rooms.flatMap(({ name: room, plans }) => plans.map((plan) => ({ room, plan })))
const names = plans.map(({ plan, room }) => `${room}: ${plan.name}`)

describe("the catalogue", () => {
  it("has no two figures of one name in a room", () => {
    assert.deepStrictEqual(names, [...new Set(names)])
  })

  it("has a figure for each row of the table of limits", () => {
    const rows = Object.entries(limits).flatMap(([room, ofRoom]) =>
      Object.keys(ofRoom).map((name) => `${room}: ${name}`)
    )
    assert.deepStrictEqual(
      rows.filter((row) => !names.includes(row)),
      []
    )
  })

  it("is a table of at most 80 columns", () => {
    const figures = plans.map(({ plan, room }) => new Judge(room, limits, 1.5).measured(plan, { values: [123.45] }))
    const tooLong = tableOf(figures)
      .split("\n")
      .filter((line) => line.length > 80)
    assert.deepStrictEqual(tooLong, [])
  })
})

describe("the receive loop by hand", () => {
  it("asks for the properties that the SDK asks for, with the same room for each", () => {
    const capacities: Readonly<Record<string, number>> = usualCapacities
    const ofSdk = propertiesFor(usualRead).map((name) => {
      const { exactly, id, vartype } = messageProperties[name]
      return { id, vartype, capacity: capacities[name] ?? exactly ?? (name === "SRC_MACHINE_ID" ? 16 : undefined) }
    })
    const byHand = asked.map(([id, vartype, capacity]) => ({ id, vartype, capacity }))
    assert.deepStrictEqual(byHand, ofSdk)
  })
})
