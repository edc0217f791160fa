// A program of plain JavaScript that requires the packages, which are ECMAScript modules.
const { MessageQueue } = require("@effect-msmq/core")
const { connect } = require("@effect-msmq/core/promises")
const { parse } = require("@effect-msmq/core/FormatName")
const { InMemoryMqrt } = require("@effect-msmq/testing")
const { Effect } = require("effect")

const name = ".\\private$\\orders"

const program = Effect.gen(function* () {
  yield* MessageQueue.create(name)
  const sender = yield* MessageQueue.openSender(name)
  const { accepted } = yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
  return [typeof parse, accepted]
}).pipe(Effect.scoped)

const promises = async () => {
  const msmq = await connect(InMemoryMqrt.layer)
  await msmq.createQueue(name)
  const sender = await msmq.openSender(name)
  await sender.send({ label: "order 3" })
  const receiver = await msmq.openReceiver(name)
  const { label } = await receiver.receive()
  await receiver.close()
  await sender.close()
  await msmq.close()
  return [label]
}

Effect.runPromise(Effect.provide(program, InMemoryMqrt.layer))
  .then((result) => console.log(JSON.stringify(result)))
  .then(promises)
  .then((result) => console.log(JSON.stringify(result)))
