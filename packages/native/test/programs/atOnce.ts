/**
 * Two threads that do the same with one machine at the same moment, as two processes do: `node atOnce.ts LIBRARY IDENTITY`. The test
 * double is one machine for all threads of a process. Prints the sums of what they report.
 */
import { MessageQueue } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import { once } from "node:events"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { Effect, Stream } from "effect"
import { inTurn } from "../../../core/test/programs/inTurn.ts"

const [library = "", identityLibrary = ""] = process.argv.slice(2)
const layer = NativeMqrt.layerWith({ library, identityLibrary })

const threads = 2
const rounds = Array.from({ length: 12 }, (_, index) => index)
const messages = 100
const [source, target] = [".\\private$\\source", ".\\private$\\target"]

/** Number of threads that have reached each meeting. */
const arrivals = new Int32Array(
  isMainThread ? new SharedArrayBuffer(4 * (rounds.length + 1)) : (workerData as SharedArrayBuffer)
)

/** Waits until all threads are here. */
const meet = (meeting: number): void => {
  if (Atomics.add(arrivals, meeting, 1) === threads - 1) Atomics.notify(arrivals, meeting)
  else Atomics.wait(arrivals, meeting, 1)
}

/** Ensures one queue after the other, each twenty times at once, and redrives the messages of a queue. */
const work = async (): Promise<void> => {
  const msmq = await connect(layer)
  const created: Array<number> = []
  const names = new Set<string>()
  await inTurn(rounds, async (round) => {
    meet(round)
    const queue = `.\\private$\\ensured${round}`
    const all = await Promise.all(
      Array.from({ length: 20 }, () => msmq.ensureQueue(queue, { transactional: true, label: "Ensured" }))
    )
    created.push(all.filter((ensured) => ensured.created).length)
    for (const { formatName } of all) names.add(formatName)
  })
  meet(rounds.length)
  const report = await msmq.redriveMessages(source, target)
  await msmq.close()
  parentPort?.postMessage({ created, names: [...names], report }, [])
}

interface Done {
  readonly created: ReadonlyArray<number>
  readonly names: ReadonlyArray<string>
  readonly report: MessageQueue.RedriveReport
}

const labelsIn = (queue: string) =>
  MessageQueue.openReceiver(queue, { access: "peek" }).pipe(
    Effect.flatMap(({ browse }) => Stream.runCollect(browse)),
    Effect.map((all) => all.map(({ label }) => label)),
    Effect.scoped
  )

const supervise = async (): Promise<void> => {
  const labels = Array.from({ length: messages }, (_, index) => String(index).padStart(3, "0"))
  const fill = Effect.gen(function* () {
    for (const queue of [source, target]) yield* MessageQueue.create(queue, { transactional: true })
    const sender = yield* MessageQueue.openSender(source)
    yield* sender.sendAll(
      labels.map((label) => ({ label })),
      { transaction: "singleMessage" }
    )
  }).pipe(Effect.scoped)
  await Effect.runPromise(Effect.provide(fill, layer))
  const results = await Promise.all(
    Array.from({ length: threads }, async (): Promise<Done> => {
      const worker = new Worker(import.meta.filename, {
        argv: [library, identityLibrary],
        workerData: arrivals.buffer
      })
      const [[done]] = (await Promise.all([once(worker, "message"), once(worker, "exit")])) as [[Done], unknown]
      return done
    })
  )
  const created = rounds.map((round) => results.reduce((sum, one) => sum + (one.created[round] ?? 0), 0))
  const left = await Effect.runPromise(Effect.provide(Effect.forEach([source, target], labelsIn), layer))
  console.log(`created ${[...new Set(created)].join()}`)
  console.log(`names ${new Set(results.flatMap(({ names }) => names)).size}`)
  console.log(`redriven ${results.reduce((sum, { report }) => sum + report.redriven, 0)}`)
  console.log(`left ${left[0]?.length}`)
  console.log(`there ${left[1]?.toSorted().join() === labels.join() ? "each once" : JSON.stringify(left[1])}`)
}

await (isMainThread ? supervise() : work())
