/**
 * The program of `authenticated-batch.ts`: sends every line of a file through one security context, receives the messages
 * meanwhile and compares each with its line. Holds only the lines that are on their way, so that a file may be of any size.
 */
import { type Certificate, MessageQueue, SecurityContext } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { type Cause, Console, Effect, Option, Queue, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { fileURLToPath } from "node:url"
import { BadInput } from "./BadInput.ts"
import * as CertificateFile from "./certificateFile.ts"
import * as Ndjson from "./ndjson.ts"
import * as ProgressBar from "./progressBar.ts"
import * as Report from "./Report.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const queue = ".\\private$\\orders"

/** Lines that are sent and not received yet, in the groups that they were read in. */
type OnTheirWay = Queue.Queue<ReadonlyArray<Ndjson.Line>, Cause.Done>

/** Sends every line with one security context, each group when there is room for it. */
const sendAll = Effect.fn("sendAll")(function* (
  path: string,
  certificate: Certificate.Certificate,
  onTheirWay: OnTheirWay
) {
  const securityContext = yield* SecurityContext.acquire({ certificate })
  const orders = yield* MessageQueue.openSender(queue)
  // The group that is being sent, and how many messages were before it.
  let group: ReadonlyArray<Ndjson.Line> = []
  let before = 0
  const messages = Ndjson.read(path).pipe(
    Stream.mapEffect((lines) => {
      before += group.length
      group = lines
      return Effect.as(
        Queue.offer(onTheirWay, lines),
        lines.map(({ bytes, number }) => ({ body: bytes, label: `line ${number}` }))
      )
    }),
    Stream.flattenIterable
  )
  const report = yield* orders
    .sendAll(messages, { securityContext })
    .pipe(
      Effect.catchReason(
        "MsmqError",
        "IllegalMessage",
        ({ actual, field, index, rule }) =>
          new BadInput({ message: `line ${group[index - before]?.number}: its ${field} is ${actual}, but ${rule}` })
      )
    )
  yield* Queue.end(onTheirWay)
  return report
}, Effect.scoped)

/** Receives a message for each sent line, and counts those that are right. */
const receiveAll = Effect.fn("receiveAll")(function* (onTheirWay: OnTheirWay, progress: ProgressBar.Progress) {
  const orders = yield* MessageQueue.openReceiver(queue)
  const seen = { received: 0, authenticated: 0, different: 0 }
  const receive = Effect.fnUntraced(function* (line: Ndjson.Line) {
    const there = yield* orders.poll
    const message = Option.isSome(there) ? there : yield* orders.receiveWithin("1 minute")
    if (Option.isNone(message)) return
    const { authenticated, body } = message.value
    seen.received++
    if (authenticated) seen.authenticated++
    if (Buffer.compare(body, line.bytes) !== 0) seen.different++
    progress.update({ messages: seen.received, bytes: line.end })
  })
  yield* Stream.fromQueue(onTheirWay).pipe(
    Stream.runForEach((lines) => Effect.forEach(lines, receive, { discard: true }))
  )
  const surplus = yield* Stream.fromEffectRepeat(orders.poll).pipe(Stream.takeWhile(Option.isSome), Stream.runCount)
  return { ...seen, received: seen.received + surplus }
}, Effect.scoped)

/** Sends and receives side by side: the first that fails ends the other. */
const exchange = Effect.fn("exchange")(function* (path: string, certificate: Certificate.Certificate) {
  const onTheirWay: OnTheirWay = yield* Queue.bounded<ReadonlyArray<Ndjson.Line>, Cause.Done>(1)
  const progress = yield* ProgressBar.start(yield* Ndjson.size(path))
  const began = performance.now()
  const [sent, received] = yield* Effect.all(
    [sendAll(path, certificate, onTheirWay), receiveAll(onTheirWay, progress)],
    { concurrency: 2 }
  )
  return { sent, received, seconds: (performance.now() - began) / 1000 }
}, Effect.scoped)

type Handles = Effect.Success<typeof HandleLedger.counts>

const openIn = (handles: Handles): number => handles["security context"].open + handles.queue.open

const tellInterrupted = Effect.flatMap(HandleLedger.counts, (handles) =>
  Console.error(`authenticated-batch: interrupted; ${openIn(handles)} handles are open`)
)

const run = Effect.fn("run")(function* (path: string, certificate: Certificate.Certificate) {
  yield* MessageQueue.create(queue, { label: "Orders", authenticate: true })
  const { received, seconds, sent } = yield* exchange(path, certificate).pipe(Effect.onInterrupt(() => tellInterrupted))
  const control = yield* MsmqControl.MsmqControl
  const { keyFetches, signatures } = yield* control.counters
  const handles = yield* HandleLedger.counts
  const report: Report.Report = {
    sent: sent.accepted,
    ...received,
    bytes: sent.bytes,
    slices: sent.slices,
    contextsAcquired: handles["security context"].acquired,
    contextsFreed: handles["security context"].freed,
    openHandles: openIn(handles),
    keyFetches,
    signatures,
    messagesPerSecond: Math.round(sent.accepted / Math.max(seconds, 0.001))
  }
  return report
})

const command = Command.make(
  "authenticated-batch",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("newline-delimited JSON, or - for standard input; 10,000 orders if left out"),
      Argument.withDefault(here("../data/orders.ndjson"))
    ),
    certificate: Flag.String("certificate").pipe(
      Flag.withDescription("the X.509 certificate to sign with, PEM or DER; a test certificate if left out"),
      Flag.withDefault(here("../certificates/orders-desk.pem"))
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("print one JSON object instead of a table"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ certificate: certificateFile, file, json }) {
    const certificate = yield* CertificateFile.read(certificateFile)
    const warning = yield* CertificateFile.warning(certificate)
    if (warning !== undefined) yield* Console.error(`authenticated-batch: warning: ${warning}`)
    // Only the certification authority has the private key of a root certificate: here the in-memory MSMQ acts as if the user had it.
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

/** Runs the command that the process was started with. */
export const main = (): void =>
  Command.run(command, { version: "0.1.0" }).pipe(
    Effect.catchTag("MsmqError", ({ message }) => new BadInput({ message })),
    Effect.tapErrorTag("BadInput", ({ message }) => Console.error(`authenticated-batch: ${message}`)),
    Effect.provide(NodeServices.layer),
    NodeRuntime.runMain
  )
