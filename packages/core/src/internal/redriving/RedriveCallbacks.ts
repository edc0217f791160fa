/** Functions of a program that `redrive` calls for each message. */
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
import type { RedriveOptions, RedriveReport, RedriveTarget } from "./RedriveOptions.ts"

/** Word that stands for the queue that a message was sent to. */
export const destinationQueue = "destinationQueue"

/** Calls of the functions, which fail where one of them throws or returns what is not allowed. */
export class RedriveCallbacks {
  readonly #call: Call
  readonly #to: RedriveTarget
  readonly #where: RedriveOptions["where"]
  readonly #onProgress: ((report: RedriveReport) => void) | undefined
  readonly #callProgram: <A>(body: () => A) => A
  readonly #context: Context.Context<never>

  constructor(
    call: Call,
    to: RedriveTarget,
    { onProgress, where }: RedriveOptions,
    fiber: Fiber.Fiber<unknown, unknown>
  ) {
    const callProgram = fiber.getRef(CallProgram)
    this.#call = call
    this.#to = to
    this.#where = where
    this.#callProgram = callProgram
    this.#context = fiber.context
    this.#onProgress =
      onProgress &&
      logRejectionsOf("onProgress failed", (report) => callProgram(() => onProgress(report)), fiber.context)
  }

  /** Returns the queue that a message goes to; `undefined` for a message that stays. `index`: place of the message, from 0. */
  targetOf(message: ReceivedMessage, index: number): QueueName | undefined | MsmqError {
    const where = this.#where
    if (where !== undefined) {
      const isWanted = this.#run("where", index, () => where(message))
      if (isWanted instanceof MsmqError) return isWanted
      if (typeof isWanted !== "boolean") return this.#refuse("where", mustReturnBoolean, isWanted)
      if (!isWanted) return undefined
    }
    const to = this.#to
    if (typeof to !== "function") return to === destinationQueue ? message.destinationQueue : to
    const queue = this.#run("to", index, () => to(message))
    if (queue instanceof MsmqError || queue === undefined) return queue
    const read = readRule(queueName, "to", queue)
    return read instanceof Violation ? this.#refuse("to", mustReturnName, queue) : read
  }

  /** Calls `onProgress`. Returns the failure where it throws. */
  progress(report: RedriveReport): MsmqError | undefined {
    return this.#run("onProgress", report.examined, () => {
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
