/** Functions of a program that are called for each message of a queue. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { ReceivedMessage } from "../../Message.ts"
import { MsmqError, type SourceFailed } from "../../MsmqError.ts"
import { describeValue } from "../errors/describeValue.ts"
import { nameOf, type QueueName } from "../names/queueName.ts"
import type { Call } from "../options/illegalOption.ts"
import { errorOf, readRule } from "../options/illegalOption.ts"
import { logRejection, logRejectionsOf } from "../options/handlers.ts"
import { queueName } from "../options/queueNames.ts"
import { Violation } from "../options/Violation.ts"
import { CallProgram } from "../promises/CallProgram.ts"
import type { RedriveTarget } from "./RedriveOptions.ts"

/** Word that stands for the queue that a message was sent to. */
export const destinationQueue = "destinationQueue"

/** Functions that choose messages, and that get the progress. */
interface Callbacks<Report> {
  readonly where?: ((message: ReceivedMessage) => boolean) | undefined
  readonly onProgress?: ((report: Report) => void) | undefined
}

/** Calls of the functions, which fail where one of them throws or returns what is not allowed. */
export class MessageCallbacks<Report> {
  readonly #call: Call
  readonly #where: Callbacks<Report>["where"]
  readonly #onProgress: ((report: Report) => void) | undefined
  readonly #callProgram: <A>(body: () => A) => A
  readonly #context: Context.Context<never>

  private constructor(call: Call, { onProgress, where }: Callbacks<Report>, fiber: Fiber.Fiber<unknown, unknown>) {
    const callProgram = fiber.getRef(CallProgram)
    this.#call = call
    this.#where = where
    this.#callProgram = callProgram
    this.#context = fiber.context
    this.#onProgress =
      onProgress &&
      logRejectionsOf("onProgress failed", (report) => callProgram(() => onProgress(report)), fiber.context)
  }

  /** Makes the calls of a run. The loggers of its fiber log rejections. */
  static make<Report>(call: Call, callbacks: Callbacks<Report>): Effect.Effect<MessageCallbacks<Report>> {
    return Effect.withFiber((fiber: Fiber.Fiber<unknown, unknown>) =>
      Effect.sync(() => new MessageCallbacks(call, callbacks, fiber))
    )
  }

  /** Returns `true` for a message that is chosen. `index`: place of the message, from 0. */
  chooses(message: ReceivedMessage, index: number): boolean | MsmqError {
    const where = this.#where
    if (where === undefined) return true
    const isChosen = this.#run("where", index, () => where(message))
    return typeof isChosen === "boolean" || isChosen instanceof MsmqError
      ? isChosen
      : this.#refuse("where", mustReturnBoolean, isChosen)
  }

  /** Returns the queue that a message goes to; `undefined` for a message that stays. */
  targetOf(to: RedriveTarget, message: ReceivedMessage, index: number): QueueName | undefined | MsmqError {
    if (typeof to !== "function") return to === destinationQueue ? message.destinationQueue : to
    const queue = this.#run("to", index, () => to(message))
    if (queue instanceof MsmqError || queue === undefined) return queue
    const read = readRule(queueName, "to", queue)
    return read instanceof Violation ? this.#refuse("to", mustReturnName, queue) : read
  }

  /** Calls `onProgress`. Returns the failure where it throws. */
  progress(report: Report, index: number): MsmqError | undefined {
    return this.#run("onProgress", index, () => {
      this.#onProgress?.(report)
      return undefined
    })
  }

  #run<A>(part: SourceFailed["part"], index: number, body: () => A): A | MsmqError {
    try {
      return this.#callProgram(body)
    } catch (cause) {
      const { operation, queue } = this.#call
      return operation.error({ _tag: "SourceFailed", part, index, cause }, { queue, cause })
    }
  }

  #refuse(option: string, rule: string, given: unknown): MsmqError {
    Effect.runForkWith(this.#context)(logRejection(`${option} failed`, given))
    return errorOf(this.#call, new Violation(option, rule, `a function that returned ${describeResult(given)}`))
  }
}

const describeResult = (given: unknown): string => (typeof given === "string" ? nameOf(given) : describeValue(given))

const mustReturnBoolean =
  "it must return true or false, at once and not as a promise or an effect: find out before what takes time"

const mustReturnName =
  "it must return the name of a queue, or undefined for a message that stays, at once and not as a promise or an effect"
