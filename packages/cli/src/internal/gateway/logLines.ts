/** Log of a gateway, a line for each event. */
import { Effect, Logger, Queue } from "effect"
import { visible } from "../visible.ts"

/** Entry of the log, as Effect has it. */
type Entry = typeof Logger.formatStructured extends Logger.Logger<unknown, infer Structured> ? Structured : never

/** Returns a value of an entry as one word; one with spaces in quotation marks. */
const wordOf = (value: unknown): string => {
  const text = visible(typeof value === "string" ? value : JSON.stringify(value))
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}

const eventOf = ({ message }: Entry): string => [message].flat().map(String).join(" ")

const formats = {
  json: (entry: Entry): string =>
    JSON.stringify({
      time: entry.timestamp,
      level: entry.level.toLowerCase(),
      event: eventOf(entry),
      ...entry.annotations,
      cause: entry.cause
    }),
  text: (entry: Entry): string => {
    const facts = Object.entries({ ...entry.annotations, ...(entry.cause === undefined ? {} : { cause: entry.cause }) })
    const level = entry.level === "INFO" ? "" : `${entry.level.toLowerCase()}: `
    const words = facts.map(([name, value]) => ` ${name}=${wordOf(value)}`)
    return `${entry.timestamp} ${level}${visible(eventOf(entry))}${words.join("")}`
  }
}

/**
 * Runs an effect, and writes what it logs, in order. Where a line cannot be written, the effect is interrupted, and the failure is that
 * of the writing. All lines are written before it ends.
 */
export const withLog = <A, E, R, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  format: keyof typeof formats,
  write: (line: string) => Effect.Effect<void, E2, R2>
): Effect.Effect<A, E | E2, R | R2> =>
  Effect.gen(function* () {
    const lines = yield* Queue.unbounded<string>()
    const logger = Logger.map(Logger.formatStructured, (entry) => {
      Queue.offerUnsafe(lines, formats[format](entry))
    })
    const logged = Effect.provide(effect, Logger.layer([logger]))
    // A line that was taken is written, whatever happens.
    const next = Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(Queue.take(lines)), write))
    const writing = Effect.forever(next)
    const rest = Effect.flatMap(Queue.clear(lines), (left) => Effect.forEach(left, write, { discard: true }))
    return yield* Effect.onExit(Effect.raceFirst(logged, writing), () => Effect.ignore(rest))
  })
