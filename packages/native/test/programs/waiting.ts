/**
 * Waits for messages on the test double, and does meanwhile what programs do: `node waiting.ts LIBRARY HOW MORE`. Prints
 * what happened, in order, and at its end what the double has against it. Few ways need more: a number or a file.
 */
import { MessageQueue } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import type { Receiver } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect, Fiber } from "effect"
import koffi from "koffi"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { isMainThread, parentPort, Worker } from "node:worker_threads"
import { inTurn } from "../../../core/test/programs/inTurn.ts"

const [library = "", how = "", more = ""] = process.argv.slice(2)
const layer = NativeMqrt.layerWith({ library, portLibrary: library })
const orders = ".\\private$\\orders"

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const printLabel = (what: string) => (message: { readonly label: string }) => print(`${what} ${message.label}`)

/** A program of the worker, which waits until it is ended, or does something else then. */
const waitForEver = async (then = () => {}): Promise<void> => {
  const msmq = await connect(layer)
  const receiver = await msmq.openReceiver(orders)
  kept.push(msmq, receiver)
  const waiting = receiver.receive()
  await sleep(20)
  parentPort?.postMessage("waits", [])
  then()
  await waiting
}

const workerThatWaits = async (way: string): Promise<Worker> => {
  const worker = new Worker(import.meta.filename, { argv: [library, way] })
  await new Promise((resolve) => worker.once("message", resolve))
  return worker
}

/** Everything that was opened: what a program drops is reported when garbage is collected, and no test knows when that is. */
const kept: Array<unknown> = []

/** A queue, somebody who waits, and somebody who sends. */
const setup = async () => {
  const msmq = await connect(layer)
  await msmq.createQueue(orders)
  const receiver = await msmq.openReceiver(orders)
  const sender = await msmq.openSender(orders)
  kept.push(msmq, receiver, sender)
  return { msmq, receiver, sender }
}

/** Holds the calls of a function of the double until they are released. */
const hold = (name: string): void => void koffi.load(library).func("int Double_Hold(const char *function)")(name)

const release = (name: string): void =>
  void koffi.load(library).func("int Double_SetDelay(const char *function, double milliseconds)")(name, 0)

const ctrlC = 0

/**
 * Interrupts this process, as Ctrl+C does. On Windows that is an event of the console, which all processes get that share
 * it: this one gets a console of its own first. `process.kill` would end it there, and call no listener.
 */
const interrupt = (): void => {
  if (process.platform !== "win32") return void process.kill(process.pid, "SIGINT")
  const kernel32 = koffi.load("kernel32.dll")
  const sharing = kernel32.func("uint32_t __stdcall GetConsoleProcessList(uint32_t *processes, uint32_t count)")
  if (sharing(new Uint32Array(1), 1) !== 1) {
    kernel32.func("int __stdcall FreeConsole()")()
    if (kernel32.func("int __stdcall AllocConsole()")() === 0) throw new Error("there is no console")
  }
  kernel32.func("int __stdcall GenerateConsoleCtrlEvent(uint32_t event, uint32_t group)")(ctrlC, 0)
}

/** Ends a process at once, so that no listener of it is called. */
const kill = (pid: number): void => {
  if (process.platform === "win32") spawnSync("taskkill", ["/F", "/PID", String(pid)], { stdio: "ignore" })
  else process.kill(pid, "SIGKILL")
}

const until = async (isSo: () => boolean): Promise<void> => {
  // oxlint-disable-next-line no-await-in-loop -- it looks again and again
  while (!isSo()) await sleep(10)
}

const waitMany = async (count: number): Promise<void> => {
  const receiveOne = (queue: Receiver.Receiver) => Effect.map(queue.receive, ({ label }) => label)
  const program = Effect.gen(function* () {
    const names = Array.from({ length: count }, (_, index) => `.\\private$\\queue${index}`)
    const fibers: Array<Fiber.Fiber<string, unknown>> = []
    for (const name of names) {
      yield* MessageQueue.create(name)
      const queue = yield* MessageQueue.openReceiver(name)
      fibers.push(yield* Effect.forkScoped(receiveOne(queue), { startImmediately: true }))
    }
    yield* Effect.sleep("30 millis")
    for (const name of names) {
      yield* Effect.scoped(Effect.flatMap(MessageQueue.openSender(name), (sender) => sender.send({ label: name })))
    }
    const labels = yield* Effect.forEach(fibers, Fiber.join)
    print(`${labels.filter((label, index) => label === names[index]).length} received`)
  })
  await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))
}

/** Waits where koffi or libuv allows so few calls at once that none may last. */
const waitWithFewCalls = async (): Promise<void> => {
  const { msmq, receiver, sender } = await setup()
  const waiting = receiver.receive().then(printLabel("received"))
  await msmq.createQueue(".\\private$\\other")
  await sender.send({ label: "one" })
  await waiting
  await msmq.close()
}

const ways: Readonly<Record<string, () => Promise<void>>> = {
  spawnSync: async () => {
    const { msmq, receiver, sender } = await setup()
    const waiting = receiver.receive().then(printLabel("received"))
    await sleep(20)
    print(`child ${spawnSync(process.execPath, ["-e", "process.exit(7)"], { stdio: "ignore" }).status}`)
    await sender.send({ label: "one" })
    await waiting
    await msmq.close()
  },
  exit: async () => {
    const { receiver } = await setup()
    void receiver.receive()
    setTimeout(() => process.exit(3), 50)
  },
  exitCode: async () => {
    const { receiver } = await setup()
    const controller = new AbortController()
    const waiting = receiver.receive({ signal: controller.signal }).catch(() => print("given up"))
    await sleep(20)
    controller.abort("enough")
    await waiting
    // With the receiver open, whose wait was given up.
    process.exitCode = 5
  },
  throw: async () => {
    const { receiver } = await setup()
    void receiver.receive()
    setTimeout(() => {
      throw new Error("uncaught")
    }, 50)
  },
  signal: async () => {
    const { receiver } = await setup()
    void receiver.receive()
    setTimeout(interrupt, 50)
    // Ends a program that the interrupt did not end.
    setTimeout(() => process.exit(9), 60_000)
  },
  signalHeard: async () => {
    const { msmq, receiver } = await setup()
    const waiting = receiver.receive().catch(() => print("ended"))
    process.once("SIGINT", () => void msmq.close().then(() => print("closed")))
    setTimeout(interrupt, 50)
    await waiting
  },
  killed: async () => {
    const { msmq, receiver, sender } = await setup()
    const file = join(mkdtempSync(join(tmpdir(), "waiting-")), "waits")
    const child = spawn(process.execPath, [import.meta.filename, library, "waitAndMark", file], { stdio: "ignore" })
    const ended = once(child, "exit")
    await until(() => existsSync(file) || child.exitCode !== null)
    print(child.exitCode === null ? "it waits" : `it ended with ${child.exitCode}`)
    if (child.pid !== undefined) kill(child.pid)
    await ended
    print("killed")
    const waiting = receiver.receive().then(printLabel("received"))
    await sender.send({ label: "one" })
    await waiting
    await msmq.close()
  },
  slowCalls: async () => {
    const { msmq, receiver, sender } = await setup()
    const another = await msmq.openReceiver(orders)
    hold("MQCreateQueue")
    const waiting = receiver.receive().then(printLabel("received"))
    const creating = ["1", "2", "3", "4"].map((name) => msmq.createQueue(`.\\private$\\${name}`))
    await sleep(20)
    const transaction = await msmq.beginTransaction()
    kept.push(another, transaction)
    await transaction.commit()
    print("committed")
    await another.close()
    print("closed")
    release("MQCreateQueue")
    print(`created ${(await Promise.all(creating)).length}`)
    await sender.send({ label: "one" })
    await waiting
    await msmq.close()
  },
  terminate: async () => {
    const { msmq, receiver, sender } = await setup()
    const worker = await workerThatWaits("waitForEver")
    await worker.terminate()
    print("terminated")
    const waiting = receiver.receive().then(printLabel("received"))
    await sender.send({ label: "one" })
    await waiting
    await msmq.close()
  },
  workerExits: async () => {
    const { msmq } = await setup()
    const worker = new Worker(import.meta.filename, { argv: [library, "waitAndExit"] })
    print(`worker ${await new Promise<number>((resolve) => worker.once("exit", resolve))}`)
    await msmq.close()
  },
  workers: async () => {
    const { msmq } = await setup()
    await inTurn([1, 2, 3], async () => {
      const workers = await Promise.all([1, 2].map(() => workerThatWaits("waitForEver")))
      await Promise.all(workers.map((worker) => worker.terminate()))
    })
    print("terminated")
    await msmq.close()
  },
  waitForEver: () => waitForEver(),
  waitAndMark: async () => {
    await setup()
    await waitForEver(() => writeFileSync(more, ""))
  },
  waitAndExit: () => waitForEver(() => process.exit(4)),
  close: async () => {
    const { msmq, receiver } = await setup()
    const waits = [receiver.receive(), receiver.peek(), receiver.receiveWithin("1 hour")]
    const settled = Promise.allSettled(waits)
    await sleep(20)
    await msmq.close()
    print((await settled).map(({ status }) => status).join())
  },
  twoLayers: async () => {
    const first = await setup()
    const other = await connect(layer)
    const receiver = await other.openReceiver(orders)
    const ended = receiver.receive().catch(() => print("ended"))
    const waiting = first.receiver.receive().then(printLabel("received"))
    await sleep(20)
    await other.close()
    await ended
    await first.sender.send({ label: "one" })
    await waiting
    await first.msmq.close()
  },
  manyLayers: async () => {
    const { msmq } = await setup()
    await msmq.close()
    await inTurn(Array.from({ length: 50 }), async () => {
      const another = await connect(layer)
      const receiver = await another.openReceiver(orders)
      const waiting = receiver.receive().catch(() => {})
      await another.close()
      await waiting
    })
    print("50 closed")
  },
  manyQueues: () => waitMany(Number(more)),
  fewThreads: waitWithFewCalls,
  fewCalls: () => {
    koffi.config({ resident_async_pools: 0, max_async_calls: 1 })
    koffi.load(library)
    return waitWithFewCalls()
  },
  noPorts: async () => {
    koffi.load(library).func("void Double_RefusePorts(uint32_t on)")(1)
    await waitWithFewCalls()
    await waitMany(20)
  }
}

const way = ways[how]
if (way === undefined) throw new Error(`no such way: ${how}`)
await way()
if (isMainThread && process.exitCode === undefined && !["exit", "throw", "signal"].includes(how)) {
  const ledger = koffi.load(library).func("uint32_t Double_LedgerJson(void *buffer, uint32_t size)")
  const buffer = Buffer.alloc(Number(ledger(null, 0)))
  ledger(buffer, buffer.length)
  const { violations } = JSON.parse(buffer.toString("utf8").replace(/\0.*$/s, "")) as {
    readonly violations: ReadonlyArray<string>
  }
  for (const violation of violations) print(violation)
}
