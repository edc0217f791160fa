import { NodeInspectSymbol } from "effect/Inspectable"

/**
 * Value of a field that was not read, and that a message to send has, too. It can be neither sent nor mistaken for an empty
 * value.
 *
 * See the example of `MessageQueue.openReceiver`.
 *
 * @category models
 * @since 0.1.0
 */
export class NotRead {
  readonly #notRead = true

  /** Returns `true` for a value that stands for a field that was not read. */
  static is(value: unknown): value is NotRead {
    return typeof value === "object" && value !== null && #notRead in value && value.#notRead
  }

  /** Returns nothing: the field is not in the JSON of its message. */
  toJSON(): undefined {
    return undefined
  }

  /** Returns the text that a console shows. */
  [NodeInspectSymbol](): string {
    return "<not read>"
  }
}

export const notRead = new NotRead()
