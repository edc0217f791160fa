/** Rules for the options of `InMemoryMqrt.layerWith`. */
import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Sid from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import type { DirectoryOptions, KnownUser, MachineOptions, NetworkOptions } from "../../InMemoryMqrt.ts"
import type { HeldCertificate, User } from "../../MsmqControl.ts"
import { internalCertificates } from "../security/CertificateStore.ts"
import { type VersionNumber, versions } from "../facts/Version.ts"

const sid = Options.guarded(
  'a SID, such as "S-1-5-21-1-2-3-1001"',
  (value): value is string => typeof value === "string" && Result.isSuccess(Sid.parse(value))
)

const version = Options.guarded(`a version of MSMQ: ${versions.join(", ")}`, (value): value is VersionNumber =>
  versions.some((version) => version === value)
)

/** Rules for a certificate in a user's store. */
export const heldCertificate = Options.table<HeldCertificate>()({
  certificate: Options.required(Options.bytes),
  privateKey: Options.required(Options.boolean),
  registered: Options.boolean
})

const heldCertificates = Options.listOf(Options.nested<HeldCertificate>("a certificate", heldCertificate))

/** Rules for the user that the control sets: it dies of a text that is no SID. */
export const user = Options.table<User>()({
  sid: Options.required(Options.orNull(Options.text)),
  administrator: Options.boolean
})

const firstUser = Options.table<User>()({
  sid: Options.required(Options.orNull(sid)),
  administrator: Options.boolean
})

const password = Options.guarded("a string", (value): value is string => typeof value === "string", { secret: true })

const knownUser = Options.table<KnownUser>()({
  user: Options.required(Options.name),
  domain: Options.orNull(Options.text),
  password: Options.required(password),
  sid: Options.required(sid),
  certificates: heldCertificates
})

const machine = Options.table<MachineOptions>()({
  machineName: Options.name,
  machineId: Options.guid,
  address: Options.name,
  version,
  user: Options.nested<User>("a user", firstUser),
  internalCertificate: Options.oneOf(internalCertificates),
  certificates: heldCertificates,
  users: Options.listOf(Options.nested<KnownUser>("a user", knownUser)),
  resourcesExhausted: Options.boolean,
  permitInsecureNacks: Options.boolean
})

const directory = Options.table<DirectoryOptions>()({
  workgroup: Options.boolean,
  replicationDelay: Options.durations
})

/** Rules for the options of one machine. */
export const oneMachine = Options.table<MachineOptions & DirectoryOptions>()({ ...machine.rules, ...directory.rules })

/** Rules for the options of several machines. */
export const network = Options.table<NetworkOptions>()({
  ...directory.rules,
  machines: Options.required(Options.listOf(Options.nested<MachineOptions>("a machine", machine), 1))
})
