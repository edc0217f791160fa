import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { accounts } from "./accounts.ts"
import type { LibraryFiles } from "./bindings.ts"
import { bind } from "./bindings.ts"
import { certificateStores } from "./certificateStores.ts"
import { locate } from "./locate.ts"
import { management } from "./management.ts"
import { names } from "./names.ts"
import { openQueues } from "./openQueues.ts"
import { queues } from "./queues.ts"
import { queueSecurity } from "./queueSecurity.ts"
import { receiving } from "./receiving.ts"
import { securityContexts } from "./securityContexts.ts"
import { sending } from "./sending.ts"
import { sharedQueues } from "./SharedQueue.ts"
import { learnNames } from "./ThisComputer.ts"
import { transactionPointer, transactions } from "./transactions.ts"

/** Opens a library. Returns the functions of the seam over it, and the effect that closes them. */
export const open = (
  files: LibraryFiles
): { readonly functions: MqrtFunctions; readonly close: Effect.Effect<void> } => {
  const bindings = bind(files)
  const shared = sharedQueues(files.library, bindings.portFile)
  const send = sending(bindings, transactionPointer)
  const receive = receiving(bindings, shared, transactionPointer)
  const queue = queues(bindings)
  const opened = openQueues(bindings)
  const name = names(bindings)
  const managing = management(bindings)
  const transaction = transactions(bindings)
  return {
    functions: {
      ...securityContexts(bindings),
      ...accounts(bindings),
      ...certificateStores(bindings),
      ...queue,
      ...queueSecurity(bindings),
      ...locate(bindings),
      ...name,
      ...opened,
      ...transaction,
      ...managing,
      ...learnNames(shared.computer, { ...queue, ...name, ...managing }),
      sendMessages: send.sendMessages,
      receiveMessage: receive.receiveMessage,
      receiveMessageByLookupId: receive.receiveMessageByLookupId,
      openQueue: (formatName, access, shareMode) => {
        const open = queue.openQueue(formatName, access, shareMode)
        return access === "send" ? send.openQueue(formatName, open) : receive.openQueue(formatName, access, open)
      },
      closeQueue: (handle) => send.closeQueue(handle, receive.closeQueue(handle, opened.closeQueue(handle))),
      purgeQueue: (handle) => receive.purgeQueue(handle, opened.purgeQueue(handle)),
      deleteQueue: (formatName) =>
        Effect.tap(queue.deleteQueue(formatName), () => Effect.sync(() => shared.forgetMessages(formatName))),
      moveMessage: (source, destination, lookupId, transaction) =>
        receive.moveMessage(source, lookupId, opened.moveMessage(source, destination, lookupId, transaction)),
      closeCursor: (handle) => receive.closeCursor(handle, opened.closeCursor(handle)),
      commitTransaction: (handle) => receive.commitTransaction(handle, transaction.commitTransaction(handle)),
      abortTransaction: (handle) => receive.abortTransaction(handle, transaction.abortTransaction(handle)),
      releaseTransaction: (handle) => receive.abortTransaction(handle, transaction.releaseTransaction(handle))
    },
    close: receive.endWaits.pipe(
      Effect.andThen(bindings.calls.close),
      Effect.andThen(
        Effect.sync(() => {
          send.close()
          bindings.close()
        })
      ),
      Effect.andThen(receive.close)
    )
  }
}
