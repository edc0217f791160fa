/** Lines of the log, as tests look at them. */
import { Layer, Logger } from "effect"
import * as References from "effect/References"

/** Entry that a gateway logged. */
export interface LogLine {
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
}

/** Returns a layer that logs into an array, and nowhere else. */
export const logLines = (): { readonly layer: Layer.Layer<never>; readonly lines: ReadonlyArray<LogLine> } => {
  const lines: Array<LogLine> = []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    const text = Array.isArray(message) ? message.join(" ") : String(message)
    lines.push({ level: logLevel, message: text, annotations: fiber.getRef(References.CurrentLogAnnotations) })
  })
  return { layer: Logger.layer([logger]), lines }
}
