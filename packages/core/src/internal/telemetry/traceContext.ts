import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** Trace context of a span in two headers: W3C Trace Context, level 1. */

/** Data of other vendors about a trace, which is passed on as it came. */
const TraceState = Context.Reference<string | undefined>("@effect-msmq/core/traceContext/TraceState", {
  defaultValue: () => undefined
})

/** Pattern of all versions of the header. Later ones only append to the first, behind a hyphen. */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/
const firstVersionLength = 55

/** Longest state of other vendors that is passed on, in characters. */
const longestTraceState = 512

/** Returns the span in headers, if there is one. */
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

/** Returns the headers of a span; `undefined` for a span without legal ids, as that of a disabled tracer. */
export const write = (span: Tracer.Span): Readonly<Record<string, string>> | undefined => {
  const header = `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`
  if (!traceparent.test(header)) return undefined
  const tracestate = stateOf(span)
  return tracestate === undefined ? { traceparent: header } : { traceparent: header, tracestate }
}

/** Returns the state of the nearest span that has one, from the given one outwards. */
const stateOf = (span: Tracer.Span): string | undefined => {
  let at: Tracer.AnySpan | undefined = span
  while (at !== undefined) {
    const state = Context.get(at.annotations, TraceState)
    if (state !== undefined) return state
    at = at._tag === "Span" ? Option.getOrUndefined(at.parent) : undefined
  }
  return undefined
}
