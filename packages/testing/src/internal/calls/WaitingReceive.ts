import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { failure } from "../facts/Failure.ts"
import type { LongOperations } from "../network/LongOperations.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Waiter } from "../queue/Waiter.ts"
import { inOneStep } from "./oneStep.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import { handOver } from "./ReceiveRequest.ts"

type Received = Effect.Effect<ReceivedProperties, MqrtFailure>

const receiving = "MQReceiveMessage"

/** A receive or a peek that waits for a message. */
class WaitingReceive implements Waiter {
  readonly turn: number
  readonly #request: ReceiveRequest
  readonly #fiber: Fiber.Fiber<unknown, unknown>
  readonly #resume: (effect: Received) => void
  readonly #clock: Clock.Clock
  /** Message that came for it, until its fiber takes the message: meanwhile a receive has it locked. */
  #packet: Packet | undefined = undefined
  #timer: Fiber.Fiber<void> | undefined = undefined

  constructor(request: ReceiveRequest, fiber: Fiber.Fiber<unknown, unknown>, resume: (effect: Received) => void) {
    this.#request = request
    this.#fiber = fiber
    this.#resume = resume
    this.#clock = Context.get(fiber.context, Clock.Clock)
    this.turn = request.opened.queue.nextTurn()
    request.opened.queue.waiting.add(this)
    request.opened.waiting.add(this)
    request.transaction?.waiting.add(this)
  }

  /** Fails with a timeout after a number of milliseconds. */
  startTimer(milliseconds: number): void {
    const sleep = this.#clock.sleep(Duration.millis(milliseconds))
    this.#timer = Effect.runForkWith(this.#fiber.context)(sleep)
    this.#timer.addObserver(() => {
      this.#timer = undefined
      if (!this.#request.opened.waiting.has(this)) return
      this.#request.cursor?.leaveMessage()
      this.fail("MQ_ERROR_IO_TIMEOUT")
    })
  }

  serve(packet: Packet): void {
    const { opened, peeks } = this.#request
    this.#packet = packet
    if (!peeks) opened.queue.lock(packet)
    opened.served.add(this)
    this.#resumeWith(inOneStep(this.#operations, receiving, (now) => this.#take(packet, now)))
  }

  fail(code: ErrorCodeName): void {
    this.#resumeWith(Effect.fail(failure(receiving, code)))
  }

  /** Stops waiting; a message that came for it stays in the queue. */
  cancel(): void {
    this.#leave()
    const packet = this.#packet
    if (packet !== undefined) this.#putBack(packet)
  }

  abandon(): void {
    const served = this.#packet !== undefined
    this.cancel()
    if (!served) this.fail("MQ_ERROR_INVALID_HANDLE")
  }

  get #operations(): LongOperations {
    return this.#request.machine.network.operations
  }

  #take(packet: Packet, now: number): Fallible<ReceivedProperties> {
    const { opened } = this.#request
    // The wait was abandoned after the message came.
    if (this.#packet === undefined) return Result.fail("MQ_ERROR_INVALID_HANDLE")
    const obstacle = this.#obstacle()
    if (obstacle !== undefined) {
      this.#putBack(packet)
      return Result.fail(obstacle)
    }
    this.#packet = undefined
    opened.served.delete(this)
    return Result.succeed(handOver(this.#request, packet, now))
  }

  /** Returns the error code for an event since the message came that prevents the receive. */
  #obstacle(): ErrorCodeName | undefined {
    const { machine, opened, transaction } = this.#request
    if (transaction?.isOpen === false) return "MQ_ERROR_TRANSACTION_SEQUENCE"
    // The machine that has the queue keeps the message until the other one confirms (behaviour E-74).
    return machine.network.reaches(machine, opened.machine) ? undefined : "MQ_ERROR_QUEUE_NOT_AVAILABLE"
  }

  #putBack(packet: Packet): void {
    const { opened, peeks } = this.#request
    this.#packet = undefined
    opened.served.delete(this)
    if (!peeks) opened.queue.release(packet, this.#clock.currentTimeMillisUnsafe())
  }

  #resumeWith(outcome: Received): void {
    this.#leave()
    this.#request.machine.resumptions.add(this.#fiber, () => this.#resume(outcome))
  }

  #leave(): void {
    const { opened, transaction } = this.#request
    opened.queue.waiting.delete(this)
    opened.waiting.delete(this)
    transaction?.waiting.delete(this)
    const timer = this.#timer
    this.#timer = undefined
    timer?.interruptUnsafe()
  }
}

/**
 * Waits for a message; `timeout` in milliseconds, `null`: without limit. An interruption ends the wait. `unless`: returns the
 * effect to run where there is no reason to wait any more, as the fiber may have yielded since it was found to be necessary.
 */
export const waitForMessage = (
  request: ReceiveRequest,
  timeout: number | null,
  unless: () => Received | undefined
): Received =>
  Effect.withFiber((fiber) =>
    Effect.callback((resume) => {
      const instead = unless()
      if (instead !== undefined) return resume(instead)
      const waiter = new WaitingReceive(request, fiber, resume)
      if (timeout !== null) waiter.startTimer(timeout)
      return request.machine.network.operations.whenIdle(() => {
        waiter.cancel()
        return Effect.void
      })
    })
  )
