/**
 * Measures the SDK against what one would write by hand, as ratios in one run. `--json` prints an array of
 * `{ name, median, floor, ratio, target }`: medians in nanoseconds for a message; a target names the limit of the ratio.
 */
import { MessageQueue, Mqrt, SecurityContext, type Sender } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect, Exit, ManagedRuntime, Scope, Stream } from "effect"
import koffi from "koffi"
import { parseArgs } from "node:util"
import { buildForLinux } from "../packages/native/test/double/buildDouble.ts"
import * as Figure from "./Figure.ts"
import * as Floors from "./floors.ts"
import { interleaved } from "./measure.ts"

const { json } = parseArgs({ options: { json: { type: "boolean", default: false } } }).values

const messages = 20_000
const body = new Uint8Array(1024).fill(7)
const labels = Array.from({ length: messages }, (_, index) => `order ${index}`)

const double = buildForLinux()
if ("missing" in double) {
  // Not a failure: those of the in-memory MSMQ need none.
  console.error(`the native figures need the test double of mqrt.dll: ${double.missing}`)
  process.exit()
}

const runtime = ManagedRuntime.make(NativeMqrt.layerWith({ library: double.mqrt }))
const mqrt = await runtime.runPromise(Mqrt.Mqrt)
const library = koffi.load(double.mqrt)
const scope = Scope.makeUnsafe()
const run = <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>): Promise<A> =>
  runtime.runPromise(Scope.provide(effect, scope))

const orders = ".\\private$\\orders"
const formatName = await run(MessageQueue.create(orders))
const sender: Sender.Sender = await run(MessageQueue.openSender(orders))
const receiver = await run(MessageQueue.openReceiver(orders))
const securityContext = await run(SecurityContext.acquire())
const queue = await run(mqrt.openQueue(formatName, "send", "denyNone"))
const reader = await run(mqrt.openQueue(formatName, "receive", "denyNone"))
const rawContext = await run(mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null))

const sent = { queue, securityContext: rawContext, body, labels }
const outgoing = labels.map((label) => ({ body, label, priority: 4 }))
const options = { securityContext, senderIdType: "none" as const }

const reusedBuffer = Floors.reusedBuffer(library)
const sendInC = Floors.loopInC(library, koffi.load(double.floor))
const structObjects = Floors.structObjects(library)
const receiveByHand = Floors.reusedReceiveBuffer(library)
const fill = async () => void (await run(sender.sendAll(outgoing, options)))

// What is measured is the way to the function, not how the double stores messages.
const setDiscard = library.func("void Double_SetDiscard(uint32_t on)")
const setRecording = library.func("void Double_SetRecording(uint32_t on)")
setDiscard(1)
setRecording(0)
const sends = await interleaved({
  sdk: { run: fill },
  byHand: { run: async () => reusedBuffer(sent) },
  inC: { run: async () => sendInC(sent) }
})
const objectSends = await interleaved({ objects: { run: async () => structObjects(sent) }, sdk: { run: fill } })
setDiscard(0)
const receives = await interleaved({
  sdk: {
    prepare: fill,
    run: () => run(Stream.runDrain(Stream.take(receiver.messages, messages)))
  },
  byHand: { prepare: fill, run: async () => void receiveByHand(reader, messages) }
})

const figures: ReadonlyArray<Figure.Figure> = [
  Figure.figureOf(
    messages,
    "sendAll, against a reused buffer by hand",
    sends.sdk,
    sends.byHand,
    "at most 2.0, goal 1.5"
  ),
  Figure.figureOf(messages, "sendAll, against a loop in C", sends.sdk, sends.inC, "reported"),
  Figure.figureOf(
    messages,
    "struct objects by hand, against sendAll",
    objectSends.objects,
    objectSends.sdk,
    "at least 20, goal 40"
  ),
  Figure.figureOf(
    messages,
    "messages stream, against a reused buffer by hand that asks for the same",
    receives.sdk,
    receives.byHand,
    "at most 3.0, goal 1.5"
  )
]

await run(mqrt.closeQueue(queue))
await run(mqrt.closeQueue(reader))
await run(mqrt.freeSecurityContext(rawContext))
await Effect.runPromise(Scope.close(scope, Exit.void))
await runtime.dispose()

if (json) console.log(JSON.stringify(figures))
else Figure.print(figures)
