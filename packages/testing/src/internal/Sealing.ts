import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type {
  AuthenticationLevel,
  EncryptionAlgorithm,
  HashAlgorithm,
  PrivacyLevel,
  SenderIdType,
  SendOptions
} from "@effect-msmq/core/MessageProperties"
import type { SigningCertificate } from "./CertificateStore.ts"
import * as Guid from "./Guid.ts"
import type { Envelope, Signature } from "./Packet.ts"
import type { SecurityContext, SecurityContextTable } from "./SecurityContextTable.ts"
import type { Sid } from "./Sid.ts"

/** The version of the signature that each level makes; "always" is the newest, 3.0 (behaviours ). */
const versions: Record<Exclude<AuthenticationLevel, "none">, number> = { always: 5, msmq10: 1, msmq20: 3, msmq30: 5 }

/** What encrypts a body at each level where the sender names nothing (behaviour A-80). */
const defaultCiphers: Record<PrivacyLevel, EncryptionAlgorithm | null> = {
  none: null,
  bodyBase: "rc2",
  bodyEnhanced: "rc2",
  bodyAes: "aes256"
}

/** Since Windows 7 (behaviour A-53). */
const defaultHash: HashAlgorithm = "sha512"

/** No longer made nor accepted since Windows Vista (behaviour A-54). */
const weakHashes: ReadonlySet<HashAlgorithm> = new Set(["md2", "md4", "md5"])

const senderIds: Record<SenderIdType, (sid: Sid | null, machineId: Guid.Guid) => Uint8Array | null> = {
  none: () => null,
  sid: (sid) => sid?.bytes ?? null,
  queueManager: (_, machineId) => Guid.toBytes(machineId)
}

/** Who sends what to whom. */
export interface Sent {
  readonly machineId: Guid.Guid
  /** The user whom the messages name, where no context names another. */
  readonly user: Sid | null
  readonly destination: string
  /** Whether it is one of several. */
  readonly isOneOfMany: boolean
  readonly transactional: boolean
  /** Milliseconds since 1970. */
  readonly sentAt: number
}

/** Makes what all messages of one send to one queue share, or says what stops them all. */
export const seal = (
  security: SecurityContextTable,
  { destination, isOneOfMany, machineId, sentAt, transactional, user }: Sent,
  options: SendOptions
): Envelope | ErrorCodeName => {
  if (security.resourcesExhausted) return "MQ_ERROR_INSUFFICIENT_RESOURCES"
  const context = options.securityContext === null ? null : security.get(options.securityContext)
  if (typeof context === "string") return context
  const sid = context === null ? user : context.sid
  if (sid === null && options.senderIdType === "sid") return "MQ_ERROR_COULD_NOT_GET_USER_SID"
  const signature = sign(security, context, sid, options, isOneOfMany)
  if (typeof signature === "string") return signature
  return {
    destination,
    sourceMachineId: machineId,
    sentAt,
    transactional,
    senderIdType: options.senderIdType,
    senderId: senderIds[options.senderIdType](sid, machineId),
    signature,
    provider: options.provider,
    privacyLevel: options.privacyLevel,
    encryptionAlgorithm:
      options.privacyLevel === "none" ? null : (options.encryptionAlgorithm ?? defaultCiphers[options.privacyLevel])
  }
}

/** A certificate that the sender names wins over that of its context (behaviour A-38). */
const certificateOf = (
  security: SecurityContextTable,
  context: SecurityContext | null,
  { senderCertificate }: SendOptions
): SigningCertificate | ErrorCodeName => {
  if (senderCertificate !== null) return security.certificates.fetchExternal(senderCertificate)
  return context === null ? security.certificates.fetchInternal("MQSendMessage") : context.certificate
}

const sign = (
  security: SecurityContextTable,
  context: SecurityContext | null,
  sid: Sid | null,
  options: SendOptions,
  isOneOfMany: boolean
): Signature | null | ErrorCodeName => {
  // A context alone does not ask for a signature (behaviour A-39).
  if (options.authenticationLevel === "none") return null
  const hashAlgorithm = options.hashAlgorithm ?? defaultHash
  if (weakHashes.has(hashAlgorithm)) return "MQ_ERROR_CANNOT_CREATE_HASH_EX"
  const certificate = certificateOf(security, context, options)
  if (typeof certificate === "string") return certificate
  return {
    // The only one that covers a list of destinations (behaviour A-46).
    version: isOneOfMany ? versions.msmq30 : versions[options.authenticationLevel],
    hashAlgorithm,
    certificate: certificate.der,
    isRegistered: () => sid !== null && certificate.isRegisteredFor(sid)
  }
}
