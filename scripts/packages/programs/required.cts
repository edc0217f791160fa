// A CommonJS module in TypeScript: Node 22.12 and later load the packages by `require`.
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"

export const label = async (): Promise<string> => {
  const msmq = await connect(InMemoryMqrt.layer)
  const receiver = await msmq.openReceiver(".\\private$\\orders")
  const { label } = await receiver.receive()
  await msmq.close()
  return label
}
