/**
 * A client of a gateway, which does what programs do and then ends in one of its ways: `node client.ts URL HOW`. Prints what happened,
 * in order.
 */
import { connect, MsmqError } from "@effect-msmq/core/promises"
import { RemoteMqrt } from "@effect-msmq/remote"

const [url = "", how = "", more = ""] = process.argv.slice(2)
const orders = ".\\private$\\clients"

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Everything that was opened: what a program drops is reported when garbage is collected, and no test knows when that is. */
const kept: Array<unknown> = []
process.on("exit", () => kept.splice(0))

const setup = async (connectWithin: RemoteMqrt.Options["connectWithin"] = "5 seconds") => {
  const msmq = await connect(RemoteMqrt.layer({ url, connectWithin }))
  await msmq.ensureQueue(orders)
  const sender = await msmq.openSender(orders)
  const receiver = await msmq.openReceiver(orders)
  kept.push(msmq, sender, receiver)
  return { msmq, receiver, sender }
}

const tagOf = (error: unknown): string => (error instanceof MsmqError ? error.reason._tag : String(error))

/** Says that nothing is left to do, and again later where the process is still there. */
const nothingToDo = (): void => {
  print("nothing to do")
  setTimeout(() => print("still here"), 5000).unref()
}

const ways: Readonly<Record<string, () => Promise<void>>> = {
  /** Leaves all open and has nothing more to do. */
  idle: async () => {
    const { receiver, sender } = await setup()
    await sender.send({ label: "one" })
    print((await receiver.receive()).label)
  },
  /** Waits for what a timer sends that does not keep the process alive. */
  waits: async () => {
    const { receiver, sender } = await setup()
    setTimeout(() => void sender.send({ label: "late" }), 200).unref()
    print((await receiver.receive()).label)
  },
  exit: async () => {
    const { receiver } = await setup()
    void receiver.receive()
    setTimeout(() => process.exit(3), 50)
  },
  throw: async () => {
    const { receiver } = await setup()
    void receiver.receive()
    setTimeout(() => {
      throw new Error("uncaught")
    }, 50)
  },
  givesUp: async () => {
    const { receiver } = await setup()
    const waiting = receiver.receive({ signal: AbortSignal.timeout(50) }).catch(() => print("given up"))
    await waiting
    process.exitCode = 5
  },
  blocks: async () => {
    let waiting: Promise<unknown>
    {
      await using msmq = await connect(RemoteMqrt.layer({ url }))
      await msmq.ensureQueue(orders)
      using securityContext = await msmq.acquireSecurityContext()
      await using sender = await msmq.openSender(orders)
      await using receiver = await msmq.openReceiver(orders)
      await sender.send({ label: "signed" }, { securityContext })
      print((await receiver.receive()).label)
      waiting = receiver.receive().catch(tagOf)
    }
    print(String(await waiting))
  },
  notAtOnce: async () => {
    const { msmq } = await setup()
    try {
      msmq.securityContext()
    } catch (error) {
      print(error instanceof Error ? error.message : "no error")
    }
    await msmq.close()
  },
  /** Loses its gateway, and has nothing more to do than to connect again. */
  gatewayGone: async () => {
    const { receiver } = await setup()
    const waiting = receiver.receiveWithin("1 hour").catch(() => {})
    kept.push(waiting)
    process.kill(Number(more), "SIGKILL")
    await waiting
    nothingToDo()
  },
  /** Loses its gateway. When it is told that an attempt to connect again waits for an answer, it has nothing more to do. */
  gatewaySilent: async () => {
    await setup("1 hour")
    const hour = setTimeout(() => {}, 3_600_000)
    process.on("SIGUSR2", () => {
      clearTimeout(hour)
      nothingToDo()
    })
    process.kill(Number(more), "SIGKILL")
    print("connected")
  }
}

const way = ways[how]
if (way === undefined) throw new Error(`no such way: ${how}`)
await way()
