import { type MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"

const orders = ".\\private$\\orders"
const remote = "DIRECT=OS:elsewhere\\private$\\orders"

const connectInMemory = () => connect(InMemoryMqrt.layer)

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: MsmqError.MsmqError) => error.code
  )

describe("queues in promises", () => {
  it("have properties that can be read and changed, and are purged", async () => {
    await using msmq = await connectInMemory()
    await msmq.createQueue(orders, { label: "Orders" })
    assert.strictEqual((await msmq.queueProperties(orders)).label, "Orders")
    await msmq.setQueueProperties(orders, { label: "All orders", journal: true })
    const { journal, label } = await msmq.queueProperties(orders)
    assert.deepStrictEqual([label, journal], ["All orders", true])
    await using sender = await msmq.openSender(orders)
    await sender.sendAll([{}, {}])
    assert.strictEqual(await msmq.queueManager.messageCount(orders), 2)
    await msmq.purgeQueue(orders)
    assert.strictEqual(await msmq.queueManager.messageCount(orders), 0)
    assert.strictEqual(await codeOf(msmq.purgeQueue(".\\private$\\nowhere")), "MQ_ERROR_QUEUE_NOT_FOUND")
  })

  it("that are public are located, as many as the loop uses", async () => {
    await using msmq = await connectInMemory()
    for (const name of ["a", "b", "c"]) {
      // oxlint-disable-next-line no-await-in-loop -- in order of creation
      await msmq.createQueue(`.\\${name}`, { label: name === "c" ? "other" : "same" })
    }
    const found: Array<string> = []
    for await (const { label, pathName } of msmq.locateQueues([
      { property: "label", relation: "equal", value: "same" }
    ])) {
      found.push(`${pathName} ${label}`)
      break
    }
    assert.deepStrictEqual(found, ["MACHINE\\a same"])
  })

  it("have a security descriptor, as SDDL", async () => {
    await using msmq = await connectInMemory()
    await msmq.createQueue(orders)
    const before = await msmq.queueSecurity(orders)
    assert.match(before, /^O:S-1-5-21-/)
    await msmq.setQueueSecurity(orders, "D:(A;;GA;;;WD)")
    assert.strictEqual(await msmq.queueSecurity(orders, { parts: ["dacl"] }), "D:(A;;GA;;;WD)")
    assert.strictEqual(await codeOf(msmq.setQueueSecurity(orders, "D:(Q;;GA;;;WD)")), "IllegalSddl")
  })
})

describe("the queue manager in promises", () => {
  it("returns its properties and those of its queues", async () => {
    await using msmq = await connectInMemory()
    await msmq.createQueue(orders)
    const { queueManager } = msmq
    assert.deepStrictEqual(await queueManager.privateQueues(), ["MACHINE\\private$\\orders"])
    assert.isTrue((await queueManager.info()).connected)
    assert.deepStrictEqual(await queueManager.activeQueues(), [])
    const { machineId, pathName } = await queueManager.machineProperties()
    assert.strictEqual(pathName, "MACHINE")
    assert.strictEqual((await queueManager.machineProperties({ computer: machineId })).pathName, "MACHINE")
    assert.strictEqual((await queueManager.privateComputerInformation()).version.major, 6)
    assert.strictEqual(
      await codeOf(queueManager.info({ computer: "elsewhere" })),
      "MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE"
    )
  })

  it("goes off line and on again, pauses outgoing queues and resumes them, and registers certificates", async () => {
    await using msmq = await connectInMemory()
    const { queueManager } = msmq
    await using sender = await msmq.openSender(remote)
    await sender.send({})
    await queueManager.pause(remote)
    assert.strictEqual((await queueManager.queueInfo(remote)).state, "ONHOLD")
    await queueManager.resume(remote)
    await queueManager.resend(remote)
    await queueManager.disconnect()
    assert.strictEqual((await queueManager.queueInfo(remote)).state, "DISCONNECTED")
    await queueManager.connect()
    await queueManager.tidy()
    assert.strictEqual((await queueManager.queueInfo(remote)).state, "WAITING")
    assert.strictEqual(await queueManager.registerCertificate({ ifNotExists: true }), "existed")
    assert.strictEqual(await queueManager.registerCertificate(), "registered")
  })
})
