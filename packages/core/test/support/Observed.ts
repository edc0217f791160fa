import { Effect, Logger, Metric, Tracer } from "effect"

/** Output of a program that an exporter sees: its spans, its metrics and its logs. */
export class Observed {
  readonly spans: Array<Tracer.NativeSpan> = []
  readonly logs: Array<string> = []
  readonly #registry: Metric.MetricRegistry = new Map()

  /** Runs an effect under observation. */
  readonly by = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    this.withoutTracer(
      Effect.withTracer(
        effect,
        Tracer.make({
          span: (options) => {
            const span = new Tracer.NativeSpan(options)
            this.spans.push(span)
            return span
          }
        })
      )
    )

  /** Runs an effect of which nobody sees the spans. */
  readonly withoutTracer = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    effect.pipe(
      Effect.provideService(Metric.MetricRegistry, this.#registry),
      Effect.provide(Logger.layer([Logger.map(Logger.formatJson, (line) => void this.logs.push(line))]))
    )

  /** The spans of a name, in the order in which they began. */
  named(name: string): ReadonlyArray<Tracer.NativeSpan> {
    return this.spans.filter((span) => span.name === name)
  }

  /** The states of a metric's series, each with its attributes but for the unit. */
  get series(): Effect.Effect<ReadonlyArray<Metric.Metric.Snapshot>> {
    return Effect.provideService(Metric.snapshot, Metric.MetricRegistry, this.#registry)
  }

  /** The value of a counter or gauge, summed up over the series that have these attributes. */
  total(name: string, attributes: Readonly<Record<string, string>> = {}): Effect.Effect<number> {
    return Effect.map(this.series, (all) =>
      all
        .filter(
          (one) =>
            one.id === name && Object.entries(attributes).every(([key, value]) => one.attributes?.[key] === value)
        )
        .reduce(
          (sum, { state }) => sum + Number("value" in state ? state.value : "count" in state ? state.count : NaN),
          0
        )
    )
  }
}
