import type {
  AuthenticationLevel,
  EncryptionAlgorithm,
  PrivacyLevel,
  SenderIdType,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Sid from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import * as Guid from "@effect-msmq/core/mqrt/Guid"
import type { Version } from "../facts/Version.ts"
import * as Versions from "../facts/Version.ts"
import type { Envelope, Signature } from "../queue/Packet.ts"
import type { SigningCertificate } from "../security/CertificateStore.ts"
import type { SecurityContext, SecurityContextTable } from "../security/SecurityContextTable.ts"

const msmq30 = 5

/** Version of the signature that each level makes (behaviours ). */
const versions: Record<Exclude<AuthenticationLevel, "none">, number | "newest"> = {
  always: "newest",
  msmq10: 1,
  msmq20: 3,
  msmq30
}

/** Algorithm that encrypts a body at each level where the sender names none (behaviour A-80). */
const defaultCiphers: Record<PrivacyLevel, EncryptionAlgorithm | null> = {
  none: null,
  bodyBase: "rc2",
  bodyEnhanced: "rc2",
  bodyAes: "aes256"
}

/** Bytes of each SID: a program sends on behalf of few users, and often. */
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

/** Machine that messages are sent from. */
export interface Source {
  readonly id: Guid.Guid
  readonly version: Version
  readonly security: SecurityContextTable
}

/** A send to one queue. */
export interface Send {
  /** User that the messages name where no security context names another; `null` where its SID is not known. */
  readonly user: Sid.Sid | null
  /** Format name of the queue. */
  readonly destination: string
  /** `true` where the messages go to several queues. */
  readonly isOneOfMany: boolean
  readonly transactional: boolean
  /** Time of the send, in milliseconds since 1970. */
  readonly sentAt: number
}

/** Makes the envelope that all messages of a send to one queue share. */
export const make = (
  { id, security, version }: Source,
  { destination, isOneOfMany, sentAt, transactional, user }: Send,
  options: SendParameters
): Fallible<Envelope> => {
  if (security.resourcesExhausted) return Result.fail("MQ_ERROR_INSUFFICIENT_RESOURCES")
  const context = options.securityContext === null ? noContext : security.get(options.securityContext)
  if (Result.isFailure(context)) return Result.fail(context.failure)
  const sid = context.success === null ? user : context.success.sid
  if (sid === null && options.senderIdType === "sid") return Result.fail("MQ_ERROR_COULD_NOT_GET_USER_SID")
  const signature = sign(security, version, context.success, sid, options, isOneOfMany)
  if (Result.isFailure(signature)) return Result.fail(signature.failure)
  return Result.succeed({
    destination,
    sourceMachineId: id,
    sentAt,
    transactional,
    senderIdType: options.senderIdType,
    sender: options.senderIdType === "sid" ? sid : null,
    senderId: senderIds[options.senderIdType](sid, id),
    signature: signature.success,
    provider: options.provider,
    privacyLevel: options.privacyLevel,
    encryptionAlgorithm:
      options.privacyLevel === "none" ? null : (options.encryptionAlgorithm ?? defaultCiphers[options.privacyLevel])
  })
}

const noContext: Fallible<SecurityContext | null> = Result.succeed(null)

/** Makes the envelope of an acknowledgment, which names no sender. */
export const ofAcknowledgment = (machineId: Guid.Guid, destination: string, sentAt: number): Envelope => ({
  destination,
  sourceMachineId: machineId,
  sentAt,
  transactional: false,
  senderIdType: "none",
  sender: null,
  senderId: null,
  signature: null,
  provider: null,
  privacyLevel: "none",
  encryptionAlgorithm: null
})

/** Fetches the certificate to sign with: one that the sender names goes before that of its context (behaviour A-38). */
const certificateFor = (
  security: SecurityContextTable,
  context: SecurityContext | null,
  { senderCertificate }: SendParameters
): Fallible<SigningCertificate> => {
  if (senderCertificate !== null) return security.certificates.fetchExternal(senderCertificate)
  return context === null ? security.certificates.fetchInternal("MQSendMessage") : Result.succeed(context.certificate)
}

const unsigned: Fallible<Signature | null> = Result.succeed(null)

const sign = (
  security: SecurityContextTable,
  version: Version,
  context: SecurityContext | null,
  sid: Sid.Sid | null,
  options: SendParameters,
  isOneOfMany: boolean
): Fallible<Signature | null> => {
  // A context alone does not ask for a signature (behaviour A-39).
  if (options.authenticationLevel === "none") return unsigned
  const hashAlgorithm = options.hashAlgorithm ?? version.hash
  if (!Versions.accepts(version, hashAlgorithm)) return Result.fail("MQ_ERROR_CANNOT_CREATE_HASH_EX")
  const made = versions[options.authenticationLevel]
  return Result.map(certificateFor(security, context, options), (certificate) => ({
    // Only this version covers a list of destinations (behaviour A-46).
    version: isOneOfMany ? msmq30 : made === "newest" ? version.newestSignature : made,
    hashAlgorithm,
    certificate: certificate.der,
    pair: `${sid}:${certificate.key}`,
    isRegistered: () => sid !== null && certificate.isRegisteredFor(sid)
  }))
}
