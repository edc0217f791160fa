/** Rights that calls need, in tables. */
import type { OutgoingProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { Access, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { MachineRight, QueueRight } from "../../GatewayPolicy.ts"
import type { PlainName } from "../wire/calls.ts"
import type { WireFailure } from "../wire/Failure.ts"
import type { Session } from "./Session.ts"

type Permitted = Effect.Effect<unknown, WireFailure>

type Given<Name extends PlainName> = Parameters<MqrtFunctions[Name]>

/** Rights that openings of a queue need, all of them. */
export const accessRights: { readonly [Word in Access]: ReadonlyArray<QueueRight> } = {
  send: ["send"],
  receive: ["receive"],
  move: ["receive"],
  peek: ["peek"],
  receiveAdmin: ["receive", "manage"],
  peekAdmin: ["peek", "manage"]
}

/** Rights that calls with a handle of a queue need. The queue was opened with one of them; a call needs its own. */
export const handleRights = {
  MQPurgeQueue: "purge",
  MQCreateCursor: "peek",
  MQSendMessage: "send",
  MQMoveMessage: "receive",
  MQMarkMessageRejected: "receive"
} as const satisfies { readonly [functionName: string]: QueueRight }

/** Permits a call that asks or manages a computer, which may be another one. */
const onComputer = (session: Session, name: string, computer: string | null, right?: MachineRight): Permitted =>
  Effect.andThen(
    session.isThisComputer(computer) ? Effect.void : session.onMachine(name, "otherComputers"),
    right === undefined ? Effect.void : session.onMachine(name, right)
  )

/** Permits a call about a queue of a computer. */
const onQueueAt = (
  session: Session,
  name: string,
  computer: string | null,
  right: QueueRight | "any",
  queue: string
): Permitted => Effect.andThen(onComputer(session, name, computer), session.onQueue(name, [right], queue, computer))

/** Permits the calls without handles. */
export const permissions: {
  readonly [Name in PlainName]: (session: Session, name: string, given: Given<Name>) => Permitted
} = {
  registerCertificate: (session, name) => session.onMachine(name, "certificates"),
  findCertificates: (session, name) => session.onMachine(name, "certificates"),
  lookupAccountName: (session, name) => session.onMachine(name, "security"),
  lookupAccountSid: (session, name) => session.onMachine(name, "security"),
  createQueue: (session, name, [{ pathName }, descriptor]) =>
    session.onQueue(name, descriptor === null ? ["manage"] : ["manage", "security"], pathName),
  deleteQueue: (session, name, [queue]) => session.onQueue(name, ["manage"], queue),
  getQueueProperties: (session, name, [queue]) => session.onQueue(name, ["any"], queue),
  setQueueProperties: (session, name, [queue]) => session.onQueue(name, ["manage"], queue),
  getQueueSecurity: (session, name, [queue]) => session.onQueue(name, ["security"], queue),
  setQueueSecurity: (session, name, [queue]) => session.onQueue(name, ["security"], queue),
  pathNameToFormatName: (session, name, [queue]) => session.onQueue(name, ["any"], queue),
  adsPathToFormatName: (session, name) => session.onMachine(name, "directory"),
  getMachineProperties: (session, name, [computer]) => onComputer(session, name, computer),
  getPrivateComputerInformation: (session, name, [computer]) => onComputer(session, name, computer),
  getQueueManagerInfo: (session, name, [computer]) => onComputer(session, name, computer, "look"),
  getQueueInfo: (session, name, [computer, queue]) => onQueueAt(session, name, computer, "any", queue),
  machineAction: (session, name, [computer]) => onComputer(session, name, computer, "manage"),
  queueAction: (session, name, [computer, queue]) => onQueueAt(session, name, computer, "manage", queue)
}

/** Permits messages: the queue manager sends to their admin queues and dead-letter queues on its own. */
export const permitMessages = (
  session: Session,
  messages: ReadonlyArray<OutgoingProperties>
): Effect.Effect<void, WireFailure> => {
  const queues = new Set<string>()
  for (const { adminQueue, deadLetterQueue } of messages) {
    if (adminQueue !== null) queues.add(adminQueue)
    if (deadLetterQueue !== null) queues.add(deadLetterQueue)
  }
  return queues.size === 0
    ? Effect.void
    : Effect.forEach(queues, (queue) => session.onQueue("MQSendMessage", ["send"], queue), { discard: true })
}
