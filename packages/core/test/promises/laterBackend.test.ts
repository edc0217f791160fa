/** The promise face on a backend that answers no call at once, as one behind a gateway. */
import { MsmqError } from "@effect-msmq/core"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connectObserved } from "../support/connection.ts"

const orders = ".\\private$\\orders"

/** Makes each call of a security context wait a moment. */
const later = ({ freeSecurityContext, getSecurityContext }: MqrtFunctions): Partial<MqrtFunctions> => ({
  getSecurityContext: (...given) => Effect.andThen(moment, getSecurityContext(...given)),
  freeSecurityContext: (handle) => Effect.andThen(moment, freeSecurityContext(handle))
})

const moment = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

const thrownBy = (call: () => unknown): MsmqError.MsmqError => {
  try {
    call()
  } catch (error) {
    if (error instanceof MsmqError.MsmqError) return error
  }
  throw new Error("it threw no MsmqError")
}

describe("a security context, on a backend that answers later", () => {
  it("is not had at once: the error names the function that waits, and what the backend opened is released", async () => {
    const { calls, expectNoLeaks, msmq } = await connectObserved(later)
    const error = thrownBy(() => msmq.securityContext())
    assert.strictEqual(
      error.message,
      "SecurityContext.acquire: securityContext() is a call that has to return at once, but this backend answers later, as one " +
        "behind a gateway does: use await acquireSecurityContext() with the same options"
    )
    assert.strictEqual(error.reason._tag, "IllegalOption")
    await msmq.close()
    assert.deepStrictEqual(await calls(), ["getSecurityContext", "freeSecurityContext"])
    await expectNoLeaks()
  })

  it("is acquired by the function that waits, signs, and is freed once, in a block or by hand", async () => {
    const { calls, expectNoLeaks, msmq } = await connectObserved(later)
    await msmq.createQueue(orders, { authenticate: true })
    {
      using securityContext = await msmq.acquireSecurityContext()
      await msmq.send(orders, { label: "order 1" }, { securityContext })
      assert.isTrue(securityContext.isOpen)
    }
    const byHand = await msmq.acquireSecurityContext()
    byHand.close()
    byHand.close()
    assert.isFalse(byHand.isOpen)
    await using receiver = await msmq.openReceiver(orders)
    assert.isTrue((await receiver.receive()).authenticated)
    await msmq.close()
    assert.strictEqual((await calls()).filter((name) => name === "freeSecurityContext").length, 2)
    await expectNoLeaks()
  })

  it("that is closed at the very end is freed before the connection has closed", async () => {
    const { calls, expectNoLeaks, msmq } = await connectObserved(later)
    {
      await using connection = msmq
      using _context = await connection.acquireSecurityContext()
    }
    assert.deepStrictEqual(await calls(), ["getSecurityContext", "freeSecurityContext"])
    await expectNoLeaks()
  })

  it("is not acquired where its signal has aborted, and its error is that of the function that does not wait", async () => {
    const { calls, msmq } = await connectObserved(later)
    const aborted = await msmq.acquireSecurityContext({ signal: AbortSignal.abort("enough") }).catch((error) => error)
    assert.strictEqual(aborted, "enough")
    assert.deepStrictEqual(await calls(), [])
    const wrong = { certificate: "none" } as never
    const [now, waiting] = [
      thrownBy(() => msmq.securityContext(wrong)),
      await msmq.acquireSecurityContext(wrong).catch((error: MsmqError.MsmqError) => error)
    ]
    assert.strictEqual((waiting as MsmqError.MsmqError).message, now.message)
    await msmq.close()
  })

  it("comes from the cache of security contexts, too", async () => {
    const { expectNoLeaks, msmq } = await connectObserved(later)
    await msmq.createQueue(orders, { authenticate: true })
    {
      await using contexts = await msmq.securityContexts()
      using securityContext = await contexts.get()
      await msmq.send(orders, { label: "order 1" }, { securityContext })
    }
    await msmq.close()
    await expectNoLeaks()
  })
})
