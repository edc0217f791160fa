/** Operations of all public functions: `operations.Sender.send` is that of `Sender.send`, in both faces. */
import type { LookupAction } from "../../mqrt/MessageProperties.ts"
import { lookupActions } from "../../mqrt/MessageValues.ts"
import { Operation, peek, receive, send, sendMany } from "./Operation.ts"

export const Certificate = {
  fromDer: Operation.make("Certificate.fromDer"),
  fromPem: Operation.make("Certificate.fromPem")
}

export const Cursor = {
  next: Operation.make("Cursor.next", peek),
  nextWithin: Operation.make("Cursor.nextWithin", peek),
  current: Operation.make("Cursor.current", peek),
  receive: Operation.make("Cursor.receive", receive)
}

export const FormatName = {
  parse: Operation.make("FormatName.parse"),
  direct: Operation.make("FormatName.direct"),
  directSystem: Operation.make("FormatName.directSystem"),
  public: Operation.make("FormatName.public"),
  private: Operation.make("FormatName.private"),
  distributionList: Operation.make("FormatName.distributionList"),
  machine: Operation.make("FormatName.machine"),
  connector: Operation.make("FormatName.connector"),
  multicast: Operation.make("FormatName.multicast"),
  multiple: Operation.make("FormatName.multiple")
}

export const MessageBody = {
  json: Operation.make("MessageBody.json"),
  xml: Operation.make("MessageBody.xml")
}

export const MessageQueue = {
  create: Operation.make("MessageQueue.create"),
  delete: Operation.make("MessageQueue.delete"),
  exists: Operation.make("MessageQueue.exists"),
  properties: Operation.make("MessageQueue.properties"),
  setProperties: Operation.make("MessageQueue.setProperties"),
  formatName: Operation.make("MessageQueue.formatName"),
  formatNameOfAdsPath: Operation.make("MessageQueue.formatNameOfAdsPath"),
  locate: Operation.make("MessageQueue.locate"),
  openSender: Operation.make("MessageQueue.openSender"),
  openReceiver: Operation.make("MessageQueue.openReceiver"),
  purge: Operation.make("MessageQueue.purge")
}

export const promises = {
  certificate: Operation.make("promises.certificate"),
  connect: Operation.make("promises.connect")
}

export const PathName = {
  parse: Operation.make("PathName.parse"),
  queuePath: Operation.make("PathName.queuePath"),
  systemQueuePath: Operation.make("PathName.systemQueuePath")
}

export const QueueManager = {
  info: Operation.make("QueueManager.info"),
  privateQueues: Operation.make("QueueManager.privateQueues"),
  activeQueues: Operation.make("QueueManager.activeQueues"),
  machineProperties: Operation.make("QueueManager.machineProperties"),
  privateComputerInformation: Operation.make("QueueManager.privateComputerInformation"),
  queueInfo: Operation.make("QueueManager.queueInfo"),
  messageCount: Operation.make("QueueManager.messageCount"),
  connect: Operation.make("QueueManager.connect"),
  disconnect: Operation.make("QueueManager.disconnect"),
  tidy: Operation.make("QueueManager.tidy"),
  pause: Operation.make("QueueManager.pause"),
  resume: Operation.make("QueueManager.resume"),
  resend: Operation.make("QueueManager.resend"),
  registerCertificate: Operation.make("QueueManager.registerCertificate")
}

export const QueueSecurity = {
  get: Operation.make("QueueSecurity.get"),
  set: Operation.make("QueueSecurity.set")
}

const lookupEntry = (action: LookupAction): [LookupAction, Operation] => [
  action,
  Operation.make(`Receiver.lookup.${action}`, action.startsWith("receive") ? receive : peek)
]

export const Receiver = {
  receive: Operation.make("Receiver.receive", receive),
  receiveWithin: Operation.make("Receiver.receiveWithin", receive),
  poll: Operation.make("Receiver.poll", receive),
  messages: Operation.make("Receiver.messages", receive),
  peek: Operation.make("Receiver.peek", peek),
  peekWithin: Operation.make("Receiver.peekWithin", peek),
  pollPeek: Operation.make("Receiver.pollPeek", peek),
  move: Operation.make("Receiver.move", { name: "move", type: "settle" }),
  reject: Operation.make("Receiver.reject", { name: "reject", type: "settle" }),
  cursor: Operation.make("Receiver.cursor"),
  consume: Operation.make("Receiver.consume"),
  lookup: Operation.make("Receiver.lookup")
}

/** Operations of a lookup, by action. */
export const lookups = Object.fromEntries(
  (Object.keys(lookupActions) as ReadonlyArray<LookupAction>).map(lookupEntry)
) as Readonly<Record<LookupAction, Operation>>

export const SecurityContext = { acquire: Operation.make("SecurityContext.acquire") }

export const SecurityContexts = {
  layer: Operation.make("SecurityContexts.layer"),
  get: Operation.make("SecurityContexts.get"),
  invalidate: Operation.make("SecurityContexts.invalidate")
}

export const SecurityDescriptor = {
  parse: Operation.make("SecurityDescriptor.parse"),
  format: Operation.make("SecurityDescriptor.format"),
  fromBytes: Operation.make("SecurityDescriptor.fromBytes")
}

export const Sender = {
  send: Operation.make("Sender.send", send),
  sendAll: Operation.make("Sender.sendAll", sendMany),
  sink: Operation.make("Sender.sink", sendMany)
}

export const Sid = { parse: Operation.make("Sid.parse") }

export const Telemetry = { process: Operation.make("Telemetry.process", { name: "process", type: "process" }) }

export const Transaction = {
  begin: Operation.make("Transaction.begin"),
  run: Operation.make("Transaction.run"),
  within: Operation.make("Transaction.within"),
  singleMessage: Operation.make("Transaction.singleMessage"),
  outside: Operation.make("Transaction.outside"),
  commit: Operation.make("Transaction.commit", { name: "commit", type: "settle" }),
  abort: Operation.make("Transaction.abort", { name: "abort", type: "settle" }),
  outcome: Operation.make("Transaction.outcome")
}
