import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"

/** Returns the registry that has the series of a context, and the attributes that the context adds to each of them. */
export const metricsOf = EventLoopTurn.readOnce((context) => ({
  registry: Context.get(context, Metric.MetricRegistry),
  attributes: Context.get(context, Metric.CurrentMetricAttributes)
}))

/** Returns the key that registries have for a metric with the attributes of a context. */
const keyOf = (metric: Metric.Metric<number, unknown>, attributes: Metric.Metric.AttributeSet): string | undefined => {
  const registry: Metric.MetricRegistry = new Map()
  const context = Context.make(Metric.MetricRegistry, registry)
  metric.valueUnsafe(Context.add(context, Metric.CurrentMetricAttributes, attributes))
  return registry.keys().next().value
}

/**
 * Metric that is updated with each message. It keeps the key of its series, so that an update takes one lookup in the registry
 * of the context: Effect's own takes three, and as long as the rest of a send.
 */
export class Series {
  readonly #metric: Metric.Metric<number, unknown>
  /** Attributes of the last update. */
  #attributes: Metric.Metric.AttributeSet | undefined
  /** Key with these attributes; made when they are used again, as it takes longer than an update. */
  #key: string | undefined

  constructor(metric: Metric.Metric<number, unknown>) {
    this.#metric = metric
  }

  /** Updates the series in the registry of a context. */
  update(input: number, context: Context.Context<never>, { attributes, registry } = metricsOf(context)): void {
    if (attributes === this.#attributes) {
      this.#key ??= keyOf(this.#metric, attributes)
      const known = this.#key === undefined ? undefined : registry.get(this.#key)
      if (known !== undefined) return known.hooks.update(input, context)
    } else {
      this.#attributes = attributes
      this.#key = undefined
    }
    this.#metric.updateUnsafe(input, context)
  }
}
