/**
 * Sends a file of orders, one JSON object a line, to a queue that takes authenticated messages only: every message is
 * signed through one security context, which is acquired once and freed once. Then receives them all and checks them.
 *
 *   node authenticated-batch.ts [FILE | -] [--certificate FILE] [--json]
 */
import { type Certificate, MessageQueue, SecurityContext } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { fileURLToPath } from "node:url"
import { BadInput } from "./authenticated-batch/BadInput.ts"
import * as CertificateFile from "./authenticated-batch/certificateFile.ts"
import * as Ndjson from "./authenticated-batch/ndjson.ts"
import * as ProgressBar from "./authenticated-batch/progressBar.ts"
import * as Report from "./authenticated-batch/Report.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const queue = ".\\private$\\orders"

/** Sends every line with one security context; remembers the bytes to compare them later. */
const sendAll = Effect.fn("sendAll")(function* (path: string, certificate: Certificate.Certificate) {
  const securityContext = yield* SecurityContext.acquire({ certificate })
  const orders = yield* MessageQueue.openSender(queue)
  const lines: Array<Ndjson.Line> = []
  const messages = Ndjson.read(path).pipe(
    Stream.map((line) => {
      lines.push(line)
      return { body: line.bytes, label: `line ${line.number}` }
    })
  )
  const progress = yield* ProgressBar.start("sending", undefined)
  const began = performance.now()
  const report = yield* orders
    .sendAll(messages, { securityContext, onProgress: ({ accepted }) => progress.update(accepted) })
    .pipe(
      Effect.catchReason(
        "MsmqError",
        "IllegalMessage",
        ({ actual, field, index, rule }) =>
          new BadInput({ message: `line ${lines[index]?.number}: its ${field} is ${actual}, but ${rule}` })
      )
    )
  return { ...report, lines, seconds: (performance.now() - began) / 1000 }
}, Effect.scoped)

/** Receives as many as were sent and counts what is right about them. */
const receiveAll = Effect.fn("receiveAll")(function* (lines: ReadonlyArray<Ndjson.Line>) {
  const orders = yield* MessageQueue.openReceiver(queue)
  const progress = yield* ProgressBar.start("receiving", lines.length)
  const seen = { received: 0, authenticated: 0, different: 0 }
  yield* Stream.fromEffectRepeat(orders.poll).pipe(
    Stream.takeWhile((message) => message._tag === "Some"),
    Stream.runForEach(({ value }) =>
      Effect.sync(() => {
        const expected = lines[seen.received]
        if (expected === undefined || Buffer.compare(value.body, expected.bytes) !== 0) seen.different++
        if (value.authenticated) seen.authenticated++
        progress.update(++seen.received)
      })
    )
  )
  return seen
}, Effect.scoped)

const run = Effect.fn("run")(function* (path: string, certificate: Certificate.Certificate) {
  yield* MessageQueue.create(queue, { label: "Orders", authenticate: true })
  const sent = yield* sendAll(path, certificate)
  const received = yield* receiveAll(sent.lines)
  const control = yield* MsmqControl.MsmqControl
  const { keyFetches, signatures } = yield* control.counters
  const handles = yield* HandleLedger.counts
  const report: Report.Report = {
    sent: sent.accepted,
    ...received,
    bytes: sent.bytes,
    batches: sent.batches,
    contextsAcquired: handles["security context"].acquired,
    contextsFreed: handles["security context"].freed,
    openHandles: handles["security context"].open + handles.queue.open,
    keyFetches,
    signatures,
    messagesPerSecond: Math.round(sent.accepted / Math.max(sent.seconds, 0.001))
  }
  return report
})

const command = Command.make(
  "authenticated-batch",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("newline-delimited JSON, or - for standard input; 10,000 orders if left out"),
      Argument.withDefault(here("data/orders.ndjson"))
    ),
    certificate: Flag.String("certificate").pipe(
      Flag.withDescription("the X.509 certificate to sign with, PEM or DER; a test certificate if left out"),
      Flag.withDefault(here("certificates/orders-desk.pem"))
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("print one JSON object instead of a table"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ certificate: certificateFile, file, json }) {
    const certificate = yield* CertificateFile.read(certificateFile)
    // Nobody has the private key of a root certificate: the store of the in-memory MSMQ vouches that the user does.
    const store = [{ certificate: certificate.der, privateKey: true }]
    const report = yield* run(file, certificate).pipe(
      Effect.provide(HandleLedger.layer(InMemoryMqrt.layerWith({ certificates: store })))
    )
    yield* Console.log(json ? JSON.stringify(report) : Report.table(report))
    if (!Report.isFaultless(report)) {
      return yield* new BadInput({ message: "not every message came back as it was sent, or a handle is open" })
    }
  })
).pipe(Command.withDescription("Sends a file of orders signed through one security context, and receives it again"))

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.tapErrorTag("BadInput", ({ message }) => Console.error(`authenticated-batch: ${message}`)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
