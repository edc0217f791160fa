/**
 * Requesters for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Abortable } from "./Abortable.ts"
import { logRejection } from "../internal/options/handlers.ts"
import { withOptions } from "../internal/options/OptionTable.ts"
import { requestOptions } from "../internal/options/promiseOptions.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { ScopedResource } from "../internal/promises/ScopedResource.ts"
import type { Message, ReceivedMessage } from "../Message.ts"
import type {
  Options as EffectOptions,
  Requester as EffectRequester,
  RequestOptions as EffectRequestOptions,
  UnexpectedMessage
} from "../Requester.ts"
import * as operations from "../internal/telemetry/Operation.ts"

export type { UnexpectedMessage, UnexpectedPolicy } from "../Requester.ts"

/**
 * Settings of a requester, as the Effect face has them, with a function of this face.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequesterOptions<Question = Uint8Array, Answer = Uint8Array>
  extends Omit<EffectOptions<Question, Answer>, "onUnexpected">, Abortable {
  /**
   * Function that is called for each message that answers no request under way. Nothing waits for it; its error, or the rejection of
   * a promise that it returns, is logged. By default a warning is logged.
   */
  readonly onUnexpected?: ((unexpected: UnexpectedMessage) => void) | undefined
}

/**
 * Options of one request.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestOptions extends EffectRequestOptions, Abortable {}

/** @internal */
export const effectRequesterOptions = <Question, Answer>(
  options: RequesterOptions<Question, Answer>,
  runner: Runner
): EffectOptions<Question, Answer> => {
  const { onUnexpected } = options
  return withOptions(options, {
    onUnexpected:
      onUnexpected &&
      ((unexpected: UnexpectedMessage) =>
        Effect.flatten(runner.call(() => logRejection("onUnexpected failed", onUnexpected(unexpected)))))
  })
}

/**
 * Requester of one queue, with a response queue of its own: see `openRequester` of a `Connection`. Any number of requests may be under
 * way at once.
 *
 * See the example of `Requester.make`.
 *
 * @category models
 * @since 0.1.0
 */
export class Requester<Question = Uint8Array, Answer = Uint8Array> extends ScopedResource {
  readonly #requester: EffectRequester<Question, Answer>

  private constructor(requester: EffectRequester<Question, Answer>, scope: Scope.Closeable, runner: Runner) {
    super(requester, scope, runner)
    this.#requester = requester
  }

  /** @internal */
  static make<Question, Answer>(
    requester: EffectRequester<Question, Answer>,
    scope: Scope.Closeable,
    runner: Runner
  ): Requester<Question, Answer> {
    return new Requester(requester, scope, runner)
  }

  /** Name that the queue of the requests was opened with. */
  get queue(): string {
    return this.#requester.queue
  }

  /** Format name of the queue that the responses come to. */
  get responseQueue(): string {
    return this.#requester.responseQueue
  }

  /** Number of requests that wait for their response. */
  get pending(): number {
    return this.#requester.pending
  }

  /** Number of messages that came and answered no request under way. */
  get unexpected(): number {
    return this.#requester.unexpected
  }

  /**
   * Sends a message, and waits for the message that answers it. An abort ends this request alone, which may have been sent. See `request`
   * of {@link EffectRequester}.
   */
  request(message: Message<Question>, options?: RequestOptions): Promise<ReceivedMessage<Answer>> {
    const call = { operation: operations.Requester.request, queue: this.queue }
    return this.runner.run(call, requestOptions, options, (options) => this.#requester.request(message, options))
  }
}
