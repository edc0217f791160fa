/**
 * The alarm for handles that nobody can close any more.
 *
 * Each open handle has an owner: an object that only its scope holds, or whoever opened it. Once the owner is collected
 * the handle stays open until its connection closes. Nothing that the SDK holds may lead to an owner, nor may the alarm:
 * it holds two texts.
 */
import type { OwnedHandle } from "./OwnedHandle.ts"

interface Alarm {
  readonly description: string
  readonly openedAt: string
}

const registry = new FinalizationRegistry<Alarm>(({ description, openedAt }) => {
  process.emitWarning(
    `the ${description} was dropped without being closed, and nobody can close it any more. It stays open until its ` +
      "connection is closed or the process ends. Close it: by using or await using, by close() or abort(), by leaving " +
      "its loop with break, or in Effect by closing the scope that it was opened in",
    {
      type: "MsmqHandleDropped",
      detail: openedAt === "" ? "opened after a wait that left no stack" : `opened\n${openedAt}`
    }
  )
})

/** The owners of handles that were opened in this turn of the event loop: most of these are closed within it. */
const fresh = new Map<OwnedHandle<unknown>, object>()

/** How many alarms one turn sets: each writes out a stack. */
const alarmsPerTurn = 64

let isScheduled = false

const schedule = (): void => {
  isScheduled = true
  setImmediate(setAlarms)
}

const setAlarms = (): void => {
  isScheduled = false
  let set = 0
  for (const [handle, owner] of fresh) {
    if (set++ === alarmsPerTurn) break
    fresh.delete(handle)
    registry.register(owner, { description: handle.description, openedAt: handle.openedAt.toString() }, handle)
  }
  if (fresh.size > 0) schedule()
}

/** Reports the handle, with the stack that opened it, if the owner is collected while the handle is open. */
export const reportIfDropped = (owner: object, handle: OwnedHandle<unknown>): void => {
  fresh.set(handle, owner)
  if (!isScheduled) schedule()
}

/** Takes the alarm back, since the handle has been released. */
export const forgetOwner = (handle: OwnedHandle<unknown>): void => {
  if (!fresh.delete(handle)) registry.unregister(handle)
}
