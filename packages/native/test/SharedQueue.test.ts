import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SharedQueues } from "../src/internal/SharedQueue.ts"

describe("a queue that is open", () => {
  const local = "DIRECT=OS:.\\private$\\orders"
  const byName = "DIRECT=OS:DOUBLE\\private$\\Orders"

  it.effect("is the same by each of its names, also when more has become known of them since it was opened", () =>
    Effect.gen(function* () {
      const queues = new SharedQueues()
      const { queue } = queues.opened(byName, "receive")
      queues.computer.learnPathName(local, "DOUBLE\\private$\\orders")
      for (const name of [byName, local, byName.toLowerCase()]) {
        assert.strictEqual(queues.opened(name, "receive").queue, queue)
      }
      for (let user = 0; user < 3; user++) yield* queues.left(queue)
      assert.strictEqual(queues.opened(local, "peek").queue, queue)
      yield* queues.left(queue)
      yield* queues.left(queue)
      assert.notStrictEqual(queues.opened(byName, "receive").queue, queue)
      assert.strictEqual(queues.opened(local, "receive").queue, queues.opened(byName, "receive").queue)
    })
  )

  it("is another one than its outgoing messages, its journal and its subqueues", () => {
    const queues = new SharedQueues()
    const opened = new Set([
      queues.opened(byName, "receive").queue,
      queues.opened(byName, "receiveAdmin").queue,
      queues.opened(`${byName};journal`, "receive").queue,
      queues.opened(`${byName};retry`, "receive").queue
    ])
    assert.strictEqual(opened.size, 4)
  })
})
