// Plain JavaScript for Node 22, which has no `using`: what is opened through a connection is closed with it, in one `finally`.
//
//   node plain-javascript.mjs [--native]
import { connect, MessageBody } from "@effect-msmq/core/promises"

const queue = ".\\private$\\plain-orders"

const backend = process.argv.includes("--native")
  ? (await import("@effect-msmq/native")).NativeMqrt.layer
  : (await import("@effect-msmq/testing")).InMemoryMqrt.layer

const msmq = await connect(backend)
try {
  await msmq.ensureQueue(queue)
  const sender = await msmq.openSender(queue, { body: MessageBody.text })
  await sender.sendAll([{ body: "paper" }, { body: "ink", priority: 6 }])

  const receiver = await msmq.openReceiver(queue, { body: MessageBody.text })
  for await (const { body, priority } of receiver) {
    console.log(`${body}, priority ${priority}`)
    if ((await msmq.queueManager.messageCount(queue)) === 0) break
  }
} finally {
  await msmq.close()
}
