import { Duration } from "effect"
import { Flag } from "effect/cli"

/** Returns a flag for a duration, such as `10 seconds`. */
export const durationFlag = (name: string, usual: string, description: string): Flag.Flag<Duration.Duration> =>
  Flag.String(name).pipe(
    Flag.withMetavar("DURATION"),
    Flag.withDescription(`${description}, such as '10 seconds'; ${usual} by default`),
    Flag.withDefault(usual),
    Flag.filterMap(
      (text) => Duration.fromInput(text as Duration.Input),
      (text) => `a duration such as '10 seconds' instead of ${text}`
    )
  )
