/** Sends that wait for the acknowledgment of their message. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type { Message } from "../../Message.ts"
import { copyOf } from "../../Message.ts"
import * as MessageClass from "../../MessageClass.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import { describeValue } from "../errors/describeValue.ts"
import { IncomingMessage } from "../messages/IncomingMessage.ts"
import type { WithTimesLeft } from "../messages/timesLeft.ts"
import { timesLeft } from "../messages/timesLeft.ts"
import { fieldsOf } from "../options/outgoingMessages.ts"
import type { Call } from "../options/illegalOption.ts"
import type { Acknowledgments } from "./Acknowledgments.ts"
import { meaningForMessage } from "./acknowledgmentClasses.ts"

/**
 * Event that a send waits for: `"arrived"`, the message is in its queue, or `"received"`, a receiver has removed it from there.
 *
 * @category models
 * @since 0.1.0
 */
export type AwaitedEvent = "arrived" | "received"

/**
 * Positive acknowledgment of a message.
 *
 * @category models
 * @since 0.1.0
 */
export interface Acknowledgment {
  /** Id of the message that was sent. */
  readonly messageId: string
  /** Class of the acknowledgment: `MQMSG_CLASS_ACK_REACH_QUEUE` or `MQMSG_CLASS_ACK_RECEIVE` of `MessageClass.numbers`. */
  readonly class: number
  /** Time of the event, in whole seconds, by the clock of the computer of the queue. */
  readonly time: Date
}

/** Acknowledgments that a message asks for, by the event that it waits for. */
export const requests = {
  arrived: { positiveArrival: true, negativeArrival: true },
  received: { positiveReceive: true, negativeArrival: true, negativeReceive: true }
} as const satisfies Record<AwaitedEvent, Message["acknowledge"]>

/** Returns the number of queues that a name stands for; `Infinity` where they cannot be counted from here. */
export const destinationsIn = (formatName: string): number => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  const elements = name?._tag === "Multiple" ? name.elements : [name]
  return elements.some((one) => one?._tag === "DistributionList" || one?._tag === "Multicast")
    ? Infinity
    : elements.length
}

/**
 * Returns a message with fields that the SDK sets for a function. Fails where the message has one of `reserved` itself, or where a
 * property of it throws.
 */
export const withFields = <Body>(
  call: Call,
  message: Message<Body>,
  reserved: ReadonlyArray<keyof Message>,
  fields: Message<Body>
): Effect.Effect<Message<Body>, MsmqError> =>
  Effect.suspend(() => {
    const fail = (reason: Reason, cause?: unknown) =>
      Effect.fail(
        call.operation.error(reason, {
          queue: call.queue,
          progress: { accepted: 0 },
          ...(cause === undefined ? {} : { cause })
        })
      )
    try {
      const given: Message<Body> = message instanceof IncomingMessage ? copyOf<Body>(message) : fieldsOf<Body>(message)
      const own = reserved.find((field) => given[field] !== undefined)
      if (own === undefined) return Effect.succeed({ ...given, ...fields, ...limitsLeftOf(message) })
      const rule = `${call.operation.name} sets it: leave it out`
      return fail({ _tag: "IllegalMessage", index: 0, field: own, rule, actual: describeValue(given[own]) })
    } catch (cause) {
      return fail({ _tag: "SourceFailed", part: "message", index: 0, cause }, cause)
    }
  })

/** Returns the key with the times that a received message had left; nothing for another message. */
const limitsLeftOf = (message: object): WithTimesLeft => {
  const left = (message as WithTimesLeft)[timesLeft]
  return left === undefined ? {} : { [timesLeft]: left }
}

/** Message that was sent and asked for acknowledgments. */
interface Sent {
  readonly messageId: string
  /** Number of queues that it was sent to. */
  readonly destinations: number
}

/** Waits for the acknowledgment of a message. Fails with `Undelivered` by a negative one, and with `Unacknowledged` by none. */
export const acknowledgmentOf = (
  call: Call,
  acknowledgments: Acknowledgments,
  { destinations, messageId }: Sent,
  until: AwaitedEvent,
  within: Duration.Duration
): Effect.Effect<Acknowledgment, MsmqError> =>
  Effect.flatMap(acknowledgments.waitFor(call.operation, messageId, destinations, within), (outcome) => {
    if (outcome === "silent") {
      const reason = { _tag: "Unacknowledged", messageId, until, within: Duration.toMillis(within) } as const
      return Effect.fail(call.operation.error(reason, { queue: call.queue }))
    }
    const { class: messageClass, sentTime } = outcome
    if (MessageClass.isPositive(messageClass)) {
      return Effect.succeed({ messageId, class: messageClass, time: new Date(sentTime * 1000) })
    }
    const rule = meaningForMessage(messageClass)
    return Effect.fail(
      call.operation.error({ _tag: "Undelivered", messageId, class: messageClass, rule }, { queue: call.queue })
    )
  })
