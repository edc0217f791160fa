/**
 * What the promise face takes wherever something waits.
 *
 * @since 0.1.0
 */

/**
 * Where something waits it takes a signal; when that aborts, the promise is rejected with the signal's reason.
 *
 * @category models
 * @since 0.1.0
 */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}
