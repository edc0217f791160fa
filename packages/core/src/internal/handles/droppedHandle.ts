/**
 * The alarm for handles that nobody can close any more.
 *
 * Each open handle has an owner: an object that only its scope leads to. Once the owner is collected the handle stays open
 * until its connection closes. Nothing that the SDK holds may lead to an owner, nor may the alarm.
 */
import type { OwnedHandle } from "./OwnedHandle.ts"

const detailOf = ({ openedAt }: OwnedHandle<unknown>): string =>
  openedAt.toString() === "" ? "opened after a wait that left no stack" : `opened\n${openedAt}`

const registry = new FinalizationRegistry<OwnedHandle<unknown>>((handle) => {
  // A closing that waits for the calls that run needs no owner.
  if (handle.closedAt !== undefined) return
  process.emitWarning(
    `the ${handle.description} was dropped without being closed, and nobody can close it any more. It stays open until ` +
      "its connection is closed or the process ends. Close it: by using or await using, by close() or abort(), by " +
      "leaving its loop with break, or in Effect by closing the scope that it was opened in",
    { type: "MsmqHandleDropped", detail: detailOf(handle) }
  )
})

/**
 * Reports the handle, with the stack that opened it, if the owner is collected before {@link forgetOwner} and before a
 * closing of the handle, or of what is above it, has begun.
 */
export const reportIfDropped = (owner: object, handle: OwnedHandle<unknown>): void => {
  registry.register(owner, handle, handle)
  handle.openedAt.keep()
}

/** Takes the alarm back: the handle has been released, or another is reported in its place. */
export const forgetOwner = (handle: OwnedHandle<unknown>): void => {
  if (registry.unregister(handle)) handle.openedAt.letGo()
}
