import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFailure, ReceivedProperties } from "@effect-msmq/core/Mqrt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { failure } from "./Failure.ts"
import type { OpenQueue } from "./OpenQueue.ts"
import type { Packet } from "./Packet.ts"
import { receivedProperties } from "./Packet.ts"

type Received = Effect.Effect<ReceivedProperties, MqrtFailure>

/** A receive that waits on an empty queue. */
export class WaitingReceive {
  readonly #opened: OpenQueue
  readonly #fiber: Fiber.Fiber<unknown, unknown>
  readonly #resume: (effect: Received) => void
  /** The message that is set aside for it until its fiber takes it. */
  #packet: Packet | undefined = undefined
  #timer: Fiber.Fiber<void> | undefined = undefined

  constructor(opened: OpenQueue, fiber: Fiber.Fiber<unknown, unknown>, resume: (effect: Received) => void) {
    this.#opened = opened
    this.#fiber = fiber
    this.#resume = resume
    opened.queue.waiting.add(this)
    opened.waiting.add(this)
  }

  startTimer(milliseconds: number): void {
    const sleep = Context.get(this.#fiber.context, Clock.Clock).sleep(Duration.millis(milliseconds))
    this.#timer = Effect.runForkWith(this.#fiber.context)(sleep)
    this.#timer.addObserver(() => {
      this.#timer = undefined
      if (this.#opened.waiting.has(this)) this.fail("MQ_ERROR_IO_TIMEOUT")
    })
  }

  serve(packet: Packet): void {
    this.#packet = packet
    // The message counts as received in the very step that hands it to the caller, so that no interruption falls
    // between the two.
    this.#settle(
      Effect.sync(() => {
        this.#packet = undefined
        return receivedProperties(packet)
      })
    )
  }

  fail(code: ErrorCodeName): void {
    this.#settle(Effect.fail(failure("MQReceiveMessage", code)))
  }

  /** Gives up; a message that was set aside stays in the queue. */
  takeBack(): void {
    this.#leave()
    const packet = this.#packet
    this.#packet = undefined
    if (packet !== undefined) this.#opened.queue.restore(packet)
  }

  #settle(outcome: Received): void {
    this.#leave()
    // Resuming runs the fiber at once: inside a send, the receiver would run before the send has returned.
    this.#fiber.currentDispatcher.scheduleTask(() => this.#resume(outcome), 0)
  }

  #leave(): void {
    this.#opened.queue.waiting.delete(this)
    this.#opened.waiting.delete(this)
    const timer = this.#timer
    this.#timer = undefined
    timer?.interruptUnsafe()
  }
}

/** Waits for a message; `timeout` in milliseconds, `null` for ever. Interruption gives up. */
export const waitForMessage = (opened: OpenQueue, timeout: number | null): Received =>
  Effect.withFiber((fiber) =>
    Effect.callback((resume) => {
      const waiter = new WaitingReceive(opened, fiber, resume)
      if (timeout !== null) waiter.startTimer(timeout)
      return Effect.sync(() => waiter.takeBack())
    })
  )
