import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** W3C Trace Context, level 1: the two headers of a span. */

/** What other vendors have to say of a trace, carried along with its spans as it came. */
const TraceState = Context.Reference<string | undefined>("@effect-msmq/core/traceContext/TraceState", {
  defaultValue: () => undefined
})

/** Later versions only add to what the first one says, behind a hyphen. */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/
const firstVersionLength = 55

/** At most so many characters of another's state are carried on. */
const longestTraceState = 512

export const read = (headers: Readonly<Record<string, string>>): Option.Option<Tracer.ExternalSpan> => {
  const header = String(headers["traceparent"])
  const [, traceId, spanId, flags] = traceparent.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return Option.none()
  if (header.startsWith("00") && header.length !== firstVersionLength) return Option.none()
  const state = headers["tracestate"]
  return Option.some(
    Tracer.externalSpan({
      traceId,
      spanId,
      sampled: (parseInt(flags, 16) & 1) === 1,
      annotations:
        state === undefined || state === "" || state.length > longestTraceState
          ? Context.empty()
          : Context.make(TraceState, state)
    })
  )
}

/** `undefined` for a span that is none, as of a tracer that is off. */
export const write = (span: Tracer.Span): Readonly<Record<string, string>> | undefined => {
  const header = `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`
  if (!traceparent.test(header)) return undefined
  const tracestate = stateOf(span)
  return tracestate === undefined ? { traceparent: header } : { traceparent: header, tracestate }
}

/** That of the nearest span around it which came with one. */
const stateOf = (span: Tracer.Span): string | undefined => {
  let at: Tracer.AnySpan | undefined = span
  while (at !== undefined) {
    const state = Context.get(at.annotations, TraceState)
    if (state !== undefined) return state
    at = at._tag === "Span" ? Option.getOrUndefined(at.parent) : undefined
  }
  return undefined
}
