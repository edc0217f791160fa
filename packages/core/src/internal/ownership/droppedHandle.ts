/**
 * Warnings for handles that nothing can close any more: those whose `OwnedHandle` was collected while they were open.
 * Such a handle stays open until its connection closes. Nothing that this file keeps may refer to an `OwnedHandle`.
 */
import type { CallSite } from "../../mqrt/CallSite.ts"

/** Facts of a handle that its warning needs. */
interface Reported {
  readonly description: string
  /** Place that opened the handle. */
  readonly openedAt: CallSite
  /** Beginning of the closing of the handle, or of one of its parents. */
  readonly closing: { readonly began: CallSite | undefined }
}

/** Facts for the warning of one handle. They refer neither to the handle nor to its node, which a backend may be reached by. */
type Alarm = Pick<Reported, "description" | "openedAt" | "closing">

const detailOf = ({ openedAt }: Alarm): string =>
  openedAt.toString() === "" ? "opened after a wait that left no stack" : `opened\n${openedAt}`

const registry = new FinalizationRegistry<Alarm>((alarm) => {
  // The handle is closing, or one of its parents is.
  if (alarm.closing.began !== undefined) return
  process.emitWarning(
    `the ${alarm.description} was dropped without being closed, and nothing can close it any more. It stays open until ` +
      "its connection is closed or the process ends. Close it: by using or await using, by close() or abort(), by " +
      "leaving its loop with break, or in Effect by closing the scope that it was opened in",
    { type: "MsmqHandleDropped", detail: detailOf(alarm) }
  )
})

/** Warns of a handle, with the stack that opened it, if it is collected before {@link forgetHandle} is called. */
export const reportIfDropped = (handle: object, node: Reported): void => {
  const { closing, description, openedAt } = node
  registry.register(handle, { closing, description, openedAt }, node)
  openedAt.keep()
}

/** Takes {@link reportIfDropped} back, for a handle that was released, or that another is reported in place of. */
export const forgetHandle = (node: Reported): void => {
  if (registry.unregister(node)) node.openedAt.letGo()
}
