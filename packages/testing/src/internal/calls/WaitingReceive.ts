import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { failure } from "../facts/Failure.ts"
import type { Packet } from "../queue/Packet.ts"
import { handOver } from "./ReceiveRequest.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"

type Received = Effect.Effect<ReceivedProperties, MqrtFailure>

/** What the receive was to do can no longer be done. */
class TooLate extends Error {
  readonly code: ErrorCodeName

  constructor(code: ErrorCodeName) {
    super(code)
    this.code = code
  }
}

/** Whose turn it is among those who wait: the lower, the earlier. */
export interface Turn {
  readonly turn: number
}

/** A receive or peek that waits for a message to come. */
export class WaitingReceive implements Turn {
  readonly turn: number
  readonly #request: ReceiveRequest
  readonly #fiber: Fiber.Fiber<unknown, unknown>
  readonly #resume: (effect: Received) => void
  readonly #clock: Clock.Clock
  /** The message that came for it, until its fiber takes it: one that it receives is locked meanwhile. */
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

  startTimer(milliseconds: number): void {
    const sleep = this.#clock.sleep(Duration.millis(milliseconds))
    this.#timer = Effect.runForkWith(this.#fiber.context)(sleep)
    this.#timer.addObserver(() => {
      this.#timer = undefined
      if (!this.#request.opened.waiting.has(this)) return
      this.#request.cursor?.foundNothing()
      this.fail("MQ_ERROR_IO_TIMEOUT")
    })
  }

  serve(packet: Packet): void {
    const { opened, peeks } = this.#request
    this.#packet = packet
    if (!peeks) opened.queue.lock(packet)
    opened.served.add(this)
    // The message counts as received in the very step that hands it to the caller, so that no interruption falls
    // between the two.
    this.#settle(
      Effect.catchDefect(
        Effect.sync(() => this.#take(packet)),
        (defect) =>
          defect instanceof TooLate ? Effect.fail(failure("MQReceiveMessage", defect.code)) : Effect.die(defect)
      )
    )
  }

  fail(code: ErrorCodeName): void {
    this.#settle(Effect.fail(failure("MQReceiveMessage", code)))
  }

  /** Gives up; a message that came for it stays in the queue. */
  takeBack(): void {
    this.#leave()
    const packet = this.#packet
    if (packet !== undefined) this.#giveBack(packet)
  }

  /** Gives up, since the process has ended that waits. */
  abandon(): void {
    const served = this.#packet !== undefined
    this.takeBack()
    if (!served) this.fail("MQ_ERROR_INVALID_HANDLE")
  }

  #take(packet: Packet): ReceivedProperties {
    const { opened } = this.#request
    // It was taken back already, for a process that ended.
    if (this.#packet === undefined) throw new TooLate("MQ_ERROR_INVALID_HANDLE")
    const ended = this.#endedBy()
    if (ended !== undefined) {
      this.#giveBack(packet)
      throw new TooLate(ended)
    }
    this.#packet = undefined
    opened.served.delete(this)
    return handOver(this.#request, packet, this.#clock.currentTimeMillisUnsafe())
  }

  /** What has happened since the message came that keeps it from being handed out. */
  #endedBy(): ErrorCodeName | undefined {
    const { machine, opened, transaction } = this.#request
    if (transaction?.isOpen === false) return "MQ_ERROR_TRANSACTION_SEQUENCE"
    // The machine that has the queue keeps the message until the other one confirms (behaviour E-74).
    return machine.network.reaches(machine, opened.machine) ? undefined : "MQ_ERROR_QUEUE_NOT_AVAILABLE"
  }

  #giveBack(packet: Packet): void {
    const { opened, peeks } = this.#request
    this.#packet = undefined
    opened.served.delete(this)
    if (!peeks) opened.queue.release(packet, this.#clock.currentTimeMillisUnsafe())
  }

  #settle(outcome: Received): void {
    this.#leave()
    // Resuming runs the fiber at once: inside a send, the receiver would run before the send has returned.
    this.#fiber.currentDispatcher.scheduleTask(() => this.#resume(outcome), 0)
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
 * Waits for a message; `timeout` in milliseconds, `null` for ever. Interruption gives up. `unless`: what to do instead, if
 * there is no reason to wait any more: the fiber may have yielded since there was.
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
      return Effect.sync(() => waiter.takeBack())
    })
  )
