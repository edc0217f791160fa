import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Convention } from "./Operation.ts"
import { receive, send, system } from "./Operation.ts"

/** Buckets of durations, in seconds, by the conventions. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

type Attributes = Readonly<Record<string, string>>

const counter = (name: string, unit: string, description: string, attributes: Attributes): Metric.Counter<number> =>
  Metric.counter(name, { description, incremental: true, attributes: { unit, ...system, ...attributes } })

const histogram = (name: string, description: string, attributes: Attributes): Metric.Histogram<number> =>
  Metric.histogram(name, { description, boundaries, attributes: { unit: "s", ...system, ...attributes } })

const durations = {
  "messaging.client.operation.duration": "How long operations took, waits included",
  "messaging.process.duration": "How long messages were processed"
}

/** Metrics of one queue. They are made once, since an update is several times cheaper than another search for the series. */
export class Meter {
  readonly sent: Metric.Counter<number>
  readonly sentBytes: Metric.Counter<number>
  readonly consumed: Metric.Counter<number>
  readonly consumedBytes: Metric.Counter<number>
  readonly #destination: Attributes
  readonly #succeeded = new Map<Convention, Metric.Histogram<number>>()

  constructor(destination: Attributes) {
    this.#destination = destination
    this.sent = this.sentWith({})
    this.sentBytes = this.#bytes("msmq.client.sent.bytes", "Bytes of the bodies that were accepted", send)
    this.consumed = counter("messaging.client.consumed.messages", "{message}", "Messages that were received", {
      "messaging.operation.name": receive.name,
      ...destination
    })
    this.consumedBytes = this.#bytes("msmq.client.consumed.bytes", "Bytes of the bodies that were received", receive)
  }

  sentWith(error: Attributes): Metric.Counter<number> {
    return counter("messaging.client.sent.messages", "{message}", "Messages that were handed to Message Queuing", {
      "messaging.operation.name": send.name,
      ...this.#destination,
      ...error
    })
  }

  duration(convention: Convention, failure: string | undefined): Metric.Histogram<number> {
    const known = failure === undefined ? this.#succeeded.get(convention) : undefined
    if (known !== undefined) return known
    const name = convention.type === "process" ? "messaging.process.duration" : "messaging.client.operation.duration"
    const made = histogram(name, durations[name], {
      "messaging.operation.name": convention.name,
      ...(convention.type === undefined ? {} : { "messaging.operation.type": convention.type }),
      ...this.#destination,
      ...(failure === undefined ? {} : { "error.type": failure })
    })
    if (failure === undefined) this.#succeeded.set(convention, made)
    return made
  }

  #bytes(name: string, description: string, convention: Convention): Metric.Counter<number> {
    return counter(name, "By", description, { "messaging.operation.name": convention.name, ...this.#destination })
  }
}

/** Number of queues with series of their own. A program that sends to ever new queues would otherwise fill its memory. */
const maximumQueues = 1000

const meters = new Map<string, Meter>()
export const anonymous = new Meter({})
const overflow = new Meter({ "otel.metric.overflow": "true" })

/** Returns the meter of a queue, or one that all further queues share. */
export const meterOf = (queue: string): Meter => {
  const known = meters.get(queue)
  if (known !== undefined) return known
  if (meters.size >= maximumQueues) return overflow
  const made = new Meter({ "messaging.destination.name": queue })
  meters.set(queue, made)
  return made
}

const gauges = new Map<string, Metric.Gauge<number>>()

/** Returns the gauge of a kind of handle, which is made once, as a {@link Meter} is. There are few kinds. */
const openHandles = (kind: string): Metric.Gauge<number> => {
  const known = gauges.get(kind)
  if (known !== undefined) return known
  const made = Metric.gauge("msmq.open_handles", {
    description: "Handles that are open",
    attributes: { unit: "{handle}", "msmq.handle.kind": kind }
  })
  gauges.set(kind, made)
  return made
}

/** Registry and attributes of metrics that were used last, in a context without anything else. */
let lastMetrics: Context.Context<never> = Context.empty()

/**
 * Returns a context with the registry and the attributes of metrics only: the whole context would refer to the scope, and so to
 * the owner of the handle. Handles in a row mostly have the same ones.
 */
const metricsOf = (context: Context.Context<never>): Context.Context<never> => {
  const registry = Context.get(context, Metric.MetricRegistry)
  const attributes = Context.get(context, Metric.CurrentMetricAttributes)
  const isLast =
    Context.get(lastMetrics, Metric.MetricRegistry) === registry &&
    Context.get(lastMetrics, Metric.CurrentMetricAttributes) === attributes
  if (!isLast) {
    lastMetrics = Context.make(Metric.MetricRegistry, registry).pipe(
      Context.add(Metric.CurrentMetricAttributes, attributes)
    )
  }
  return lastMetrics
}

/** Counts a handle that was opened. Call the returned function when the handle has been released. */
export const countOpenHandle = (kind: string, context: Context.Context<never>): (() => void) => {
  const gauge = openHandles(kind)
  const metrics = metricsOf(context)
  gauge.modifyUnsafe(1, metrics)
  return () => gauge.modifyUnsafe(-1, metrics)
}

/** Returns the counter of handles of a kind whose release failed. `type`: the attribute `error.type`. */
export const failedReleases = (kind: string, type: string): Metric.Counter<number> =>
  Metric.counter("msmq.failed_releases", {
    description: "Handles whose release failed",
    incremental: true,
    attributes: { unit: "{handle}", "msmq.handle.kind": kind, "error.type": type }
  })

const securityContexts = (how: string, description: string): Metric.Counter<number> =>
  Metric.counter(`msmq.security_contexts.${how}`, {
    description,
    incremental: true,
    attributes: { unit: "{context}" }
  })

export const contextsAcquired = securityContexts("acquired", "Security contexts that were got from Message Queuing")
export const contextsReused = securityContexts("reused", "Security contexts that a cache had at hand")
