/**
 * Handles as a backend knows them: opaque numbers, each of its own kind. Programs never see one.
 *
 * @since 0.1.0
 */

declare const HandleKind: unique symbol

/**
 * A security context as the backend knows it: the full, pointer-sized `HANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type SecurityContextHandle = bigint & { readonly [HandleKind]: "security context" }

/**
 * An open queue as the backend knows it: a `QUEUEHANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueHandle = bigint & { readonly [HandleKind]: "queue" }

/**
 * A cursor as the backend knows it.
 *
 * @category models
 * @since 0.1.0
 */
export type CursorHandle = bigint & { readonly [HandleKind]: "cursor" }

/**
 * A transaction as the backend knows it: an `ITransaction`.
 *
 * @category models
 * @since 0.1.0
 */
export type TransactionHandle = bigint & { readonly [HandleKind]: "transaction" }

/**
 * A search for public queues as the backend knows it.
 *
 * @category models
 * @since 0.1.0
 */
export type LocateHandle = bigint & { readonly [HandleKind]: "locate" }
