import { certificate, type Connection, MsmqError } from "@effect-msmq/core/promises"
import { TestMsmq } from "@effect-msmq/testing/promises"
import { assert, describe, it } from "@effect/vitest"
import { certificates } from "../support/certificates.ts"

const orders = ".\\private$\\orders"
const options = { certificates }
const external = () => certificate(certificates[0]!.certificate)

const tagOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => assert.fail("it was not rejected"),
    (error: unknown) => (error instanceof MsmqError ? error.reason._tag : String(error))
  )

const openAuthenticated = async (connection: Connection) => {
  await connection.createQueue(orders, { authenticate: true })
  return await connection.openSender(orders)
}

const acquired = async ({ control }: TestMsmq) => {
  const { contextsAcquired, contextsFreed } = await control.counters()
  return [contextsAcquired, contextsFreed]
}

describe("the cache of security contexts in promises", () => {
  it("acquires one context for each certificate, which all its users sign with, and frees each once", async () => {
    await TestMsmq.run(async (msmq) => {
      const { connection } = msmq
      await using sender = await openAuthenticated(connection)
      {
        await using contexts = await connection.securityContexts({ idleTimeToLive: "1 hour" })
        const send = async () => {
          using securityContext = await contexts.get()
          await sender.send({}, { securityContext })
        }
        await Promise.all([send(), send(), send()])
        using securityContext = await contexts.get(external())
        await sender.send({}, { securityContext })
        assert.strictEqual(securityContext.certificate?.fingerprint, external().fingerprint)
        assert.deepStrictEqual(await acquired(msmq), [2, 0])
      }
      assert.deepStrictEqual(await acquired(msmq), [2, 2])
      await using receiver = await connection.openReceiver(orders)
      for (const _ of [1, 2, 3, 4]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        assert.isTrue((await receiver.receive()).authenticated)
      }
    }, options)
  })

  it("gives each user a context of its own, whose closing leaves the others open", async () => {
    await TestMsmq.run(async (msmq) => {
      const { connection } = msmq
      await using sender = await openAuthenticated(connection)
      await using contexts = await connection.securityContexts({ idleTimeToLive: 0 })
      const first = await contexts.get()
      const second = await contexts.get()
      first.close()
      first.close()
      assert.deepStrictEqual([first.isOpen, second.isOpen], [false, true])
      assert.strictEqual(await tagOf(sender.send({}, { securityContext: first })), "Released")
      await sender.send({}, { securityContext: second })
      assert.deepStrictEqual(await acquired(msmq), [1, 0])
      second.close()
      assert.deepStrictEqual(await acquired(msmq), [1, 1])
    }, options)
  })

  it("waits with a context for the batch that is sent with it, whose user has closed it", async () => {
    await TestMsmq.run(async (msmq) => {
      const { connection } = msmq
      await using sender = await openAuthenticated(connection)
      await using contexts = await connection.securityContexts({ idleTimeToLive: 0 })
      const securityContext = await contexts.get()
      let accepted = 0
      async function* messages() {
        for (let index = 0; index < 3; index++) {
          yield { label: String(index) }
          if (index === 1) securityContext.close()
        }
      }
      const sending = sender.sendAll(messages(), {
        securityContext,
        onProgress: (report) => {
          ;({ accepted } = report)
        }
      })
      assert.strictEqual(await tagOf(sending), "Released")
      assert.strictEqual(await connection.queueManager.messageCount(orders), accepted)
      assert.deepStrictEqual(await acquired(msmq), [1, 1])
    }, options)
  })

  it("acquires another context after the certificate was invalidated, and frees the old one after its last user", async () => {
    await TestMsmq.run(async (msmq) => {
      await using contexts = await msmq.connection.securityContexts()
      using old = await contexts.get(external())
      await contexts.invalidate(external())
      assert.deepStrictEqual(await acquired(msmq), [1, 0])
      using _renewed = await contexts.get(external())
      assert.deepStrictEqual(await acquired(msmq), [2, 0])
      old.close()
      assert.deepStrictEqual(await acquired(msmq), [2, 1])
    }, options)
  })

  it("tries again after a failure, which rejects", async () => {
    await TestMsmq.run(async (msmq) => {
      await using contexts = await msmq.connection.securityContexts()
      await msmq.control.setResourcesExhausted(true)
      assert.strictEqual(await tagOf(contexts.get()), "InsufficientResources")
      await msmq.control.setResourcesExhausted(false)
      using context = await contexts.get()
      assert.isTrue(context.isOpen)
    }, options)
  })

  it("is refused after it was closed, and closes with its connection, whatever order its users close in", async () => {
    await TestMsmq.run(async (msmq) => {
      const closed = await msmq.connection.securityContexts()
      assert.isTrue(closed.isOpen)
      await closed.close()
      await closed.close()
      assert.isFalse(closed.isOpen)
      assert.strictEqual(await tagOf(closed.get()), "Released")
      assert.strictEqual(await tagOf(closed.invalidate()), "Released")

      const other = await msmq.connect()
      const contexts = await other.securityContexts({ idleTimeToLive: "1 hour" })
      const [one, two] = [await contexts.get(), await contexts.get(external())]
      one.close()
      await other.close()
      assert.deepStrictEqual([contexts.isOpen, two.isOpen], [false, false])
      assert.strictEqual(await tagOf(contexts.get()), "Released")
      two.close()
      const [made, freed] = await acquired(msmq)
      assert.strictEqual(made, freed)
      assert.strictEqual(await tagOf(other.securityContexts()), "Released")
    }, options)
  })

  it("rejects with the reason of a signal, and keeps nothing open", async () => {
    await TestMsmq.run(async ({ connection, ledger }) => {
      const signal = AbortSignal.abort(new Error("stop"))
      const caught = await connection.securityContexts({ signal }).catch((error: unknown) => error)
      assert.strictEqual(caught, signal.reason)
      await using contexts = await connection.securityContexts({ idleTimeToLive: 0 })
      assert.strictEqual(await contexts.get(undefined, { signal }).catch((error: unknown) => error), signal.reason)
      assert.deepStrictEqual(await ledger.open(), [])
    }, options)
  })

  it("frees each context once, whenever a call that waits for one is aborted", async () => {
    const run = (turns: number, waiting: number) =>
      TestMsmq.run(async (msmq) => {
        const { connection, faults } = msmq
        await faults.inject({ function: "MQGetSecurityContextEx", call: 1, stall: 1 })
        const contexts = await connection.securityContexts({ idleTimeToLive: 0 })
        const stop = new AbortController()
        const got = Array.from({ length: waiting }, (_, index) =>
          contexts.get(undefined, index === 0 ? { signal: stop.signal } : undefined).then(
            (context) => context.close(),
            (error: unknown) => assert.strictEqual(error, stop)
          )
        )
        // oxlint-disable-next-line no-await-in-loop -- one turn after the other
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        stop.abort(stop)
        await Promise.all(got)
        await contexts.close()
        const [made, freed] = await acquired(msmq)
        assert.strictEqual(made, freed, `${turns} turns, ${waiting} calls`)
      }, options)
    for (const waiting of [1, 2, 3]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (let turns = 0; turns < 8; turns++) await run(turns, waiting)
    }
  })
})
