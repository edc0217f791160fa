/** Options of `InMemoryMqrt.layerWith`, and their rules. */
import { type StoreLocation, storeLocations } from "@effect-msmq/core/mqrt/CertificateProperties"
import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Sid from "@effect-msmq/core/Sid"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { HeldCertificate, InternalCertificate, User } from "../../MsmqControl.ts"
import { internalCertificates, keyApis } from "../security/CertificateStore.ts"
import { type VersionNumber, versions } from "../facts/Version.ts"

/**
 * A user that a program can log on as, to get a security context.
 *
 * @category models
 * @since 0.1.0
 */
export interface KnownUser {
  /** Name of the user; `name@domain` means the same as `user` and `domain`. */
  readonly user: string
  /** Domain of the user; `null`: a local user. Default: `null`. */
  readonly domain?: string | null | undefined
  /** Password of the user. */
  readonly password: string
  /** SID of the user, such as `"S-1-5-21-1-2-3-1002"`. */
  readonly sid: string
  /** External certificates of the user; the internal one is registered. Default: none. */
  readonly certificates?: ReadonlyArray<HeldCertificate> | undefined
}

/**
 * Version of MSMQ: 1 came with Windows NT 4.0, 2 with Windows 2000, 3 with Windows XP and Windows Server 2003, 4 with
 * Windows Vista and Windows Server 2008, 5 with Windows 7 and Windows Server 2008 R2, 6 with Windows 8 and Windows Server
 * 2012 and all later systems.
 *
 * @category models
 * @since 0.1.0
 */
export type Version = VersionNumber

/**
 * A machine as it is at first. `MsmqControl` can change everything but its names and its version.
 *
 * @category models
 * @since 0.1.0
 */
export interface MachineOptions {
  /**
   * Name of the machine. In path names and format names its letter case does not matter, and `.` and `localhost` mean this
   * machine too. Default: `"MACHINE"`, for further machines `"MACHINE2"` and so on.
   */
  readonly machineName?: string | undefined
  /** GUID of the machine, without braces. Default: a fixed GUID that ends with the number of the machine, from 1. */
  readonly machineId?: string | undefined
  /** IP address of the machine. Default: `"10.0.0.1"` for the first machine, `"10.0.0.2"` for the second, and so on. */
  readonly address?: string | undefined
  /** Version of MSMQ that the machine runs. Default: 6. */
  readonly version?: Version | undefined
  /** User on whose behalf programs run. Default: an administrator with a SID. */
  readonly user?: User | undefined
  /** State of the user's internal certificate. Default: `"registered"`, in a workgroup `"absent"`. */
  readonly internalCertificate?: InternalCertificate | undefined
  /** External certificates of the user. Default: none. */
  readonly certificates?: ReadonlyArray<HeldCertificate> | undefined
  /**
   * Other users, whose accounts are known by name, and that a security context can be got for, with the right password. Default:
   * none.
   */
  readonly users?: ReadonlyArray<KnownUser> | undefined
  /**
   * `true` where getting a security context and sending fail with `MQ_ERROR_INSUFFICIENT_RESOURCES`. Default: `false`.
   */
  readonly resourcesExhausted?: boolean | undefined
  /**
   * `true` where senders get negative acknowledgments for a bad signature, wrong encryption, an unknown destination and a
   * missing right to write, as the registry value of that name says. Default: `false`, as since Windows Vista SP1.
   */
  readonly permitInsecureNacks?: boolean | undefined
}

/**
 * The directory (Active Directory) of all machines together.
 *
 * @category models
 * @since 0.1.0
 */
export interface DirectoryOptions {
  /**
   * `true` where there is no directory. Then there are no public queues, only direct names lead to other machines, no
   * certificates can be registered, no bodies encrypted, and a queue of another machine is read as by an anonymous user.
   * Default: `false`, as the machines are members of the domain `domain.test`.
   */
  readonly workgroup?: boolean | undefined
  /** Time for which only its own machine and the one that created it see a new public queue. Default: zero. */
  readonly replicationDelay?: Duration.Input | undefined
}

/**
 * Several machines, with a link between each two of them. The program runs on the first one; `MsmqControl.on` runs a part of it on
 * another, and `MsmqControl` cuts and joins links.
 *
 * @category models
 * @since 0.1.0
 */
export interface NetworkOptions extends DirectoryOptions {
  /** Machines of the network: at least one. No two may have the same name. */
  readonly machines: readonly [MachineOptions, ...ReadonlyArray<MachineOptions>]
}

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
  registered: Options.boolean,
  store: Options.name,
  location: Options.oneOf(Object.keys(storeLocations) as ReadonlyArray<StoreLocation>),
  friendlyName: Options.text,
  keyApi: Options.oneOf(keyApis)
})

const heldCertificates = Options.listOf(Options.nested<HeldCertificate>("a certificate", heldCertificate))

/** Rules for the user that the control sets, which fails with a defect for a text that is not a SID. */
export const user = Options.table<User>()({
  sid: Options.required(Options.orNull(Options.text)),
  administrator: Options.boolean,
  name: Options.name
})

const firstUser = Options.table<User>()({
  sid: Options.required(Options.orNull(sid)),
  administrator: Options.boolean,
  name: Options.name
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
