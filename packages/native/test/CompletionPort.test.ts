import { assert, describe, it } from "@effect/vitest"
import { CompletionPort } from "../src/internal/CompletionPort.ts"
import { layout } from "../src/internal/layout.ts"
import { fakeBindings } from "./fakeBindings.ts"
import koffi from "koffi"

type Done = (error: unknown, result: number) => void

/** A port whose calls off the main thread end when the test says so. `takes`: handles can be associated with it. */
const setup = (takes: (handle: bigint) => boolean) => {
  const state = { waits: 0, isEventSet: false, posted: 0, waitsFor: "" }
  let done: Done | undefined
  const waitFor = (what: string) =>
    Object.assign(
      () => {
        throw new Error("it would keep the main thread waiting")
      },
      {
        async: (...args: ReadonlyArray<unknown>) => {
          state.waits++
          state.waitsFor = what
          done = args.at(-1) as Done
        }
      }
    )
  const look = fakeBindings({ GetQueuedCompletionStatusEx: () => 0 }).functions.GetQueuedCompletionStatusEx
  const { functions } = fakeBindings({
    CreateIoCompletionPort: (handle) => (handle === BigInt.asUintN(64, -1n) ? 1n : takes(handle as bigint) ? 1n : 0n),
    PostQueuedCompletionStatus: () => ++state.posted,
    CreateEventW: () => 2n,
    SetEvent: () => {
      state.isEventSet = true
      return 1
    },
    ResetEvent: () => {
      state.isEventSet = false
      return 1
    }
  })
  const port = new CompletionPort(
    {
      ...functions,
      CreateIoCompletionPort: functions.CreateIoCompletionPort,
      PostQueuedCompletionStatus: functions.PostQueuedCompletionStatus,
      GetQueuedCompletionStatusEx: Object.assign(look, { async: waitFor("port").async })
    },
    { ...functions, WaitForSingleObject: waitFor("event") },
    true
  )
  /** Ends the call that waits. */
  const wake = () => {
    const ended = done
    done = undefined
    state.waits--
    ended?.(null, 0)
  }
  return { port, state, wake }
}

/** Ends an operation, as Message Queuing does. */
const end = (address: bigint, status: number): void => {
  new DataView(koffi.view(address, layout.OVERLAPPED.size)).setBigUint64(0, BigInt(status), true)
}

describe("the completion port", () => {
  it("has one call that waits while it is held, and none otherwise", () => {
    const { port, state, wake } = setup(() => true)
    port.hold()
    port.hold()
    assert.deepStrictEqual([state.waits, state.waitsFor], [1, "port"])
    wake()
    assert.strictEqual(state.waits, 1)
    port.release()
    port.release()
    assert.strictEqual(state.posted, 1)
    wake()
    assert.strictEqual(state.waits, 0)
  })

  it("is emptied by the one call that waits for the event, while a handle is not one of the kernel's", () => {
    const { port, state, wake } = setup(() => false)
    const statuses: Array<number> = []
    port.hold()
    const overlapped = port.overlapped(port.associate(5n))
    port.expect(overlapped, (status) => statuses.push(status))
    // The call at the port is woken, and the next one waits for the event.
    assert.strictEqual(state.posted, 1)
    wake()
    assert.deepStrictEqual([state.waits, state.waitsFor], [1, "event"])
    port.markBegun()
    assert.isTrue(state.isEventSet)
    wake()
    assert.deepStrictEqual([state.isEventSet, statuses], [false, []])
    end(overlapped.address, 0)
    wake()
    assert.deepStrictEqual([state.waits, state.waitsFor, statuses], [1, "port", [0]])
    port.release()
    overlapped.free()
  })

  it("reports nothing for an operation that did not begin", () => {
    const { port, state, wake } = setup(() => false)
    port.hold()
    const overlapped = port.overlapped(port.associate(5n))
    port.expect(overlapped, () => assert.fail("it did not begin"))
    port.dismiss(overlapped)
    end(overlapped.address, 0)
    wake()
    assert.strictEqual(state.waitsFor, "port")
    overlapped.free()
  })
})
