/**
 * Operations: the public functions, as errors, spans and metrics name them. The module is imported as `operations`, so that
 * `operations.Sender.send` is the operation of `Sender.send`.
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type * as Tracer from "effect/Tracer"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { Progress, Reason } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import type { LookupAction } from "../../mqrt/MessageProperties.ts"
import { lookupActions } from "../../mqrt/MessageValues.ts"

/** Attribute of all spans and metrics. */
export const system = { "messaging.system": "msmq" }

/** Operation as OpenTelemetry's conventions for messaging describe it. Operations that do the same share one. */
export interface Convention {
  /** Attribute `messaging.operation.name`, and the beginning of the span's name. */
  readonly name: string
  /** Attribute `messaging.operation.type`; left out where the conventions have no type for it. */
  readonly type?: "send" | "receive" | "process" | "settle"
  /** `true` where one call handles many messages, which the span counts. `false` if left out. */
  readonly isBatch?: boolean
}

export const send: Convention = { name: "send", type: "send" }
const sendMany: Convention = { ...send, isBatch: true }
export const receive: Convention = { name: "receive", type: "receive" }
const peek: Convention = { name: "peek", type: "receive" }

/** Facts that the error of an operation has beside its reason. */
interface ErrorContext {
  /** Name that the program used for the queue. */
  readonly queue?: string | undefined
  /** Computer that was asked; left out for this one. */
  readonly computer?: string | undefined
  /** Message that the call failed at. */
  readonly messageId?: string | undefined
  /** Messages that a batch sent before it failed. */
  readonly progress?: Progress
  /** Value that a function of the program threw. */
  readonly cause?: unknown
}

/**
 * Public function, as its errors, spans and metrics name it. The function of both faces has the same operation.
 */
export class Operation {
  /** Name of the function, such as `"Sender.send"`. */
  readonly name: string
  /** Description of the function by the conventions of OpenTelemetry. */
  readonly convention: Convention

  private constructor(name: string, convention: Convention) {
    this.name = name
    this.convention = convention
  }

  /** Makes the operation of a function. `convention`: by default the name of the function, without a type. */
  static make(name: string, convention: Convention = { name }): Operation {
    return new Operation(name, convention)
  }

  /** Returns the error of this operation for a reason. */
  error(reason: Reason, context?: ErrorContext): MsmqError {
    return new MsmqError({ operation: this.name, reason, ...context })
  }

  /** Converts a result to an effect. The error of the result, which another operation made, becomes one of this operation. */
  fromResult<A>(result: Result.Result<A, MsmqError>, context?: ErrorContext): Effect.Effect<A, MsmqError> {
    return Effect.mapError(Effect.fromResult(result), ({ reason }) => this.error(reason, context))
  }

  /** Returns a function that converts a failure of the backend to an error of this operation. */
  lift(context?: ErrorContext): (failure: MqrtFailure) => MsmqError {
    return (failure) => this.error(reasonOf(failure), context)
  }
}

/** Returns the attribute `error.type`: the name of a code in `mq.h`, or the tag of a reason of the SDK itself. */
export const errorTypeOf = (reason: Reason): string => ("name" in reason ? reason.name : reason._tag)

/** Options of the span of a function that neither sends nor receives messages, which has the name of the function. */
export const spanOptions: Tracer.SpanOptionsNoTrace = { kind: "client", attributes: system }

/** Writes the failure of an effect into the current span. It stands behind the body of an `Effect.fn` with any arguments. */
export const withErrorType: <A, R>(
  effect: Effect.Effect<A, MsmqError, R>,
  ...others: ReadonlyArray<unknown>
) => Effect.Effect<A, MsmqError, R> = (effect) =>
  Effect.tapError(effect, ({ reason }) => Effect.annotateCurrentSpan("error.type", errorTypeOf(reason)))

export const Certificate = {
  fromDer: Operation.make("Certificate.fromDer"),
  fromPem: Operation.make("Certificate.fromPem"),
  fromStore: Operation.make("Certificate.fromStore"),
  listStore: Operation.make("Certificate.listStore")
}

export const Consumer = {
  setConcurrency: Operation.make("Consumer.setConcurrency"),
  unrecoverable: Operation.make("Consumer.Unrecoverable")
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

export const Health = { check: Operation.make("Health.check") }

export const MessageBody = {
  claimCheck: Operation.make("MessageBody.claimCheck"),
  decode: Operation.make("MessageBody.decode"),
  encode: Operation.make("MessageBody.encode"),
  json: Operation.make("MessageBody.json"),
  jsonWithServices: Operation.make("MessageBody.jsonWithServices"),
  make: Operation.make("MessageBody.make"),
  xml: Operation.make("MessageBody.xml")
}

export const XmlValue = {
  Flags: Operation.make("XmlValue.Flags")
}

export const MessageHeaders = {
  encode: Operation.make("MessageHeaders.encode"),
  decode: Operation.make("MessageHeaders.decode")
}

export const MessageId = {
  parse: Operation.make("MessageId.parse"),
  fromBytes: Operation.make("MessageId.fromBytes"),
  toBytes: Operation.make("MessageId.toBytes")
}

export const MessageQueue = {
  create: Operation.make("MessageQueue.create"),
  ensure: Operation.make("MessageQueue.ensure"),
  delete: Operation.make("MessageQueue.delete"),
  exists: Operation.make("MessageQueue.exists"),
  properties: Operation.make("MessageQueue.properties"),
  setProperties: Operation.make("MessageQueue.setProperties"),
  formatName: Operation.make("MessageQueue.formatName"),
  formatNameOfAdsPath: Operation.make("MessageQueue.formatNameOfAdsPath"),
  locate: Operation.make("MessageQueue.locate"),
  openSender: Operation.make("MessageQueue.openSender"),
  openReceiver: Operation.make("MessageQueue.openReceiver"),
  purge: Operation.make("MessageQueue.purge"),
  send: Operation.make("MessageQueue.send", send),
  reply: Operation.make("MessageQueue.reply", send),
  redrive: Operation.make("MessageQueue.redrive"),
  removeMessages: Operation.make("MessageQueue.removeMessages")
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
  queues: Operation.make("QueueManager.queues"),
  connect: Operation.make("QueueManager.connect"),
  disconnect: Operation.make("QueueManager.disconnect"),
  tidy: Operation.make("QueueManager.tidy"),
  pause: Operation.make("QueueManager.pause"),
  resume: Operation.make("QueueManager.resume"),
  resend: Operation.make("QueueManager.resend"),
  registerCertificate: Operation.make("QueueManager.registerCertificate")
}

export const QueueName = {
  fromDotNet: Operation.make("QueueName.fromDotNet"),
  fromNetMsmq: Operation.make("QueueName.fromNetMsmq"),
  fromAddress: Operation.make("QueueName.fromAddress"),
  toDotNet: Operation.make("QueueName.toDotNet"),
  toNetMsmq: Operation.make("QueueName.toNetMsmq")
}

export const QueueService = {
  Sender: Operation.make("QueueService.Sender"),
  Receiver: Operation.make("QueueService.Receiver")
}

export const QueueSecurity = {
  get: Operation.make("QueueSecurity.get"),
  set: Operation.make("QueueSecurity.set"),
  list: Operation.make("QueueSecurity.list"),
  grant: Operation.make("QueueSecurity.grant"),
  deny: Operation.make("QueueSecurity.deny"),
  revoke: Operation.make("QueueSecurity.revoke"),
  reset: Operation.make("QueueSecurity.reset")
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
  consumeBatches: Operation.make("Receiver.consumeBatches"),
  lookup: Operation.make("Receiver.lookup"),
  byId: Operation.make("Receiver.byId"),
  byCorrelationId: Operation.make("Receiver.byCorrelationId")
}

const selection = (name: string) => ({
  receive: Operation.make(`${name}.receive`, receive),
  receiveWithin: Operation.make(`${name}.receiveWithin`, receive),
  poll: Operation.make(`${name}.poll`, receive),
  peek: Operation.make(`${name}.peek`, peek),
  peekWithin: Operation.make(`${name}.peekWithin`, peek),
  pollPeek: Operation.make(`${name}.pollPeek`, peek)
})

/** Operations of the messages that a receiver selects. */
export type SelectionOperations = ReturnType<typeof selection>

/** Operations of selections, by the function of the receiver that makes them. */
export const selections = {
  byId: selection(Receiver.byId.name),
  byCorrelationId: selection(Receiver.byCorrelationId.name)
}

/** Operations of a lookup, by action. */
export const lookups = Object.fromEntries(
  (Object.keys(lookupActions) as ReadonlyArray<LookupAction>).map(lookupEntry)
) as Readonly<Record<LookupAction, Operation>>

export const Requester = {
  open: Operation.make("Requester.open"),
  request: Operation.make("Requester.request", send)
}

export const SecurityContext = { acquire: Operation.make("SecurityContext.acquire") }

export const SecurityContexts = {
  layer: Operation.make("SecurityContexts.layer"),
  layerConfig: Operation.make("SecurityContexts.layerConfig"),
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
  sendAwaiting: Operation.make("Sender.sendAwaiting", send),
  sendAll: Operation.make("Sender.sendAll", sendMany),
  sink: Operation.make("Sender.sink", sendMany)
}

export const Senders = {
  layer: Operation.make("Senders.layer"),
  layerConfig: Operation.make("Senders.layerConfig"),
  get: Operation.make("Senders.get"),
  invalidate: Operation.make("Senders.invalidate")
}

export const Sid = {
  parse: Operation.make("Sid.parse"),
  ofAccount: Operation.make("Sid.ofAccount"),
  accountOf: Operation.make("Sid.accountOf"),
  current: Operation.make("Sid.current")
}

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
