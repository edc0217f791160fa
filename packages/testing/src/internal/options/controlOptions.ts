/** Rules for the arguments of `MsmqControl`. */
import * as Options from "@effect-msmq/core/mqrt/Options"
import { rights } from "@effect-msmq/core/QueueSecurity"
import * as Effect from "effect/Effect"
import type { MachineQuota, Permission, QueueRight } from "../../MsmqControl.ts"
import type { MsmqControl } from "../../MsmqControl.ts"
import { linkWays } from "../network/NetworkMachine.ts"
import { internalCertificates } from "../security/CertificateStore.ts"
import { queueCreators } from "../security/Permission.ts"
import * as machineOptions from "./machineOptions.ts"

type Control = MsmqControl["Service"]

const kilobytes = Options.orNull(Options.wholeNumber(0, Number.MAX_SAFE_INTEGER))

const machineQuota = Options.table<MachineQuota>()({ messages: kilobytes, journals: kilobytes })

const permission = Options.table<Permission>()({
  queue: Options.required(Options.text),
  rights: Options.required(Options.listOf(Options.oneOf(Object.keys(rights) as ReadonlyArray<QueueRight>))),
  sid: Options.text
})

const internalCertificate = Options.oneOf(internalCertificates)
const creators = Options.oneOf(queueCreators)
const linkWay = Options.oneOf(linkWays)
const names = Options.listOf(Options.text)

const on = (name: keyof Control): Options.Call => ({ operation: `MsmqControl.${name}` })

/** Returns a control that checks its arguments before it calls another. */
export const checked = (control: Control): Control => {
  const argument = <A>(name: keyof Control, noun: string, rule: Options.Rule<A>, given: unknown) =>
    Effect.orDie(Options.checkArgument(on(name), noun, rule, given))
  const flag =
    (
      name: "setResourcesExhausted" | "setStorageFailed" | "setDirectoryAvailable" | "setEncryptionKeyPublished",
      noun: string
    ) =>
    (given: boolean) =>
      Effect.flatMap(argument(name, noun, Options.boolean, given), control[name])
  const certificate = (name: "removeCertificate" | "unregisterCertificate") => (given: Uint8Array) =>
    Effect.flatMap(argument(name, "certificate", Options.bytes, given), control[name])
  const permitting = (name: "allow" | "deny") => (given: Permission) =>
    Effect.flatMap(Effect.orDie(Options.check(on(name), permission, given, "permission")), control[name])
  const linking =
    (name: "cutLink" | "joinLink") =>
    (to: string, way: (typeof linkWays)[number] = "both") =>
      Effect.flatMap(argument(name, "to", Options.name, to), (machine) =>
        Effect.flatMap(argument(name, "way", linkWay, way), (way) => control[name](machine, way))
      )
  return {
    ...control,
    addCertificate: (given) =>
      Effect.flatMap(
        Effect.orDie(Options.check(on("addCertificate"), machineOptions.heldCertificate, given, "certificate")),
        control.addCertificate
      ),
    removeCertificate: certificate("removeCertificate"),
    unregisterCertificate: certificate("unregisterCertificate"),
    setInternalCertificate: (given) =>
      Effect.flatMap(
        argument("setInternalCertificate", "state", internalCertificate, given),
        control.setInternalCertificate
      ),
    setUser: (given) =>
      Effect.flatMap(Effect.orDie(Options.check(on("setUser"), machineOptions.user, given, "user")), control.setUser),
    setResourcesExhausted: flag("setResourcesExhausted", "exhausted"),
    setMachineQuota: (given) =>
      Effect.flatMap(
        Effect.orDie(Options.check(on("setMachineQuota"), machineQuota, given, "quota")),
        control.setMachineQuota
      ),
    allow: permitting("allow"),
    deny: permitting("deny"),
    setQueueCreators: (given) =>
      Effect.flatMap(argument("setQueueCreators", "creators", creators, given), control.setQueueCreators),
    setStorageFailed: flag("setStorageFailed", "failed"),
    setDirectoryAvailable: flag("setDirectoryAvailable", "available"),
    setEncryptionKeyPublished: flag("setEncryptionKeyPublished", "published"),
    setDistributionList: (list, given) =>
      Effect.flatMap(argument("setDistributionList", "list", Options.text, list), (name) =>
        Effect.flatMap(argument("setDistributionList", "queues", names, given), (queues) =>
          control.setDistributionList(name, queues)
        )
      ),
    cutLink: linking("cutLink"),
    joinLink: linking("joinLink"),
    machine: (given) => Effect.flatMap(argument("machine", "name", Options.name, given), control.machine),
    messagesIn: (given) => Effect.flatMap(argument("messagesIn", "formatName", Options.text, given), control.messagesIn)
  }
}
