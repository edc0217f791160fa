/** Options and report of a send, which the sender and its batches share. */
import type {
  AuthenticationLevel,
  CryptographicProvider,
  EncryptionAlgorithm,
  HashAlgorithm,
  PrivacyLevel,
  SenderIdType
} from "../../mqrt/MessageProperties.ts"
import type { SecurityContext } from "../../SecurityContext.ts"
import type { Participation } from "../../Transaction.ts"
import type { Certificate } from "../security/Certificate.ts"

/**
 * Kind of a queue, as far as a program knows it where it opens the queue: `"transactional"`, `"plain"` for one that takes
 * part in no transaction, or `"unknown"`.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueKind = "transactional" | "plain" | "unknown"

/**
 * Transaction, authentication and encryption of the messages of a send.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions<Kind extends QueueKind = QueueKind> {
  /**
   * Security context that signs the messages. It requests authentication, unless `authenticationLevel` says otherwise; in
   * Message Queuing a context alone does not. None by default.
   */
  readonly securityContext?: SecurityContext | undefined
  /**
   * `PROPID_M_SENDER_CERT`: certificate that signs the messages, whose key is fetched for each of them. It is refused together
   * with a security context, as it is not certain which of them takes precedence. None by default.
   */
  readonly senderCertificate?: Certificate | undefined
  /**
   * `PROPID_M_AUTH_LEVEL`. `"always"` by default with a context, `"none"` without. With a level and no context, Message
   * Queuing fetches the internal certificate and its key for each message.
   */
  readonly authenticationLevel?: AuthenticationLevel | undefined
  /**
   * `PROPID_M_HASH_ALG`. Windows' own default if left out, SHA-512 from Windows 7 on. Windows since Vista refuses `"md2"`,
   * `"md4"` and `"md5"`.
   */
  readonly hashAlgorithm?: HashAlgorithm | undefined
  /**
   * `PROPID_M_SENDERID_TYPE`. `"none"` by default with a context for an external certificate: the signature alone
   * authenticates, which works in a workgroup and across forests; `"sid"` then needs the certificate registered under the
   * sender's SID. Otherwise `"sid"`.
   */
  readonly senderIdType?: SenderIdType | undefined
  /** `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`: cryptographic provider of the signature. Windows' own default if left out. */
  readonly provider?: CryptographicProvider | undefined
  /** `PROPID_M_PRIV_LEVEL`: encryption of the bodies, which a direct format name does not allow. `"none"` by default. */
  readonly privacyLevel?: PrivacyLevel | undefined
  /** `PROPID_M_ENCRYPTION_ALG`: cipher of the bodies. The default of the privacy level if left out. */
  readonly encryptionAlgorithm?: EncryptionAlgorithm | undefined
  /**
   * Transaction that the messages are part of. By default the one that the effect runs in, if any (see `Transaction.run`).
   * `"singleMessage"` sends each message in a transaction of its own; `"none"` sends outside of any.
   */
  readonly transaction?: (Kind extends "plain" ? "none" : Participation) | undefined
}

/**
 * Settings of a batch: those of a send, and those of its report.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendAllOptions<Kind extends QueueKind = QueueKind> extends SendOptions<Kind> {
  /** `true` for a report that lists the id of each message, some 50 bytes each. `false` by default. */
  readonly messageIds?: boolean | undefined
  /**
   * Function that is called after every slice with the report so far, and once more before an interruption or the failure of
   * a stream, which have no `progress` themselves. Keep it short. An error that it throws ends the batch with `SourceFailed`. A
   * promise that it returns is not awaited, and its rejection is logged. None by default.
   */
  readonly onProgress?: ((report: SendReport) => void) | undefined
}

/**
 * Report of the messages that Message Queuing accepted: the local queue manager has them. They may not have arrived
 * yet.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendReport {
  /** Number of messages that were accepted: the first ones, in order. */
  readonly accepted: number
  /** Length of their bodies together, in bytes. */
  readonly bytes: number
  /** Number of slices that they were sent in: a batch is sent in slices of a few milliseconds. */
  readonly slices: number
  /** Ids of the accepted messages, in order; `undefined` unless the option `messageIds` is `true`. */
  readonly messageIds: ReadonlyArray<string> | undefined
}
