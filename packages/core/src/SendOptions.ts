/**
 * What a send can be told, and what it tells.
 *
 * @since 0.1.0
 */
import type { Certificate } from "./Certificate.ts"
import type {
  AuthenticationLevel,
  CryptographicProvider,
  EncryptionAlgorithm,
  HashAlgorithm,
  PrivacyLevel,
  SenderIdType
} from "./mqrt/MessageProperties.ts"
import type { SecurityContext } from "./SecurityContext.ts"
import type { Participation } from "./Transaction.ts"

/**
 * What is known of a queue where a program opens it: that it takes part in transactions, that it does not, or nothing.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueKind = "transactional" | "plain" | "unknown"

/**
 * What holds for every message of a send.
 *
 * - `securityContext`: signs the messages. It requests authentication, unless `authenticationLevel` says otherwise: to
 *   Message Queuing a context alone would not (behaviour A-39)
 * - `senderCertificate`: `PROPID_M_SENDER_CERT`: signs with this certificate instead, whose key is then fetched for each
 *   message. Not together with a context: which of them would win is not certain, so both are refused
 * - `authenticationLevel`: `PROPID_M_AUTH_LEVEL`; `"always"` with a context, `"none"` without. Without a context but with
 *   a level, Message Queuing fetches the internal certificate and its key for each message
 * - `hashAlgorithm`: `PROPID_M_HASH_ALG`; by default what this Windows takes, SHA-512 from Windows 7 on. Windows
 *   since Vista refuses `"md2"`, `"md4"` and `"md5"`
 * - `senderIdType`: `PROPID_M_SENDERID_TYPE`. With a context for an external certificate `"none"` by default, which
 *   authenticates by the signature alone and so works in a workgroup and across forests; `"sid"` then needs
 *   the certificate registered under the sender's SID. Otherwise `"sid"`
 * - `provider`: `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`: the cryptographic provider of the signature
 * - `privacyLevel`, `encryptionAlgorithm`: `PROPID_M_PRIV_LEVEL`, `PROPID_M_ENCRYPTION_ALG`: encrypts the bodies; not
 *   possible by a direct format name
 * - `transaction`: what the messages are part of; by default the transaction that the effect runs in, if any (see
 *   `Transaction.run`). `"singleMessage"` sends each in a transaction of its own (F-02); `"none"` sends outside of any
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions<Kind extends QueueKind = QueueKind> {
  readonly securityContext?: SecurityContext | undefined
  readonly senderCertificate?: Certificate | undefined
  readonly authenticationLevel?: AuthenticationLevel | undefined
  readonly hashAlgorithm?: HashAlgorithm | undefined
  readonly senderIdType?: SenderIdType | undefined
  readonly provider?: CryptographicProvider | undefined
  readonly privacyLevel?: PrivacyLevel | undefined
  readonly encryptionAlgorithm?: EncryptionAlgorithm | undefined
  readonly transaction?: (Kind extends "plain" ? "none" : Participation) | undefined
}

/**
 * What holds for a batch, beside {@link SendOptions}.
 *
 * - `messageIds`: whether the report lists the id of each message, in order: some 50 bytes each. `false` by default
 * - `onProgress`: called after every slice with the report so far, and once more before an interruption or the failure of a
 *   stream, which have no `progress` themselves; keep it short. What it throws ends the batch with `SourceFailed`. A promise
 *   that it returns is not waited for, and what that rejects with is logged
 *
 * @category models
 * @since 0.1.0
 */
export interface SendAllOptions<Kind extends QueueKind = QueueKind> extends SendOptions<Kind> {
  readonly messageIds?: boolean | undefined
  readonly onProgress?: ((report: SendReport) => void) | undefined
}

/**
 * What was accepted.
 *
 * - `accepted`: how many messages Message Queuing took, in order
 * - `bytes`: the length of their bodies together
 * - `batches`: how many slices they went in
 * - `messageIds`: the ids, if they were asked for
 *
 * That a message was accepted says only that the local queue manager has it (behaviour D-01).
 *
 * @category models
 * @since 0.1.0
 */
export interface SendReport {
  readonly accepted: number
  readonly bytes: number
  readonly batches: number
  readonly messageIds: ReadonlyArray<string> | undefined
}
