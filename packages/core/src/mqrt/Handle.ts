/**
 * Handles as a backend knows them: opaque numbers, a type for each kind. Programs never get one.
 *
 * @since 0.1.0
 */

declare const HandleKind: unique symbol

/**
 * Handle of a security context: the full, pointer-sized `HANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type SecurityContextHandle = bigint & { readonly [HandleKind]: "security context" }

/**
 * Handle of an open queue: a `QUEUEHANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueHandle = bigint & { readonly [HandleKind]: "queue" }

/**
 * Handle of a cursor in an open queue: a `HANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type CursorHandle = bigint & { readonly [HandleKind]: "cursor" }

/**
 * Handle of a transaction: an `ITransaction`.
 *
 * @category models
 * @since 0.1.0
 */
export type TransactionHandle = bigint & { readonly [HandleKind]: "transaction" }

/**
 * Handle of a search for public queues.
 *
 * @category models
 * @since 0.1.0
 */
export type LocateHandle = bigint & { readonly [HandleKind]: "locate" }
