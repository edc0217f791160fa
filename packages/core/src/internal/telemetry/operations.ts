/** What an operation is called, and what kind of one it is. */
export interface Operation {
  readonly name: string
  readonly type?: "send" | "receive" | "process" | "settle"
  readonly batch?: boolean
}

export const send: Operation = { name: "send", type: "send" }
const sendMany: Operation = { ...send, batch: true }
export const receive: Operation = { name: "receive", type: "receive" }
const peek: Operation = { name: "peek", type: "receive" }
const processing: Operation = { name: "process", type: "process" }

const operations: Readonly<Record<string, Operation>> = {
  "Sender.send": send,
  "Sender.sendAll": sendMany,
  "Sender.sink": sendMany,
  "Receiver.receive": receive,
  "Receiver.receiveWithin": receive,
  "Receiver.poll": receive,
  "Receiver.messages": receive,
  "Receiver.peek": peek,
  "Receiver.peekWithin": peek,
  "Receiver.pollPeek": peek,
  "Receiver.move": { name: "move", type: "settle" },
  "Receiver.reject": { name: "reject", type: "settle" },
  "Cursor.next": peek,
  "Cursor.nextWithin": peek,
  "Cursor.current": peek,
  "Cursor.receive": receive,
  "Telemetry.process": processing,
  "Transaction.commit": { name: "commit", type: "settle" },
  "Transaction.abort": { name: "abort", type: "settle" }
}

export const operationOf = (operation: string): Operation =>
  operations[operation] ??
  (operation.startsWith("Receiver.lookup.receive")
    ? receive
    : operation.startsWith("Receiver.lookup.peek")
      ? peek
      : { name: operation })
