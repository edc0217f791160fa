import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Poison, PoisonQueue } from "../../ConsumePolicy.ts"
import type { Message, ReceivedMessage } from "../../Message.ts"
import { maximumPacketSize, packetSize } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { Sender } from "../../Sender.ts"
import type { Participation } from "../../Transaction.ts"
import { failed, isTransactional, open } from "../handles/opening.ts"
import { nameOf } from "../names/queueName.ts"

/** What the sender of a message set, for a message like it. */
const copyOf = (message: ReceivedMessage): Message => ({
  body: message.body,
  bodyType: message.bodyType,
  label: message.label,
  priority: message.priority,
  delivery: message.delivery,
  correlationId: message.correlationId,
  appSpecific: message.appSpecific,
  extension: message.extension,
  responseQueue: message.responseQueue
})

/** Names and signature come on top of what is counted (behaviours D-14, A-60), and so do the headers. */
const largestDescribed = maximumPacketSize - 16_384

const longestText = 1000

const textOf = (cause: Cause.Cause<unknown>): string => {
  const [error] = Cause.prettyErrors(cause)
  return error === undefined ? "interrupted" : `${error.name}: ${error.message}`.slice(0, longestText).toWellFormed()
}

/** The copy, with what happened to it among its headers, where it has room for that and its extension is no other. */
const described = (queue: string, { attempts, cause, message }: Poison, now: number): Message => {
  const { extension, ...copy } = copyOf(message)
  const headers = MessageHeaders.decode(extension ?? new Uint8Array(0))
  if (Result.isFailure(headers) || packetSize({ ...copy, extension }) > largestDescribed) return { ...copy, extension }
  const failure = {
    "failure.queue": queue,
    "failure.messageId": message.messageId,
    "failure.attempts": String(attempts),
    "failure.error": textOf(cause),
    "failure.time": new Date(now).toISOString()
  }
  return { ...copy, headers: { ...headers.success, ...failure } }
}

/** A queue for poison messages: it is opened for each, since there are few and it may be another one by then. */
export class PoisonOutlet {
  readonly transactional: boolean
  readonly #mqrt: Mqrt["Service"]
  readonly #target: PoisonQueue

  constructor(mqrt: Mqrt["Service"], target: PoisonQueue, transactional: boolean) {
    this.#mqrt = mqrt
    this.#target = target
    this.transactional = transactional
  }

  /** Sends a copy, in the transaction that the effect runs in where the queue takes part in those. */
  send(queue: string, poison: Poison, transaction: Participation | undefined): Effect.Effect<void, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const { copy } = this.#target
      const message = described(queue, poison, yield* Clock.currentTimeMillis)
      const { handle, mqrt, name } = yield* opened(this.#target)
      const outlet = { mqrt, handle, queue: name, transactional: this.transactional, codec: undefined }
      const sender = new Sender(outlet, name)
      return yield* sender.send(copy === undefined ? message : copy(message, poison), { transaction })
    }).pipe(Effect.scoped, Effect.asVoid, Effect.provideService(Mqrt, this.#mqrt))
  }
}

const opened = ({ queue }: PoisonQueue) =>
  Effect.map(open(queue, "Receiver.consume", "send", "denyNone"), (outlet) => ({ ...outlet, name: nameOf(queue) }))

/** What is known of a queue for poison before the first message is sent there. */
export const inspected = (
  mqrt: Mqrt["Service"],
  target: PoisonQueue
): Effect.Effect<{ readonly formatName: string; readonly transactional: boolean | undefined }, MsmqError> =>
  opened(target).pipe(
    Effect.flatMap(({ formatName }) =>
      target.transactional === undefined
        ? Effect.mapBoth(isTransactional(mqrt, formatName), {
            onFailure: failed("Receiver.consume", nameOf(target.queue)),
            onSuccess: (transactional) => ({ formatName, transactional })
          })
        : Effect.succeed({ formatName, transactional: target.transactional })
    ),
    Effect.scoped,
    Effect.provideService(Mqrt, mqrt)
  )
