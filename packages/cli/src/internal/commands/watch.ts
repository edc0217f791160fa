import type { MsmqError } from "@effect-msmq/core"
import { Duration, Effect, Option, Queue, Terminal } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { onBackend } from "../backends.ts"
import { durationFlag } from "../durationFlag.ts"
import * as Output from "../Output.ts"
import { type Sample, Sampler } from "../watch/Sampler.ts"
import { open } from "../watch/screen.ts"
import { frameOf, tableFor } from "../watch/view.ts"

/** Shortest interval: a sample asks for each queue. */
const shortest = Duration.millis(100)

const nothing: Sample = { time: 0, queues: [] }

/** Takes samples for ever, one each interval. One that takes longer than the interval is followed by the next at once. */
const every = <E, R>(
  sampler: Sampler,
  interval: Duration.Duration,
  show: (sample: Sample, error: MsmqError.MsmqError | undefined) => Effect.Effect<void, E, R>
) => {
  let last = nothing
  return Effect.gen(function* () {
    // A machine whose Message Queuing is restarted is watched on.
    const taken = yield* Effect.result(sampler.sample)
    if (taken._tag === "Success") last = taken.success
    yield* show(last, taken._tag === "Failure" ? taken.failure : undefined)
  }).pipe(
    Effect.timed,
    Effect.flatMap(([took]) => Effect.sleep(Duration.max(Duration.subtract(interval, took), Duration.zero))),
    Effect.forever
  )
}

/** Draws samples on the whole terminal until `q`, and again when the terminal changes its size. */
const onTerminal = (sampler: Sampler, interval: Duration.Duration) =>
  Effect.gen(function* () {
    const terminal = yield* Terminal.Terminal
    const draw = yield* open
    const input = yield* terminal.readInput
    const sizes = yield* terminal.size
    let size = { columns: yield* terminal.columns, rows: yield* terminal.rows }
    let frame: Parameters<typeof frameOf> | undefined
    const redraw = Effect.suspend(() =>
      frame === undefined ? Effect.void : draw(frameOf(frame[0], frame[1], { columns: size.columns, rows: size.rows }))
    )
    const showing = every(sampler, interval, (sample, error) => {
      frame = [sample, error?.message, size]
      return redraw
    })
    const resizing = Effect.forever(
      Effect.flatMap(Queue.take(sizes), (changed) => {
        size = changed
        return redraw
      })
    )
    const quitting = Effect.repeat(Queue.take(input), { until: ({ key }) => key.name === "q" })
    yield* Effect.raceAllFirst([
      showing,
      Effect.catchTag(resizing, "Done", () => Effect.never),
      Effect.asVoid(Effect.catchTag(quitting, "Done", () => Effect.void))
    ])
  }).pipe(Effect.scoped)

/** Prints samples one below the other. */
const onPipe = (sampler: Sampler, interval: Duration.Duration, json: boolean) =>
  every(sampler, interval, (sample, error) => {
    if (error !== undefined) return Output.writeError(`effect-msmq: ${error.message}`)
    const { queues, time } = sample
    const at = new Date(time).toISOString()
    return json ? Output.json({ time: at, queues }) : Output.line(`${at}\n${tableFor(queues, Infinity)}\n`)
  })

export const watch = Command.make(
  "watch",
  {
    filter: Argument.String("text").pipe(
      Argument.withDescription("Only queues whose names contain this, in any letter case"),
      Argument.optional
    ),
    interval: durationFlag("interval", "2 seconds", "Time between two samples"),
    once: Flag.Boolean("once").pipe(Flag.withDescription("One sample, and the end"), Flag.withDefault(false)),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription(
        "One JSON object a line for each sample: time, and queues with messages, change, age and bytes"
      ),
      Flag.withDefault(false)
    )
  },
  ({ filter, interval, json, once }) =>
    Effect.gen(function* () {
      const sampler = new Sampler(
        Option.getOrElse(filter, () => ""),
        yield* Effect.scope
      )
      const { columns } = yield* Output.Output
      const width = yield* columns
      if (once) {
        const { queues, time } = yield* sampler.sample
        return yield* json
          ? Output.json({ time: new Date(time).toISOString(), queues })
          : Output.line(tableFor(queues, width))
      }
      const pause = Duration.max(interval, shortest)
      return yield* Number.isFinite(width) && !json ? onTerminal(sampler, pause) : onPipe(sampler, pause, json)
    }).pipe(onBackend)
).pipe(
  Command.withDescription("Watches the private queues: messages, change, oldest message, size and trend."),
  Command.withExamples([
    { command: "effect-msmq watch", description: "All private queues, every two seconds" },
    { command: "effect-msmq watch order --json", description: "For a program, a line for each sample" }
  ])
)
