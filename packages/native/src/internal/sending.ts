import type { TransactionArgument } from "@effect-msmq/core/MessageProperties"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Functions } from "./declarations.ts"
import { SendBlock } from "./SendBlock.ts"

/** What of `mqrt.dll` a send stands on. */
export type SendFunctions = Pick<Functions, "MQSendMessage">

type Sending = Pick<MqrtFunctions, "sendMessages"> & {
  /** Frees what all sends share. */
  readonly close: () => void
}

/** Sending, on the calling thread, through one block of memory: sends run one after the other. */
export const sending = (
  functions: SendFunctions,
  transactionPointer: (transaction: TransactionArgument) => bigint
): Sending => {
  const block = new SendBlock()
  return {
    sendMessages: (queue, messages, options) =>
      Effect.sync(() =>
        block.send(functions.MQSendMessage, queue, messages, options, transactionPointer(options.transaction))
      ),
    close: () => block.close()
  }
}
