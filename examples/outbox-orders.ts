/**
 * Orders in a database, and messages about them in a queue, which stay in step though the sender crashes between the two: see outbox.ts. Each
 * run goes on with the database of the one before it.
 *
 *   node outbox-orders.ts [DATABASE] [--native]
 *
 * DATABASE: file of SQLite, by default one in memory.
 */
import { connect, MessageBody } from "@effect-msmq/core/promises"
import { DatabaseSync } from "node:sqlite"
import { backend } from "./backend.ts"
import { atomically, createTables, flush, once, post } from "./outbox.ts"

const queue = ".\\private$\\outbox-orders"
const body = MessageBody.text

const file = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? ":memory:"
using database = new DatabaseSync(file)
createTables(database)
for (const table of ["orders", "shipments"]) database.exec(`CREATE TABLE IF NOT EXISTS ${table} (name TEXT NOT NULL)`)

await using msmq = await connect(backend)
await msmq.ensureQueue(queue, { transactional: true })
await using sender = await msmq.openSender(queue, { body })
await using receiver = await msmq.openReceiver(queue, { body })

/** Prints a step, and what is where after it. */
const show = async (step: string): Promise<void> => {
  const [orders, outbox, shipments] = ["orders", "outbox", "shipments"].map(
    (table) => database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]
  )
  const queued = await msmq.queueManager.messageCount(queue)
  console.log(`${step}: orders ${orders}, outbox ${outbox}, queue ${queued}, shipments ${shipments}`)
}

// The order and the message about it are one transaction: no crash leaves one without the other.
atomically(database, () => {
  database.prepare("INSERT INTO orders (name) VALUES (?)").run("two lamps")
  post(database, { queue, body: "two lamps" })
})
await show("ordered")

// As in a crash after the send, the database no longer takes the removal of the message.
database.exec("PRAGMA query_only = ON")
await flush(sender, database, Date.now()).catch(() => {})
database.exec("PRAGMA query_only = OFF")
await show("sent, and crashed")

// The next start sends what is in the outbox: the message a second time, with the same key.
await flush(sender, database, Date.now())
await show("started again")

/** Ships what is in the queue, each in the transaction that receives it. */
const shipAll = async (): Promise<void> => {
  const isEmpty = await msmq.transaction(async () => {
    const message = await receiver.poll()
    if (message === undefined) return true
    once(database, message, () => database.prepare("INSERT INTO shipments (name) VALUES (?)").run(message.body))
    return false
  })
  return isEmpty ? undefined : shipAll()
}
await shipAll()
await show("shipped once")
