/**
 * Outbox and inbox: a database and queues that stay in step without a distributed transaction, and messages that are sent later.
 *
 * A change of the database and the messages about it are one transaction of the database, which keeps the messages in the table
 * `outbox`. `flush` sends them, and removes them afterwards: a crash in between sends a message twice, with the same key. The
 * receiver handles a message in a transaction of its own database, which keeps the key in the table `inbox`, and passes over a key
 * that is there.
 */
import type { Message } from "@effect-msmq/core"
import type { Sender } from "@effect-msmq/core/promises"
import { randomUUID } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"

/** Message in the outbox. */
interface Posted {
  readonly queue: string
  readonly body: string
  /** Time to send it at, in milliseconds since 1970. As soon as possible by default. */
  readonly due?: number
}

/** Creates the two tables where they do not exist. */
export const createTables = (database: DatabaseSync): void =>
  database.exec(`
    CREATE TABLE IF NOT EXISTS outbox (key TEXT PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, due INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS inbox (key TEXT PRIMARY KEY);
  `)

/** Runs a function in a transaction of the database, which is rolled back if the function throws. */
export const atomically = <A>(database: DatabaseSync, run: () => A): A => {
  database.exec("BEGIN IMMEDIATE")
  try {
    const result = run()
    database.exec("COMMIT")
    return result
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK")
    throw error
  }
}

/** Puts a message into the outbox, in the transaction of the database that runs. */
export const post = (database: DatabaseSync, { body, due = 0, queue }: Posted): void => {
  const insert = database.prepare("INSERT INTO outbox (key, queue, body, due) VALUES (?, ?, ?, ?)")
  insert.run(randomUUID(), queue, body, due)
}

/** Sends the messages of the outbox for a queue that are due, and removes them after that. The codec of the sender is text. */
export const flush = async (sender: Sender<string>, database: DatabaseSync, now: number): Promise<void> => {
  const select = database.prepare("SELECT key, body FROM outbox WHERE queue = ? AND due <= ? ORDER BY due, rowid")
  const due = select.all(sender.queue, now).map(({ body, key }) => ({ body: String(body), key: String(key) }))
  const messages = due.map(({ body, key }) => ({ body, headers: { key } }))
  await sender.sendAll(messages, { transaction: "singleMessage" })
  atomically(database, () => {
    const remove = database.prepare("DELETE FROM outbox WHERE key = ?")
    for (const { key } of due) remove.run(key)
  })
}

/** Handles a message in a transaction of the database, unless it was handled before. */
export const once = (database: DatabaseSync, message: Message.ReceivedMessage<string>, handle: () => void): void =>
  atomically(database, () => {
    const insert = database.prepare("INSERT OR IGNORE INTO inbox (key) VALUES (?)")
    const { changes } = insert.run(message.headers["key"] ?? message.messageId)
    if (changes > 0) handle()
  })
