/**
 * Signals of calls that may wait.
 *
 * @since 0.1.0
 */

/**
 * Options of a function that may wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Abortable {
  /** Signal that ends the call: its promise is then rejected with the signal's reason. None by default. */
  readonly signal?: AbortSignal | undefined
}
