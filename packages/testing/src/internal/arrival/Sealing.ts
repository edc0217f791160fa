import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type {
  AuthenticationLevel,
  EncryptionAlgorithm,
  PrivacyLevel,
  SenderIdType,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Sid from "@effect-msmq/core/Sid"
import type { SigningCertificate } from "../security/CertificateStore.ts"
import * as Guid from "../machine/Guid.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Envelope, Signature } from "../queue/Packet.ts"
import type { SecurityContext, SecurityContextTable } from "../security/SecurityContextTable.ts"
import type { Version } from "../machine/Version.ts"
import * as Versions from "../machine/Version.ts"

const msmq30 = 5

/** The version of the signature that each level makes (behaviours ). */
const versions: Record<Exclude<AuthenticationLevel, "none">, number | "newest"> = {
  always: "newest",
  msmq10: 1,
  msmq20: 3,
  msmq30
}

/** What encrypts a body at each level where the sender names nothing (behaviour A-80). */
const defaultCiphers: Record<PrivacyLevel, EncryptionAlgorithm | null> = {
  none: null,
  bodyBase: "rc2",
  bodyEnhanced: "rc2",
  bodyAes: "aes256"
}

/** By SID: a program sends on behalf of few users, and often. */
const sidBytes = new Map<Sid.Sid, Uint8Array>()

const bytesOf = (sid: Sid.Sid): Uint8Array => {
  const known = sidBytes.get(sid)
  if (known !== undefined) return known
  const bytes = Sid.toBytes(sid)
  sidBytes.set(sid, bytes)
  return bytes
}

const senderIds: Record<SenderIdType, (sid: Sid.Sid | null, machineId: Guid.Guid) => Uint8Array | null> = {
  none: () => null,
  sid: (sid) => (sid === null ? null : bytesOf(sid)),
  queueManager: (_, machineId) => Guid.toBytes(machineId)
}

/** What is sent on whose behalf, and where. */
export interface Sent {
  /** The user whom the messages name, where no context names another. */
  readonly user: Sid.Sid | null
  readonly destination: string
  /** Whether it is one of several. */
  readonly isOneOfMany: boolean
  readonly transactional: boolean
  /** Milliseconds since 1970. */
  readonly sentAt: number
}

/** Makes what all messages of one send to one queue share, or says what stops them all. */
export const seal = (
  { id, security, version }: Machine,
  { destination, isOneOfMany, sentAt, transactional, user }: Sent,
  options: SendParameters
): Envelope | ErrorCodeName => {
  if (security.resourcesExhausted) return "MQ_ERROR_INSUFFICIENT_RESOURCES"
  const context = options.securityContext === null ? null : security.get(options.securityContext)
  if (typeof context === "string") return context
  const sid = context === null ? user : context.sid
  if (sid === null && options.senderIdType === "sid") return "MQ_ERROR_COULD_NOT_GET_USER_SID"
  const signature = sign(security, version, context, sid, options, isOneOfMany)
  if (typeof signature === "string") return signature
  return {
    destination,
    sourceMachineId: id,
    sentAt,
    transactional,
    senderIdType: options.senderIdType,
    sender: options.senderIdType === "sid" ? sid : null,
    senderId: senderIds[options.senderIdType](sid, id),
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
  { senderCertificate }: SendParameters
): SigningCertificate | ErrorCodeName => {
  if (senderCertificate !== null) return security.certificates.fetchExternal(senderCertificate)
  return context === null ? security.certificates.fetchInternal("MQSendMessage") : context.certificate
}

const sign = (
  security: SecurityContextTable,
  version: Version,
  context: SecurityContext | null,
  sid: Sid.Sid | null,
  options: SendParameters,
  isOneOfMany: boolean
): Signature | null | ErrorCodeName => {
  // A context alone does not ask for a signature (behaviour A-39).
  if (options.authenticationLevel === "none") return null
  const hashAlgorithm = options.hashAlgorithm ?? version.hash
  if (!Versions.accepts(version, hashAlgorithm)) return "MQ_ERROR_CANNOT_CREATE_HASH_EX"
  const certificate = certificateOf(security, context, options)
  if (typeof certificate === "string") return certificate
  const made = versions[options.authenticationLevel]
  return {
    // The only one that covers a list of destinations (behaviour A-46).
    version: isOneOfMany ? msmq30 : made === "newest" ? version.newestSignature : made,
    hashAlgorithm,
    certificate: certificate.der,
    pair: `${sid}:${certificate.key}`,
    isRegistered: () => sid !== null && certificate.isRegisteredFor(sid)
  }
}
