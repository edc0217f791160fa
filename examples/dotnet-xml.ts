/**
 * Orders for a program in .NET, and orders from it: bodies as `XmlMessageFormatter` writes and reads them. dotnet-xml/Program.cs is the
 * program on the other side.
 *
 *   node dotnet-xml.ts [--native]
 */
import { connect } from "@effect-msmq/core/promises"
import { backend } from "./backend.ts"
import { orderBody } from "./dotnet-xml/order.ts"

const queue = ".\\private$\\dotnet-orders"

await using msmq = await connect(backend)
await msmq.ensureQueue(queue)
await using sender = await msmq.openSender(queue, { body: orderBody })
const order = { Id: 7, Customer: "Åse & Söhne", Due: new Date("2026-12-24T12:00:00Z"), Items: ["paper", "ink"] }
await sender.send({ label: "order 7", body: order })

// The bytes that .NET reads, and those that it would have written.
await using bytes = await msmq.openReceiver(queue)
const { body: sent } = await bytes.receive()
console.log(Buffer.from(sent).toString())

const fromDotnet = `<?xml version="1.0"?>
<Order xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <Id>8</Id>
  <Customer>Smith</Customer>
  <Due>2026-12-31T08:30:00+01:00</Due>
  <Items>
    <string>lamp</string>
  </Items>
</Order>`
await using raw = await msmq.openSender(queue)
await raw.send({ label: "order 8", body: Buffer.from(fromDotnet) })
await using receiver = await msmq.openReceiver(queue, { body: orderBody })
const received = await receiver.receive()
console.log(`${received.body.Customer}: ${received.body.Items.join(", ")}, due ${received.body.Due.toISOString()}`)
