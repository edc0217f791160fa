/** Every public function that takes options or arguments, and how it is called rightly. */
import {
  Certificate,
  FormatName,
  Health,
  MessageBody,
  MessageId,
  MessageQueue,
  PathName,
  QueueManager,
  QueueName,
  QueueSecurity,
  Requester,
  SecurityContext,
  SecurityContexts,
  SecurityDescriptor,
  Senders,
  Sid,
  Telemetry,
  Transaction,
  XmlValue
} from "@effect-msmq/core"
import * as promises from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl, TestMsmq } from "@effect-msmq/testing"
import { TestMsmq as TestMsmqInPromises } from "@effect-msmq/testing/promises"
import { Config, Effect, Layer, Result, Schema, Stream } from "effect"
import type { Needs, World } from "./world.ts"
import { orders } from "./world.ts"

type Arguments = ReadonlyArray<unknown>

export interface Subject {
  /** The operation that an error names. */
  readonly operation: string
  /** Arguments that are all right, one for each parameter. */
  readonly right: (world: World) => Arguments
  /** Calls it; what it throws is not thrown by the call but by what it returns, unless it says otherwise. */
  readonly call: (world: World, given: Arguments) => Promise<unknown>
}

/** A function that need not be called as it is. */
type Callable = (...given: ReadonlyArray<never>) => unknown

const apply = (fn: Callable, given: Arguments, self?: unknown): unknown => Reflect.apply(fn, self, given) as unknown

/** A throw of the call itself is a rejection of another kind than the guard accepts. */
class ThrownAtOnce extends Error {}

const started = (start: () => unknown): unknown => {
  try {
    return start()
  } catch (cause) {
    throw new ThrownAtOnce("it threw, instead of failing", { cause })
  }
}

const outcomeOf = (world: World, value: unknown): Promise<unknown> => {
  if (Result.isResult(value)) return world.run(Effect.fromResult(value))
  if (Stream.isStream(value)) return world.run(Stream.runDrain(value as Stream.Stream<unknown, unknown, Needs>))
  if (Layer.isLayer(value)) return world.run(Effect.scoped(Layer.build(value as Layer.Layer<unknown, unknown, Needs>)))
  if (Effect.isEffect(value)) return world.run(value as Effect.Effect<unknown, unknown, Needs>)
  if (value instanceof promises.Consumer) return value.done
  return Promise.resolve(value)
}

const subject = (operation: string, fn: Callable, ...right: Arguments): Subject => ({
  operation,
  right: () => right,
  call: async (world, given) =>
    outcomeOf(
      world,
      started(() => apply(fn, given))
    )
})

/** A function that has no effect to fail in: it throws. */
const throwing = (operation: string, fn: Callable, ...right: Arguments): Subject => ({
  operation,
  right: () => right,
  call: async (_, given) => apply(fn, given)
})

/** A method of something in the world. */
const method =
  <Self extends object>(of: (world: World) => Self) =>
  (operation: string, name: keyof Self, right: Arguments | ((world: World) => Arguments)): Subject => ({
    operation,
    right: typeof right === "function" ? right : () => right,
    call: async (world, given) => {
      const self = of(world)
      return await outcomeOf(
        world,
        started(() => apply(self[name] as Callable, given, self))
      )
    }
  })

const ofSender = method((world) => world.sender)
const ofReceiver = method((world) => world.receiver)
const ofControl = method((world) => world.control)
const ofConnection = method((world) => world.msmq)
const ofSenderInPromises = method((world) => world.promises.sender)
const ofReceiverInPromises = method((world) => world.promises.receiver)
const ofSelectionInPromises = method((world) => world.promises.receiver.byId(world.message.messageId))
const ofCursorInPromises = method((world) => world.promises.cursor)
const ofManager = method((world) => world.msmq.queueManager)

/** The first step of an asynchronous iteration. */
const iteratingOf =
  <Self extends object>(of: (world: World) => Self) =>
  (operation: string, name: keyof Self, right: Arguments): Subject => ({
    operation,
    right: () => right,
    call: async (world, given) => {
      const self = of(world)
      const iterable = started(() => apply(self[name] as Callable, given, self)) as AsyncIterable<unknown>
      return await iterable[Symbol.asyncIterator]().next()
    }
  })

const iterating = iteratingOf((world) => world.msmq)

const argumentsOfTestMsmq = {
  advance: { operation: "TestMsmq.advance", right: [0] },
  connect: { operation: "promises.connect", right: [{}] },
  leakFree: { operation: "TestMsmq.leakFree", right: [() => Promise.resolve()] },
  machine: { operation: "MsmqControl.machine", right: ["MACHINE"] }
} as const satisfies Readonly<Record<string, { readonly operation: string; readonly right: Arguments }>>

const ofTestMsmq = (name: keyof typeof argumentsOfTestMsmq): Subject => ({
  operation: argumentsOfTestMsmq[name].operation,
  right: () => argumentsOfTestMsmq[name].right,
  call: async (_, given) => {
    await using msmq = await TestMsmqInPromises.start()
    return await apply(msmq[name] as Callable, given, msmq)
  }
})

const guid = "6d736d71-0000-4000-8000-000000000001"
const handler = () => Effect.void
const promiseHandler = () => Promise.resolve()
const restrictions = [{ property: "label", relation: "equal", value: "Orders" }]

const computers = ["info", "privateQueues", "activeQueues", "machineProperties", "privateComputerInformation"] as const
const actions = ["connect", "disconnect", "tidy"] as const
const ofQueues = ["queueInfo", "messageCount", "pause", "resume", "resend"] as const

const each = <Name extends string>(names: ReadonlyArray<Name>, prefix: string, make: (name: Name) => Subject) =>
  Object.fromEntries(names.map((name) => [`${prefix}${name}`, make(name)]))

const ofEffect: Readonly<Record<string, Subject>> = {
  "Certificate.fromDer": subject("Certificate.fromDer", Certificate.fromDer, new Uint8Array([0x30])),
  "Certificate.fromPem": subject("Certificate.fromPem", Certificate.fromPem, ""),
  "Certificate.fromStore": subject("Certificate.fromStore", Certificate.fromStore, { subject: "orders" }),
  "Certificate.listStore": subject("Certificate.listStore", Certificate.listStore, {}),
  "FormatName.parse": subject("FormatName.parse", FormatName.parse, `PUBLIC=${guid}`),
  "FormatName.fromString": subject("PathName.parse", FormatName.fromString, `PUBLIC=${guid}`),
  "FormatName.direct": subject("FormatName.direct", FormatName.direct, { address: "server", queue: "orders" }),
  "FormatName.directSystem": subject("FormatName.directSystem", FormatName.directSystem, {
    address: "server",
    systemQueue: "journal"
  }),
  "FormatName.public": subject("FormatName.public", FormatName.public, { queueGuid: guid }),
  "FormatName.private": subject("FormatName.private", FormatName.private, { computerGuid: guid, queueNumber: 1 }),
  "FormatName.distributionList": subject("FormatName.distributionList", FormatName.distributionList, {
    listGuid: guid
  }),
  "FormatName.machine": subject("FormatName.machine", FormatName.machine, {
    computerGuid: guid,
    systemQueue: "journal"
  }),
  "FormatName.connector": subject("FormatName.connector", FormatName.connector, { connectorGuid: guid }),
  "FormatName.multicast": subject("FormatName.multicast", FormatName.multicast, { address: "234.1.1.1", port: 8001 }),
  "FormatName.multiple": subject("FormatName.multiple", FormatName.multiple, []),
  "PathName.parse": subject("PathName.parse", PathName.parse, orders),
  "PathName.queuePath": subject("PathName.queuePath", PathName.queuePath, { queue: "orders" }),
  "PathName.systemQueuePath": subject("PathName.systemQueuePath", PathName.systemQueuePath, { systemQueue: "journal" }),
  "SecurityDescriptor.parse": subject("SecurityDescriptor.parse", SecurityDescriptor.parse, "D:"),
  "QueueName.fromDotNet": subject("QueueName.fromDotNet", QueueName.fromDotNet, orders),
  "QueueName.fromNetMsmq": subject("QueueName.fromNetMsmq", QueueName.fromNetMsmq, "net.msmq://server/orders"),
  "QueueName.fromAddress": subject("QueueName.fromAddress", QueueName.fromAddress, "orders@server"),
  "QueueName.toDotNet": subject("QueueName.toDotNet", QueueName.toDotNet, orders),
  "QueueName.toNetMsmq": subject("QueueName.toNetMsmq", QueueName.toNetMsmq, orders),
  "MessageId.parse": subject("MessageId.parse", MessageId.parse, `{${guid}}\\1`),
  "MessageId.fromBytes": subject("MessageId.fromBytes", MessageId.fromBytes, new Uint8Array(20)),
  "MessageId.toBytes": subject("MessageId.toBytes", MessageId.toBytes, `{${guid}}\\1`),
  "Sid.parse": subject("Sid.parse", Sid.parse, "S-1-1-0"),
  "Sid.ofAccount": subject("Sid.ofAccount", Sid.ofAccount, "Everyone"),
  "Sid.accountOf": subject("Sid.accountOf", Sid.accountOf, "S-1-1-0"),
  "MessageBody.claimCheck": throwing("MessageBody.claimCheck", MessageBody.claimCheck, MessageBody.text, {
    put: () => Promise.resolve("reference"),
    get: () => Promise.resolve(new Uint8Array(0))
  }),
  "MessageBody.jsonWithServices": subject("MessageBody.jsonWithServices", MessageBody.jsonWithServices, Schema.String),
  "MessageBody.json": throwing("MessageBody.json", MessageBody.json, Schema.String),
  "MessageBody.make": throwing("MessageBody.make", MessageBody.make, {
    name: "bytes",
    encode: () => new Uint8Array(0),
    decode: () => 7
  }),
  "XmlValue.Flags": throwing("XmlValue.Flags", XmlValue.Flags, { Read: 1, Write: 2 }),
  "MessageBody.xml": throwing("MessageBody.xml", MessageBody.xml, Schema.String, {}),

  "Health.check": subject("Health.check", Health.check, { queues: [{ queue: orders }] }),
  "MessageQueue.create": subject("MessageQueue.create", MessageQueue.create, `${orders}2`, {}),
  "MessageQueue.ensure": subject("MessageQueue.ensure", MessageQueue.ensure, `${orders}3`, {}),
  "MessageQueue.redrive": subject("MessageQueue.redrive", MessageQueue.redrive, orders, orders, { dryRun: true }),
  "MessageQueue.removeMessages": subject("MessageQueue.removeMessages", MessageQueue.removeMessages, orders, {
    limit: 0
  }),
  ...each(["delete", "exists", "properties", "formatName"] as const, "MessageQueue.", (name) =>
    subject(`MessageQueue.${name}`, MessageQueue[name], orders)
  ),
  "MessageQueue.setProperties": subject("MessageQueue.setProperties", MessageQueue.setProperties, orders, {}),
  "MessageQueue.formatNameOfAdsPath": subject(
    "MessageQueue.formatNameOfAdsPath",
    MessageQueue.formatNameOfAdsPath,
    "LDAP://orders"
  ),
  "MessageQueue.locate": subject("MessageQueue.locate", MessageQueue.locate, restrictions),
  "MessageQueue.openSender": subject("MessageQueue.openSender", MessageQueue.openSender, orders, {}),
  "MessageQueue.openReceiver": subject("MessageQueue.openReceiver", MessageQueue.openReceiver, orders, {}),
  "MessageQueue.send": subject("MessageQueue.send", MessageQueue.send, orders, { label: "order 2" }, {}),
  "MessageQueue.reply": {
    operation: "MessageQueue.reply",
    right: (world) => [{ ...world.message, responseQueue: orders }, { label: "answer" }, {}],
    call: async (world, given) =>
      outcomeOf(
        world,
        started(() => apply(MessageQueue.reply, given))
      )
  },
  "MessageQueue.purge": subject("MessageQueue.purge", MessageQueue.purge, orders, {}),
  ...each([...computers, ...actions], "QueueManager.", (name) =>
    subject(`QueueManager.${name}`, QueueManager[name], "MACHINE")
  ),
  ...each(ofQueues, "QueueManager.", (name) => subject(`QueueManager.${name}`, QueueManager[name], orders, "MACHINE")),
  "QueueManager.queues": subject("QueueManager.queues", QueueManager.queues, { kind: "private" }),
  "QueueManager.registerCertificate": subject("QueueManager.registerCertificate", QueueManager.registerCertificate, {}),
  "QueueSecurity.get": subject("QueueSecurity.get", QueueSecurity.get, orders, ["dacl"]),
  "QueueSecurity.set": subject("QueueSecurity.set", QueueSecurity.set, orders, "D:(A;;GA;;;BA)", ["dacl"]),
  "QueueSecurity.list": subject("QueueSecurity.list", QueueSecurity.list, orders),
  "QueueSecurity.reset": subject("QueueSecurity.reset", QueueSecurity.reset, orders),
  "QueueSecurity.revoke": subject("QueueSecurity.revoke", QueueSecurity.revoke, orders, "everyone"),
  ...each(["grant", "deny"] as const, "QueueSecurity.", (name) =>
    subject(`QueueSecurity.${name}`, QueueSecurity[name], orders, "anonymous", "send")
  ),
  "Requester.open": subject("Requester.open", Requester.open, orders, {}),
  "Requester#request": method((world) => world.requester)("Requester.request", "request", [
    { label: "question" },
    { within: 1 }
  ]),
  "SecurityContext.acquire": subject("SecurityContext.acquire", SecurityContext.acquire, {}),
  "SecurityContexts.layer": subject("SecurityContexts.layer", SecurityContexts.layer, {}),
  ...each(["get", "invalidate"] as const, "SecurityContexts#", (name) =>
    method((world) => world.contexts)(`SecurityContexts.${name}`, name, (world) => [world.certificate])
  ),
  "Senders.make": subject("Senders.layer", Senders.make, {}),
  "Senders.layer": subject("Senders.layer", Senders.layer, {}),
  "Senders#get": method((world) => world.senders)("Senders.get", "get", [orders, {}]),
  "Senders#invalidate": method((world) => world.senders)("Senders.invalidate", "invalidate", [orders]),
  "Telemetry.process": {
    operation: "Telemetry.process",
    right: (world) => [Effect.void, world.message, {}],
    call: async (world, given) =>
      outcomeOf(
        world,
        started(() => apply(Telemetry.process, given))
      )
  },
  "Transaction.begin": subject("Transaction.begin", Transaction.begin, {}),
  "Transaction.run": subject("Transaction.", Transaction.run, Effect.void, {}),
  "Transaction.singleMessage": subject("Transaction.singleMessage", Transaction.singleMessage, Effect.void),
  "Transaction.outside": subject("Transaction.outside", Transaction.outside, Effect.void),
  "Transaction.within": {
    operation: "Transaction.within",
    right: (world) => [Effect.void, world.transaction],
    call: (world, given) =>
      outcomeOf(
        world,
        started(() => apply(Transaction.within, given))
      )
  },

  "Sender#send": ofSender("Sender.send", "send", [{ label: "order 2" }, {}]),
  "Sender#sendAwaiting": ofSender("Sender.sendAwaiting", "sendAwaiting", [{ label: "order 2" }, { within: 1000 }]),
  "Sender#sendAll": ofSender("Sender.sendAll", "sendAll", [[{ label: "order 2" }], {}]),
  "Sender#sink": {
    operation: "Sender.sink",
    right: () => [{}],
    call: (world, [options]) =>
      world.run(Stream.run(Stream.make({ label: "order 2" }), world.sender.sink(options as object)))
  },
  "Receiver#receiveWithin": ofReceiver("Receiver.receiveWithin", "receiveWithin", [0]),
  "Receiver#peekWithin": ofReceiver("Receiver.peekWithin", "peekWithin", [0]),
  ...each(["byId", "byCorrelationId"] as const, "Receiver#", (name) => ({
    operation: `Receiver.${name}`,
    right: (world) => [world.message.messageId],
    call: (world, [id]) => world.run(world.receiver[name](id as string).pollPeek)
  })),
  ...each(["receiveWithin", "peekWithin"] as const, "Selection#", (name) =>
    method((world) => world.receiver.byId(world.message.messageId))(`Receiver.byId.${name}`, name, [0])
  ),
  "Receiver#move": ofReceiver("Receiver.move", "move", (world) => [world.message, "sub"]),
  "Receiver#reject": ofReceiver("Receiver.reject", "reject", (world) => [world.message]),
  "Receiver#consume": ofReceiver("Receiver.consume", "consume", [handler, {}]),
  "Receiver#consumeBatches": ofReceiver("Receiver.consumeBatches", "consumeBatches", [handler, { size: 2 }]),
  "Control#setConcurrency": method((world) => world.consumerControl)("Consumer.setConcurrency", "setConcurrency", [2]),
  "Cursor#nextWithin": method((world) => world.cursor)("Cursor.nextWithin", "nextWithin", [0]),
  "Receiver#lookup": ofReceiver("Receiver.lookup", "lookup", (world) => ["peekCurrent", world.message.lookupId]),

  "promises.MessageBody.xml": throwing("MessageBody.xml", promises.MessageBody.xml, "string", {}),
  "promises.certificate": throwing("promises.certificate", promises.certificate, ""),
  "promises.connect": subject("promises.connect", promises.connect, InMemoryMqrt.layer, {}),
  "promises.Connection#createQueue": ofConnection("MessageQueue.create", "createQueue", [`${orders}2`, {}]),
  "promises.Connection#checkHealth": ofConnection("Health.check", "checkHealth", [{ queues: [{ queue: orders }] }]),
  "promises.Connection#ensureQueue": ofConnection("MessageQueue.ensure", "ensureQueue", [`${orders}3`, {}]),
  "promises.Connection#removeMessages": ofConnection("MessageQueue.removeMessages", "removeMessages", [
    orders,
    { limit: 0 }
  ]),
  "promises.Connection#redriveMessages": ofConnection("MessageQueue.redrive", "redriveMessages", [
    orders,
    orders,
    { dryRun: true }
  ]),
  "promises.Connection#deleteQueue": ofConnection("MessageQueue.delete", "deleteQueue", [orders, {}]),
  "promises.Connection#queueExists": ofConnection("MessageQueue.exists", "queueExists", [orders, {}]),
  "promises.Connection#queueProperties": ofConnection("MessageQueue.properties", "queueProperties", [orders, {}]),
  "promises.Connection#setQueueProperties": ofConnection("MessageQueue.setProperties", "setQueueProperties", [
    orders,
    {},
    {}
  ]),
  "promises.Connection#purgeQueue": ofConnection("MessageQueue.purge", "purgeQueue", [orders, {}]),
  "promises.Connection#locateQueues": iterating("MessageQueue.locate", "locateQueues", [restrictions]),
  "promises.Connection#queueSecurity": ofConnection("QueueSecurity.get", "queueSecurity", [orders, {}]),
  "promises.Connection#setQueueSecurity": ofConnection("QueueSecurity.set", "setQueueSecurity", [
    orders,
    "D:(A;;GA;;;BA)",
    {}
  ]),
  "promises.Connection#queuePermissions": ofConnection("QueueSecurity.list", "queuePermissions", [orders, {}]),
  "promises.Connection#resetQueuePermissions": ofConnection("QueueSecurity.reset", "resetQueuePermissions", [
    orders,
    {}
  ]),
  "promises.Connection#grantQueueRights": ofConnection("QueueSecurity.grant", "grantQueueRights", [
    orders,
    "anonymous",
    "send",
    {}
  ]),
  "promises.Connection#denyQueueRights": ofConnection("QueueSecurity.deny", "denyQueueRights", [
    orders,
    "anonymous",
    "send",
    {}
  ]),
  "promises.Connection#revokeQueueRights": ofConnection("QueueSecurity.revoke", "revokeQueueRights", [
    orders,
    "everyone",
    {}
  ]),
  "promises.Connection#sidOfAccount": ofConnection("Sid.ofAccount", "sidOfAccount", ["Everyone", {}]),
  "promises.Connection#accountOfSid": ofConnection("Sid.accountOf", "accountOfSid", ["S-1-1-0", {}]),
  "promises.Connection#currentSid": ofConnection("Sid.current", "currentSid", [{}]),
  "promises.Connection#certificateFromStore": ofConnection("Certificate.fromStore", "certificateFromStore", [
    { subject: "orders" }
  ]),
  "promises.Connection#storedCertificates": ofConnection("Certificate.listStore", "storedCertificates", [{}]),
  "promises.Connection#securityContext": {
    operation: "SecurityContext.acquire",
    right: () => [{}],
    call: async (world, given) => apply(world.msmq.securityContext as Callable, given, world.msmq)
  },
  "promises.Connection#acquireSecurityContext": ofConnection("SecurityContext.acquire", "acquireSecurityContext", [{}]),
  "promises.Connection#send": ofConnection("MessageQueue.send", "send", [orders, { label: "order 2" }, {}]),
  "promises.Connection#reply": ofConnection("MessageQueue.reply", "reply", (world) => [
    { ...world.message, responseQueue: orders },
    { label: "answer" },
    {}
  ]),
  "promises.Connection#openRequester": ofConnection("Requester.open", "openRequester", [orders, {}]),
  "promises.Requester#request": method((world) => world.promises.requester)("Requester.request", "request", [
    { label: "question" },
    { within: 1 }
  ]),
  "promises.Connection#securityContexts": ofConnection("SecurityContexts.layer", "securityContexts", [{}]),
  ...each(["get", "invalidate"] as const, "promises.SecurityContexts#", (name) =>
    method((world) => world.promises.contexts)(`SecurityContexts.${name}`, name, (world) => [world.certificate, {}])
  ),
  "promises.Connection#formatName": ofConnection("MessageQueue.formatName", "formatName", [orders, {}]),
  "promises.Connection#formatNameOfAdsPath": ofConnection("MessageQueue.formatNameOfAdsPath", "formatNameOfAdsPath", [
    "LDAP://orders",
    {}
  ]),
  "promises.Connection#process": ofConnection("Telemetry.process", "process", (world) => [
    world.message,
    promiseHandler,
    {}
  ]),
  "promises.Connection#openSender": ofConnection("MessageQueue.openSender", "openSender", [orders, {}]),
  "promises.Connection#openReceiver": ofConnection("MessageQueue.openReceiver", "openReceiver", [orders, {}]),
  "promises.Connection#messages": iterating("MessageQueue.openReceiver", "messages", [orders, {}]),
  "promises.Connection#transaction": ofConnection("Transaction", "transaction", [promiseHandler, {}]),
  "promises.Connection#beginTransaction": ofConnection("Transaction.begin", "beginTransaction", [{}]),
  "promises.Sender#send": ofSenderInPromises("Sender.send", "send", [{ label: "order 2" }, {}]),
  "promises.Sender#sendAwaiting": ofSenderInPromises("Sender.sendAwaiting", "sendAwaiting", [
    { label: "order 2" },
    { within: 1000 }
  ]),
  "promises.Sender#sendAll": ofSenderInPromises("Sender.sendAll", "sendAll", [[{ label: "order 2" }], {}]),
  ...each(["receive", "poll", "peek", "pollPeek", "cursor"] as const, "promises.Receiver#", (name) =>
    ofReceiverInPromises(`Receiver.${name}`, name, [{}])
  ),
  ...each(["receiveWithin", "peekWithin"] as const, "promises.Receiver#", (name) =>
    ofReceiverInPromises(`Receiver.${name}`, name, [0, {}])
  ),
  "promises.Receiver#lookup": ofReceiverInPromises("Receiver.lookup", "lookup", (world) => [
    "peekCurrent",
    world.message.lookupId,
    {}
  ]),
  ...each(["byId", "byCorrelationId"] as const, "promises.Receiver#", (name) => ({
    operation: `Receiver.${name}`,
    right: (world) => [world.message.messageId],
    call: (world, [id]) => world.promises.receiver[name](id as string).pollPeek()
  })),
  ...each(["receive", "poll", "peek", "pollPeek"] as const, "promises.Selection#", (name) =>
    ofSelectionInPromises(`Receiver.byId.${name}`, name, [{}])
  ),
  ...each(["receiveWithin", "peekWithin"] as const, "promises.Selection#", (name) =>
    ofSelectionInPromises(`Receiver.byId.${name}`, name, [0, {}])
  ),
  "promises.Receiver#move": ofReceiverInPromises("Receiver.move", "move", (world) => [world.message, "sub", {}]),
  "promises.Receiver#reject": ofReceiverInPromises("Receiver.reject", "reject", (world) => [world.message, {}]),
  "promises.Receiver#consume": ofReceiverInPromises("Receiver.consume", "consume", [promiseHandler, {}]),
  "promises.Receiver#consumeBatches": ofReceiverInPromises("Receiver.consumeBatches", "consumeBatches", [
    promiseHandler,
    { size: 2 }
  ]),
  "promises.Consumer#setConcurrency": {
    operation: "Consumer.setConcurrency",
    right: () => [2],
    call: async ({ promises: { consumer } }, given) => apply(consumer.setConcurrency as Callable, given, consumer)
  },
  ...each(["next", "current", "receive"] as const, "promises.Cursor#", (name) =>
    ofCursorInPromises(`Cursor.${name}`, name, [{}])
  ),
  "promises.Cursor#nextWithin": ofCursorInPromises("Cursor.nextWithin", "nextWithin", [0, {}]),
  ...each(["commit", "outcome"] as const, "promises.Transaction#", (name) =>
    method((world) => world.promises.transaction)(`Transaction.${name}`, name, [{}])
  ),
  ...each([...computers, ...actions], "promises.QueueManager#", (name) =>
    ofManager(`QueueManager.${name}`, name, [{}])
  ),
  ...each(ofQueues, "promises.QueueManager#", (name) => ofManager(`QueueManager.${name}`, name, [orders, {}])),
  "promises.QueueManager#queues": iteratingOf((world) => world.msmq.queueManager)("QueueManager.queues", "queues", [
    { kind: "private" }
  ]),
  "promises.QueueManager#registerCertificate": ofManager("QueueManager.registerCertificate", "registerCertificate", [
    {}
  ]),

  "NativeMqrt.layerWith": subject("NativeMqrt.layerWith", NativeMqrt.layerWith, { library: "nowhere.dll" }),
  "NativeMqrt.layerConfig": subject("NativeMqrt.layer", NativeMqrt.layerConfig, {
    library: Config.succeed("nowhere.dll")
  }),
  "Senders.layerConfig": subject("Senders.layerConfig", Senders.layerConfig, {
    idleTimeToLive: Config.succeed("1 minute")
  }),
  "SecurityContexts.layerConfig": subject("SecurityContexts.layerConfig", SecurityContexts.layerConfig, {
    idleTimeToLive: Config.succeed("1 minute")
  }),
  "InMemoryMqrt.layerConfig": subject("InMemoryMqrt.layerConfig", InMemoryMqrt.layerConfig, {
    machineName: Config.succeed("OFFICE")
  }),
  "InMemoryMqrt.layerWith": subject("InMemoryMqrt.layerWith", InMemoryMqrt.layerWith, {}),
  "TestMsmq.layerWith": subject("InMemoryMqrt.layerWith", TestMsmq.layerWith, {}),
  "TestMsmq.run": {
    operation: "",
    right: () => [Effect.void, {}],
    // It throws for a value that is no effect.
    call: async (world, given) => outcomeOf(world, apply(TestMsmq.run, given))
  },
  ...each(["advance", "connect", "leakFree", "machine"] as const, "testing.promises.TestMsmq#", (name) =>
    ofTestMsmq(name)
  ),
  "testing.promises.TestMachine#connect": ofTestMsmq("connect"),
  "HandleLedger.leakFree": subject("HandleLedger.leakFree", HandleLedger.leakFree, Effect.void),
  "HandleLedger.layer": subject("HandleLedger.layer", HandleLedger.layer, InMemoryMqrt.layer),
  "FaultInjection.layer": subject("FaultInjection.layer", FaultInjection.layer, InMemoryMqrt.layer),
  "FaultInjection.inject": subject("FaultInjection.inject", FaultInjection.inject, {
    function: "MQOpenQueue",
    call: 1,
    code: "MQ_ERROR"
  }),
  "FaultInjection#inject": method((world) => world.faults)("FaultInjection.inject", "inject", [
    { function: "MQOpenQueue", call: 1, code: "MQ_ERROR" }
  ]),
  "MsmqControl.on": {
    operation: "MsmqControl.",
    right: () => [Effect.void, "MACHINE"],
    call: (world, given) =>
      outcomeOf(
        world,
        started(() => apply(MsmqControl.on, given))
      )
  },
  ...each(["removeCertificate", "unregisterCertificate"] as const, "MsmqControl#", (name) =>
    ofControl(`MsmqControl.${name}`, name, [new Uint8Array(1)])
  ),
  "MsmqControl#addCertificate": ofControl("MsmqControl.addCertificate", "addCertificate", [
    { certificate: new Uint8Array(1), privateKey: true }
  ]),
  "MsmqControl#setInternalCertificate": ofControl("MsmqControl.setInternalCertificate", "setInternalCertificate", [
    "registered"
  ]),
  "MsmqControl#setUser": ofControl("MsmqControl.setUser", "setUser", [{ sid: null }]),
  ...each(
    ["setResourcesExhausted", "setStorageFailed", "setDirectoryAvailable", "setEncryptionKeyPublished"] as const,
    "MsmqControl#",
    (name) => ofControl(`MsmqControl.${name}`, name, [false])
  ),
  "MsmqControl#setMachineQuota": ofControl("MsmqControl.setMachineQuota", "setMachineQuota", [{}]),
  ...each(["allow", "deny"] as const, "MsmqControl#", (name) =>
    ofControl(`MsmqControl.${name}`, name, [{ queue: orders, rights: ["peekMessage"] }])
  ),
  "MsmqControl#setQueueCreators": ofControl("MsmqControl.setQueueCreators", "setQueueCreators", ["everyone"]),
  "MsmqControl#setDistributionList": ofControl("MsmqControl.setDistributionList", "setDistributionList", [guid, []]),
  ...each(["cutLink", "joinLink"] as const, "MsmqControl#", (name) =>
    ofControl(`MsmqControl.${name}`, name, ["OTHER", "both"])
  ),
  "MsmqControl#machine": ofControl("MsmqControl.machine", "machine", ["MACHINE"]),
  "MsmqControl#messagesIn": ofControl("MsmqControl.messagesIn", "messagesIn", ["DIRECT=OS:.\\private$\\orders"])
}

/** Namespaces of the promise face, whose functions take what those of the same name in the face with Effect take. */
const namespaces: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  BodyType: promises.BodyType,
  ErrorCode: promises.ErrorCode,
  FormatName: promises.FormatName,
  Message: promises.Message,
  MessageBody: {
    claimCheck: promises.MessageBody.claimCheck,
    json: promises.MessageBody.json,
    make: promises.MessageBody.make
  },
  MessageClass: promises.MessageClass,
  MessageHeaders: promises.MessageHeaders,
  MessageId: promises.MessageId,
  PathName: promises.PathName,
  ProviderType: promises.ProviderType,
  QueueName: promises.QueueName,
  SecurityDescriptor: promises.SecurityDescriptor,
  Sid: promises.Sid
}

const isFunction = (value: unknown): value is Callable => typeof value === "function"

/** Functions of those namespaces, by their names in the face with Effect. */
const inNamespaces = Object.entries(namespaces).flatMap(([namespace, functions]) =>
  Object.entries(functions).flatMap(([name, fn]) => (isFunction(fn) ? [{ name: `${namespace}.${name}`, fn }] : []))
)

export const subjects: Readonly<Record<string, Subject>> = {
  ...ofEffect,
  ...Object.fromEntries(
    inNamespaces.flatMap(({ fn, name }) => {
      const same = ofEffect[name]
      const call: Subject["call"] = async (_, given) => apply(fn, given)
      return same === undefined ? [] : [[`promises.${name}`, { ...same, call }]]
    })
  )
}

/** Functions that are not checked, each with the reason. */
const exemptOfEffect: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "BodyType.format",
      "Certificate.isCertificate",
      "ErrorCode.nameOf",
      "ErrorCode.format",
      "Guid.canonical",
      "Guid.fromBytes",
      "Guid.isGuid",
      "Guid.toBytes",
      "FormatName.fromPathName",
      "FormatName.format",
      "FormatName.equals",
      "FormatName.supports",
      "Message.packetSize",
      "MessagePropertyTable.messagePropertyName",
      "MessageClass.nameOf",
      "MessageClass.format",
      "MessageClass.isReport",
      "MessageClass.isNegative",
      "MessageClass.isPositive",
      "MessageClass.isAcknowledgment",
      "MessageHeaders.decode",
      "MessageHeaders.traceContext",
      "MessageId.equals",
      "PathName.format",
      "PathName.isPathName",
      "PathName.isLocal",
      "PathName.equals",
      "ProviderType.nameOf",
      "ProviderType.format",
      "SecurityDescriptor.format",
      "SecurityDescriptor.fromBytes",
      "SecurityDescriptor.toBytes",
      "Sid.format",
      "Sid.fromBytes",
      "Sid.toBytes",
      "MsmqError.reasonOf"
    ].map((name) => [name, "makes a value of another value, and has no options"])
  ),
  "Message.copyOf": "says itself what is wrong with a message",
  "MessageHeaders.encode": "says itself what is wrong with headers",
  "AtOnce.make": "is for who writes a backend",
  "AtOnce.attemptOf": "is for who writes a backend",
  "BackgroundClock.of": "makes a clock of a clock",
  "BackgroundClock.provide": "has an effect for its only argument, and no way to fail",
  "CallSite#frame": "is for who writes a backend",
  "EventLoopTurn.isOverFor": "is for who writes a backend",
  "EventLoopTurn.within": "is for who writes a backend",
  "Guid.write": "is for who writes a backend",
  "Mqrt.make": "is for who writes a backend",
  "Mqrt.layer": "is for who writes a backend",
  "MqrtContract.missingCapabilities": "is for who writes a backend",
  "MqrtContract.run": "is for who writes a backend",
  "MqrtContract.waitingReceives": "is for who writes a backend"
}

/** Functions that are not checked, each with the reason. */
export const exempt: Readonly<Record<string, string>> = {
  ...exemptOfEffect,
  "promises.MessageBody.encode": "takes the values of any codec",
  "promises.MessageBody.decode": "takes the bodies of any codec",
  "promises.isCertificate": "makes a value of another value, and has no options",
  ...Object.fromEntries(
    inNamespaces.flatMap(({ name }) => {
      const reason = exemptOfEffect[name]
      return reason === undefined ? [] : [[`promises.${name}`, reason]]
    })
  )
}

/** Options, the mechanism, and the seam, which is called by core alone. */
export const isExempt = (name: string): boolean =>
  name in exempt || name.startsWith("Options.") || name.startsWith("OptionTable#") || name.startsWith("Mqrt#")
