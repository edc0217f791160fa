/**
 * The alarm for handles that nobody can close any more.
 *
 * Each open handle has an owner: an object that only its scope leads to. Once the owner is collected the handle stays open
 * until its connection closes. Nothing that the SDK holds may lead to an owner, nor may the alarm.
 */
import type { CallSite } from "../../CallSite.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"

interface Alarm {
  readonly description: string
  readonly openedAt: CallSite
}

const detailOf = ({ openedAt }: Alarm): string =>
  openedAt.toString() === "" ? "opened after a wait that left no stack" : `opened\n${openedAt}`

const registry = new FinalizationRegistry<Alarm>((alarm) => {
  process.emitWarning(
    `the ${alarm.description} was dropped without being closed, and nobody can close it any more. It stays open until ` +
      "its connection is closed or the process ends. Close it: by using or await using, by close() or abort(), by " +
      "leaving its loop with break, or in Effect by closing the scope that it was opened in",
    { type: "MsmqHandleDropped", detail: detailOf(alarm) }
  )
})

/** Reports the handle, with the stack that opened it, if the owner is collected before {@link forgetOwner}. */
export const reportIfDropped = (owner: object, handle: OwnedHandle<unknown>): void => {
  const { description, openedAt } = handle
  registry.register(owner, { description, openedAt }, handle)
  openedAt.keep()
}

/** Takes the alarm back: the handle has been released, or another is reported in its place. */
export const forgetOwner = (handle: OwnedHandle<unknown>): void => {
  if (registry.unregister(handle)) handle.openedAt.letGo()
}
