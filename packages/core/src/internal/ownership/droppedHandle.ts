/**
 * The alarm for handles that nobody can close any more: those whose {@link OwnedHandle} was collected while they were open.
 * Each stays open until its connection closes. Nothing that the alarm keeps may lead to an `OwnedHandle`.
 */
import type { CallSite } from "../../mqrt/CallSite.ts"
import type { HandleNode } from "./HandleNode.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"

interface Alarm {
  readonly description: string
  readonly openedAt: CallSite
  /** Collected with the handle where its parent is collected too. */
  readonly node: WeakRef<HandleNode<unknown>>
}

const detailOf = ({ openedAt }: Alarm): string =>
  openedAt.toString() === "" ? "opened after a wait that left no stack" : `opened\n${openedAt}`

const registry = new FinalizationRegistry<Alarm>((alarm) => {
  // It is being closed, or what it was opened through is.
  if (alarm.node.deref()?.closedAt !== undefined) return
  process.emitWarning(
    `the ${alarm.description} was dropped without being closed, and nobody can close it any more. It stays open until ` +
      "its connection is closed or the process ends. Close it: by using or await using, by close() or abort(), by " +
      "leaving its loop with break, or in Effect by closing the scope that it was opened in",
    { type: "MsmqHandleDropped", detail: detailOf(alarm) }
  )
})

/** Reports a handle, with the stack that opened it, if it is collected before {@link forgetHandle}. */
export const reportIfDropped = (handle: OwnedHandle<unknown>, node: HandleNode<unknown>): void => {
  const { description, openedAt } = node
  registry.register(handle, { description, openedAt, node: new WeakRef(node) }, node)
  openedAt.keep()
}

/** Takes the alarm back: the handle has been released, or another is reported in its place. */
export const forgetHandle = (node: HandleNode<unknown>): void => {
  if (registry.unregister(node)) node.openedAt.letGo()
}
