import { SecurityContext, Telemetry } from "@effect-msmq/core"
import { FaultInjection } from "@effect-msmq/testing"
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Metric } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { Otlp } from "effect/observability"
import { alice } from "../support/certificates.ts"
import { Observed } from "../support/Observed.ts"
import { backend, orders, queue } from "../support/observedQueue.ts"

it.effect("Effect's OTLP exporter sends spans and metrics as they are named, with their units", () =>
  Effect.gen(function* () {
    const requests: Array<{ readonly path: string; readonly body: string }> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        const { body } = request
        requests.push({
          path: url.pathname,
          body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
        })
        return HttpClientResponse.fromWeb(request, new Response("{}"))
      })
    )
    const exporter = Otlp.layerJson({ baseUrl: "http://collector:4318", resource: { serviceName: "orders" } })
    yield* Effect.flatMap(queue, ({ sender }) => sender.send({ body: new Uint8Array(4) })).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(backend, Layer.provide(exporter, Layer.succeed(HttpClient.HttpClient)(client)))),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
    const sent = (path: string) =>
      requests
        .filter((request) => request.path === path)
        .map((request) => request.body)
        .join("\n")
    assert.include(sent("/v1/traces"), JSON.stringify(`send ${orders}`))
    const metrics = sent("/v1/metrics")
    for (const [name, unit] of [
      ["messaging.client.sent.messages", "{message}"],
      ["msmq.client.sent.bytes", "By"],
      ["messaging.client.operation.duration", "s"],
      ["msmq.open_handles", "{handle}"]
    ]) {
      assert.match(metrics, new RegExp(`"name":"${name}","description":"[^"]*","unit":"${unit}"`))
    }
  })
)

it.effect("no body, header, label or certificate is in a span, metric or log, with and without failures", () =>
  Effect.gen(function* () {
    const seen = new Observed()
    const secret = "hunter2"
    const bytes = new TextEncoder().encode(secret)
    yield* Effect.gen(function* () {
      const { receiver, sender } = yield* queue
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      const legal = { body: bytes, label: secret, headers: { [secret]: secret, note: secret } }
      yield* sender.send(legal, { securityContext })
      yield* sender.sendAll([legal, legal])
      yield* Effect.ignore(sender.send({ ...legal, extension: bytes }))
      yield* Effect.ignore(sender.send({ ...legal, headers: { [secret]: `${secret}\ud834` } }))
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      yield* sender.send(legal).pipe(
        Effect.tapCause((cause) => Effect.logError("not sent", cause)),
        Effect.ignore
      )
      const received = yield* receiver.receive
      yield* Effect.fail("no").pipe(Telemetry.process(received), Effect.ignore)
      yield* receiver.poll
      yield* SecurityContext.acquire({ certificate: alice })
    }).pipe(
      Effect.scoped,
      Effect.provide(backend),
      Effect.provideService(Telemetry.PropagateTraceContext, true),
      seen.by
    )
    const exits = seen.spans.map(({ status }) =>
      status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
    )
    const text = JSON.stringify(
      [
        seen.spans.map(({ attributes, events, links, name }) => [name, [...attributes], events, links]),
        exits,
        seen.logs,
        yield* seen.series
      ],
      (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)
    )
    assert.isAbove(seen.spans.length, 9)
    assert.include(text, "MQ_ERROR_ACCESS_DENIED")
    const der = Buffer.from(alice.der)
    for (const forbidden of [
      secret,
      Buffer.from(bytes).toString("base64"),
      [...bytes].join(","),
      der.toString("base64")
    ]) {
      assert.notInclude(text, forbidden)
    }
  })
)
