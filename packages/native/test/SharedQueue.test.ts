import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SharedQueues } from "../src/internal/SharedQueue.ts"

describe("a queue that is open", () => {
  const local = "DIRECT=OS:.\\private$\\orders"
  const byName = "DIRECT=OS:DOUBLE\\private$\\Orders"

  it.effect("is the same by each of its names, even if a name was learned after it was opened", () =>
    Effect.gen(function* () {
      const queues = new SharedQueues()
      const { queue } = queues.open(byName, "receive")
      queues.computer.learnPathName(local, "DOUBLE\\private$\\orders")
      for (const name of [byName, local, byName.toLowerCase()]) {
        assert.strictEqual(queues.open(name, "receive").queue, queue)
      }
      for (let user = 0; user < 3; user++) yield* queues.release(queue)
      assert.strictEqual(queues.open(local, "peek").queue, queue)
      yield* queues.release(queue)
      yield* queues.release(queue)
      assert.notStrictEqual(queues.open(byName, "receive").queue, queue)
      assert.strictEqual(queues.open(local, "receive").queue, queues.open(byName, "receive").queue)
    })
  )

  it("is not the same as its outgoing queue, its journal and its subqueues", () => {
    const queues = new SharedQueues()
    const opened = new Set([
      queues.open(byName, "receive").queue,
      queues.open(byName, "receiveAdmin").queue,
      queues.open(`${byName};journal`, "receive").queue,
      queues.open(`${byName};retry`, "receive").queue
    ])
    assert.strictEqual(opened.size, 4)
  })
})
