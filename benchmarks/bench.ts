/**
 * Measures the SDK against what one would write by hand. `node benchmarks/bench.ts --help` lists the options, and README.md beside
 * this file says how to read what it prints.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { Figure } from "./harness/Figure.ts"
import { complaintsOf } from "./harness/judge.ts"
import type { Report } from "./harness/Report.ts"
import { quick, usual } from "./harness/Room.ts"
import { runRoom } from "./harness/runRoom.ts"
import { tableOf } from "./harness/table.ts"
import { limits } from "./limits.ts"
import { rooms } from "./rooms.ts"

const flags = {
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print the report as JSON."), Flag.withDefault(false)),
  check: Flag.Boolean("check").pipe(
    Flag.withDescription("Fail where a limit is missed or its figure could not be measured."),
    Flag.withDefault(false)
  ),
  slack: Flag.Finite("slack").pipe(Flag.withDescription("Multiply all limits by this."), Flag.withDefault(1)),
  only: Flag.String("only").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Measure only this room, or figures whose name contains this."),
    Flag.optional
  ),
  rounds: Flag.Int("rounds").pipe(Flag.withDescription("Number of rounds of each figure."), Flag.optional),
  quick: Flag.Boolean("quick").pipe(
    Flag.withDescription("Measure in few, short rounds, which show large differences only."),
    Flag.withDefault(false)
  )
}

const bench = Command.make("bench", flags, ({ check, json, only, quick: isQuick, rounds, slack }) =>
  Effect.gen(function* () {
    const part = only._tag === "Some" ? only.value : ""
    const isRoom = rooms.some(({ name }) => name === part)
    const isSelected = (room: string, name: string): boolean => (isRoom ? room === part : name.includes(part))
    const base = isQuick ? quick : usual
    const settings = rounds._tag === "Some" ? { ...base, rounds: rounds.value } : base
    const figures: Array<Figure> = []
    for (const room of rooms) {
      const chosen = room.plans.filter(({ name }) => isSelected(room.name, name)).map(({ name }) => name)
      if (chosen.length === 0) continue
      const order = { room: room.name, figures: chosen, slack, settings }
      const measured = yield* Effect.promise(() =>
        runRoom(room, order, ({ median, name, room, status }) =>
          process.stderr.write(`${room}: ${name}: ${median?.toFixed(2) ?? "-"} ${status}\n`)
        )
      )
      figures.push(...measured)
    }
    const complaints = complaintsOf(figures, limits, isSelected)
    const report: Report = {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      slack,
      figures,
      complaints
    }
    yield* Console.log(json ? JSON.stringify(report, null, 2) : tableOf(figures))
    if (!check) return
    for (const complaint of complaints) yield* Console.error(complaint)
    if (complaints.length > 0) process.exitCode = 1
  })
).pipe(Command.withDescription("Measures the SDK against what one would write by hand."))

NodeRuntime.runMain(Effect.provide(Command.run(bench, { version: "0.1.0" }), NodeServices.layer))
