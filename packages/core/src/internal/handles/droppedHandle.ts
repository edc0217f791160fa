import type { OwnedHandle } from "./OwnedHandle.ts"

const registry = new FinalizationRegistry<OwnedHandle<unknown>>((handle) => {
  if (handle.state !== "open") return
  process.emitWarning(
    `the ${handle.description} was dropped without being closed; it stays open until its connection closes`,
    {
      type: "MsmqHandleDropped",
      detail: `opened\n${handle.openedAt}`
    }
  )
})

/** Raises the alarm, with the stack that opened it, if the owner is forgotten while its handle is open. */
export const reportIfDropped = <A extends object>(owner: A, handle: OwnedHandle<unknown>): A => {
  registry.register(owner, handle)
  return owner
}
