import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { peekingArrivals } from "./Arrivals.ts"
import type { LibraryFiles } from "./bindings.ts"
import { bind } from "./bindings.ts"
import { cursors } from "./cursors.ts"
import { locate } from "./locate.ts"
import { management } from "./management.ts"
import { moving } from "./moving.ts"
import { names } from "./names.ts"
import { queues } from "./queues.ts"
import { queueSecurity } from "./queueSecurity.ts"
import { receiving } from "./receiving.ts"
import { securityContexts } from "./securityContexts.ts"
import { sending } from "./sending.ts"
import { transactionPointer, transactions } from "./transactions.ts"

/** All functions of the seam over a library, and what closes them when nothing is open any more. */
export const open = (
  files: LibraryFiles
): { readonly functions: MqrtFunctions; readonly close: Effect.Effect<void> } => {
  const bindings = bind(files)
  const send = sending(bindings, transactionPointer)
  const arrivals = peekingArrivals(bindings.functions, bindings.port)
  const receive = receiving(bindings.functions, arrivals, transactionPointer)
  const queue = queues(bindings)
  return {
    functions: {
      ...securityContexts(bindings),
      ...queue,
      ...queueSecurity(bindings),
      ...locate(bindings),
      ...names(bindings),
      ...cursors(bindings),
      ...moving(bindings),
      ...transactions(bindings),
      ...management(bindings),
      sendMessages: send.sendMessages,
      receiveMessage: receive.receiveMessage,
      receiveMessageByLookupId: receive.receiveMessageByLookupId,
      openQueue: (formatName, access, shareMode) => {
        const open = queue.openQueue(formatName, access, shareMode)
        return access === "send" ? send.opening(formatName, open) : receive.opening(formatName, open)
      },
      closeQueue: (handle) => send.closing(handle, receive.closing(handle, queue.closeQueue(handle)))
    },
    close: Effect.andThen(
      bindings.calls.close,
      Effect.sync(() => {
        send.close()
        receive.close()
        bindings.close()
      })
    )
  }
}
