/** Command `bench`: chooses figures, has each room measured, and prints and judges what comes of it. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, FileSystem, Option } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import { styleText } from "node:util"
import { importCatalogue } from "./Catalogue.ts"
import type { Limits } from "../limits.ts"
import type { Figure } from "./Figure.ts"
import { complaintsOf } from "./judge.ts"
import type { Report } from "./Report.ts"
import { onLibrary } from "./libraryRun.ts"
import { quick, type Room, type Settings, usual } from "./Room.ts"
import { runRoom } from "./runRoom.ts"
import { type Place, tableOf } from "./table.ts"

const flags = {
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print the report as JSON, which harness/Report.ts describes"),
    Flag.withDefault(false)
  ),
  chart: Flag.String("chart").pipe(
    Flag.withMetavar("FILE.svg"),
    Flag.withDescription("Draw the figures into this file, as a picture in SVG"),
    Flag.optional
  ),
  check: Flag.Boolean("check").pipe(
    Flag.withDescription("Fail if a limit is missed, or a figure could not be measured"),
    Flag.withDefault(false)
  ),
  slack: Flag.Finite("slack").pipe(
    Flag.filter(
      (slack) => slack > 0,
      () => "a number greater than 0"
    ),
    Flag.withDescription("Factor that makes each limit wider; 1 by default"),
    Flag.withDefault(1)
  ),
  only: Flag.String("only").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Measure one room only, or the figures whose names contain this"),
    Flag.optional
  ),
  library: Flag.String("library").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription(
      "Measure the Message Queuing of this library instead, such as mqrt.dll, in queues that the run creates and deletes"
    ),
    Flag.optional
  ),
  rounds: Flag.Int("rounds").pipe(
    Flag.filter(
      (rounds) => rounds > 0,
      () => "at least 1"
    ),
    Flag.withDescription(`Number of rounds of a figure; ${usual.rounds} by default, and ${quick.rounds} with --quick`),
    Flag.optional
  ),
  quick: Flag.Boolean("quick").pipe(
    Flag.withDescription(
      "Measure in few, short rounds, which show large differences only; with --check only the figures that have limits, and once more in usual rounds those that miss one"
    ),
    Flag.withDefault(false)
  )
}

type IsSelected = (room: string, name: string) => boolean

const hasLimit =
  (limits: Limits): IsSelected =>
  (room, name) =>
    limits[room]?.[name]?.limit !== undefined

/** Returns the choice of `--only`: a room, if there is one of that name, or figures by a part of their names. */
const selection = (rooms: ReadonlyArray<Room>, only: Option.Option<string>): IsSelected =>
  Option.match(only, {
    onNone: () => () => true,
    onSome: (part) =>
      rooms.some(({ name }) => name === part) ? (room) => room === part : (_, name) => name.includes(part)
  })

/** Returns the names of the figures of a room that are chosen, those of each process together. */
const processesOf = ({ areAlone, name: room, plans }: Room, isSelected: IsSelected) => {
  const names = plans.map(({ name }) => name).filter((name) => isSelected(room, name))
  if (names.length === 0) return []
  return areAlone === true ? names.map((name) => [name]) : [names]
}

const progressOf = ({ median, name, reason, room, status }: Figure): string =>
  `${room}: ${name}: ${median === null ? "" : `${median.toFixed(2)} `}${status}${reason === null ? "" : `, ${reason}`}`

/** Fails the command, so that its process ends with exit code 1. */
const failure = (complaints: ReadonlyArray<string>) =>
  Effect.fail(new CliError.UserError({ cause: complaints, userMessage: complaints.join("\n") }))

/** Draws a report into a file. */
const write = (file: string, report: Report) =>
  Effect.gen(function* () {
    // It takes a third of a second to import, which only those who draw have to wait for.
    const { chartOf } = yield* Effect.promise(() => import("./chart.ts"))
    const files = yield* FileSystem.FileSystem
    yield* files.writeFileString(file, chartOf(report))
  })

/** Returns standard output as a place for the table. */
const standardOutput = (): Place => ({
  columns: process.stdout.isTTY ? process.stdout.columns : Infinity,
  style: (color, text) => styleText(color, text, { stream: process.stdout })
})

/** Choices of a run: its flags but for those that say what comes of it. */
interface Choice {
  readonly only: Option.Option<string>
  /** Leaves out the figures without limits. */
  readonly isLimited: boolean
  readonly slack: number
  readonly settings: Settings
  /** Settings for another measurement of figures that miss their limits, which then counts; `undefined` for none. */
  readonly again: Settings | undefined
}

/** Measures the chosen figures of a catalogue. An interruption ends the process that measures, and waits for its end. */
const measure = (module: string, { again, isLimited, only, settings, slack }: Choice) =>
  Effect.gen(function* () {
    const { limits, rooms } = yield* Effect.promise(() => importCatalogue(module))
    const isChosen = selection(rooms, only)
    const isNeeded = isLimited ? hasLimit(limits) : () => true
    const isSelected: IsSelected = (room, name) => isChosen(room, name) && isNeeded(room, name)
    if (!rooms.some((room) => processesOf(room, isSelected).length > 0)) {
      const names = rooms.map(({ name }) => name).join(", ")
      return yield* failure([`--only names no room, and no part of a figure's name; the rooms are ${names}`])
    }
    const figures: Array<Figure> = []
    for (const room of rooms) {
      for (const names of processesOf(room, isSelected)) {
        const order = { catalogue: module, room: room.name, figures: names, slack, settings }
        const onFigure = (figure: Figure) => console.error(progressOf(figure))
        const measured = yield* runRoom(room, limits, order, onFigure)
        const missed = measured.filter(({ status }) => status === "missed").map(({ name }) => name)
        const repeated =
          again === undefined || missed.length === 0
            ? []
            : yield* runRoom(room, limits, { ...order, figures: missed, settings: again }, onFigure)
        figures.push(...measured.map((figure) => repeated.find(({ name }) => name === figure.name) ?? figure))
      }
    }
    const report: Report = {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      slack,
      figures,
      complaints: complaintsOf(figures, limits, isSelected)
    }
    return report
  })

const command = (module: string, ofLibrary: string) =>
  Command.make("bench", flags, ({ chart, check, json, library, only, quick: isQuick, rounds, slack }) =>
    Effect.gen(function* () {
      const base = isQuick ? quick : usual
      const settings = { ...base, rounds: Option.getOrElse(rounds, () => base.rounds) }
      const isQuickCheck = check && isQuick
      const choice = { only, isLimited: isQuickCheck, slack, settings, again: isQuickCheck ? usual : undefined }
      const report = yield* Option.match(library, {
        onNone: () => measure(module, choice),
        onSome: (path) => onLibrary(path, measure(ofLibrary, choice))
      })
      if (Option.isSome(chart)) yield* write(chart.value, report)
      yield* Console.log(json ? JSON.stringify(report, null, 2) : tableOf(report.figures, standardOutput()))
      return yield* check && report.complaints.length > 0 ? failure(report.complaints) : Effect.void
    })
  ).pipe(Command.withDescription("Measures the SDK against what one would write by hand."))

/** Runs the command on the figures of a catalogue; `ofLibrary` has those of `--library`. */
export const main = (module: string, ofLibrary: string): void =>
  NodeRuntime.runMain(Effect.provide(Command.run(command(module, ofLibrary), { version: "0.1.0" }), NodeServices.layer))
