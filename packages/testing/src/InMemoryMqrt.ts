/**
 * Message Queuing in memory: the `Mqrt` service without Windows, for tests and experiments.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Sid from "@effect-msmq/core/Sid"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { machineFunctions } from "./internal/calls/machineFunctions.ts"
import { addCertificate, machineControl, setUser } from "./internal/calls/machineControl.ts"
import { Directory, dnsNameOf } from "./internal/directory/Directory.ts"
import * as Versions from "./internal/facts/Version.ts"
import { Machine } from "./internal/machine/Machine.ts"
import type { DomainDirectory } from "./internal/machine/MachineQueues.ts"
import { Network } from "./internal/network/Network.ts"
import { hasOption } from "./internal/arguments.ts"
import { checked } from "./internal/options/controlOptions.ts"
import type { DirectoryOptions, KnownUser, MachineOptions, NetworkOptions } from "./internal/options/machineOptions.ts"
import * as tables from "./internal/options/machineOptions.ts"
import { AccountTable } from "./internal/security/AccountTable.ts"
import { CertificateStore } from "./internal/security/CertificateStore.ts"
import { Logons } from "./internal/security/Logons.ts"
import { SecurityContextTable } from "./internal/security/SecurityContextTable.ts"
import type { InternalCertificate, MachineContext } from "./MsmqControl.ts"
import { MsmqControl } from "./MsmqControl.ts"

export type {
  DirectoryOptions,
  KnownUser,
  MachineOptions,
  NetworkOptions,
  Version
} from "./internal/options/machineOptions.ts"

const makeLogons = (users: ReadonlyArray<KnownUser>, internal: InternalCertificate): Logons => {
  const logons = new Logons()
  for (const { certificates = [], domain = null, password, sid, user } of users) {
    const identity = { sid: Result.getOrThrow(Sid.parse(sid)), certificates: new CertificateStore(internal) }
    for (const held of certificates) addCertificate(identity, held)
    logons.add(user, domain, password, identity)
  }
  return logons
}

const makeDirectory = (
  { replicationDelay = 0, workgroup = false }: DirectoryOptions,
  fiber: Fiber.Fiber<unknown, unknown>
): DomainDirectory | null => {
  const clock = Context.get(fiber.context, Clock.Clock)
  const delay = Duration.toMillis(replicationDelay)
  return workgroup ? null : new Directory(() => clock.currentTimeMillisUnsafe(), delay)
}

const makeMachine = (
  network: Network<Machine>,
  options: MachineOptions,
  index: number,
  fiber: Fiber.Fiber<unknown, unknown>
): Machine => {
  const sid = options.user === undefined ? "S-1-5-21-1000000000-2000000000-3000000000-1001" : options.user.sid
  const internal = network.directory === null ? "absent" : "registered"
  const user = {
    sid: sid === null ? null : Result.getOrThrow(Sid.parse(sid)),
    certificates: new CertificateStore(options.internalCertificate ?? internal)
  }
  const version = Versions.of(options.version ?? Versions.newest)
  const logons = makeLogons(options.users ?? [], internal)
  const name = options.machineName ?? (index === 1 ? "MACHINE" : `MACHINE${index}`)
  const accounts = new AccountTable(name)
  for (const known of options.users ?? []) {
    accounts.add(known.user, known.domain ?? null, Result.getOrThrow(Sid.parse(known.sid)))
  }
  const security = new SecurityContextTable(user.certificates, user.sid, logons, accounts, version.tellsCorruption)
  setUser(security, { sid, administrator: options.user?.administrator, name: options.user?.name })
  security.resourcesExhausted = options.resourcesExhausted ?? false
  for (const held of options.certificates ?? []) addCertificate(user, held)
  const id = options.machineId ?? `6d736d71-0000-4000-8000-${String(index).padStart(12, "0")}`
  return new Machine(
    network,
    {
      name,
      dnsName: network.directory === null ? null : dnsNameOf(name),
      id: id.toLowerCase(),
      address: options.address ?? `10.0.0.${index}`
    },
    security,
    options.permitInsecureNacks ?? false,
    version,
    fiber
  )
}

/**
 * Makes the layer of one machine with a queue manager, or of several with links between them, in the state that the options
 * say, with the control over them. Each build of the layer makes new machines without queues.
 *
 * **Details**
 *
 * It behaves as a current Windows does: a signature of level "always" is of version 3.0, the hash is SHA-512, and MD2, MD4 and
 * MD5 are refused by the send. Time is that of Effect's `Clock`. A message that its queue does not allow is accepted from its
 * sender and then refused, as in MSMQ; `MsmqControl` lists such messages with the reasons. Besides the queues that programs
 * create, a machine has its system queues: its journal and two queues for dead letters. Senders get the acknowledgments, the
 * copies and the dead letters that they ask for. `MsmqControl` stops and starts the queue manager.
 *
 * With another `version` the signatures and hashes differ, and so do the numbers that a machine reports of itself, its
 * quotas, the time that a message may be under way, the error code for a damaged internal certificate, the operations that
 * other machines can do on its queues, and the fate of messages whose kind is not that of their queue and of transactional
 * messages that fail. Functions that a version did not have yet can be called, too.
 *
 * The machines are members of a domain, unless the option `workgroup` says otherwise: public queues can be created and located,
 * names with GUIDs and distribution lists lead to other machines, certificates are registered, and bodies can be encrypted for
 * queues that are opened by GUID, not by a direct name. Public queues can be created and deleted, and their properties read and
 * set, from every machine.
 *
 * A message for another machine waits in an outgoing queue until a link carries it over, at once where the link is joined, or
 * until its time is over, which is four days where the sender set none. A message whose time is over is never handed out; it
 * leaves its queue, with all consequences, within a second, by the clock that the layer was built with. Not simulated: routing;
 * reports of a message's route.
 *
 * The user that creates a queue owns it and may do everything with it. All others, administrators too, may send to it and
 * read its properties and permissions, until `QueueSecurity.set` or `MsmqControl` changes its security descriptor.
 * Administrators may take over a queue, and they alone can read the machine's journal, its dead letters and its outgoing
 * queues.
 *
 * Accounts are looked up among those of every Windows, by their names in English, the user of the machine, and those of `users`.
 * The certificate stores have what `certificates` and `MsmqControl` put there.
 *
 * Fails with `IllegalOption` for an option that does not exist or is not allowed.
 *
 * **Gotchas**
 *
 * It does not simulate the time that calls take. For instance, fetching a key takes no time; `MsmqControl` counts the fetches.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Mqrt } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const mqrt = yield* Mqrt.Mqrt
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   return yield* mqrt.getQueueProperties("DIRECT=OS:warehouse\\private$\\orders")
 * })
 *
 * const layer = InMemoryMqrt.layerWith({ machineName: "WAREHOUSE" })
 * const properties = await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * properties.pathName // => "WAREHOUSE\\private$\\orders"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWith = (
  options: (MachineOptions & DirectoryOptions) | NetworkOptions
): Layer.Layer<Mqrt.Mqrt | MsmqControl, MsmqError> => Layer.unwrap(Effect.map(checkOptions(options), layerOf))

/**
 * Makes the layer of one machine as {@link layerWith} does, with options from the configuration.
 *
 * Fails with `ConfigError` where the configuration is missing or illegal, and with `IllegalOption` for an option that is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const layer = InMemoryMqrt.layerConfig({ machineName: Config.String("COMPUTERNAME") })
 * const environment = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { COMPUTERNAME: "OFFICE" } }))
 * const program = Effect.map(QueueManager.machineProperties(), ({ pathName }) => pathName)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(Layer.provide(layer, environment)))) // => "OFFICE"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config: Config.Wrap<MachineOptions & DirectoryOptions>
): Layer.Layer<Mqrt.Mqrt | MsmqControl, MsmqError | Config.ConfigError> =>
  Layer.unwrap(
    Effect.map(
      Options.fromConfig<MachineOptions & DirectoryOptions>({ operation: "InMemoryMqrt.layerConfig" }, config),
      layerWith
    )
  )

const checkOptions = (
  options: (MachineOptions & DirectoryOptions) | NetworkOptions
): Effect.Effect<(MachineOptions & DirectoryOptions) | NetworkOptions, MsmqError> => {
  const call = { operation: "InMemoryMqrt.layerWith" }
  return hasOption(options, "machines")
    ? Options.check(call, tables.network, options as NetworkOptions)
    : Options.check(call, tables.oneMachine, options as MachineOptions & DirectoryOptions, "options")
}

const layerOf = (options: (MachineOptions & DirectoryOptions) | NetworkOptions): Layer.Layer<Mqrt.Mqrt | MsmqControl> =>
  Layer.effectContext(
    Effect.withFiber((fiber) =>
      Effect.gen(function* () {
        const network = new Network<Machine>(makeDirectory(options, fiber))
        const contexts = new Map<Machine, MachineContext>()
        const contextOf = (name: string) => {
          const machine = network.machine(name)
          const context = machine === undefined ? undefined : contexts.get(machine)
          if (context === undefined) throw new RangeError(network.unknown(name))
          return context
        }
        const [first, ...others] = "machines" in options ? options.machines : ([options] as const)
        const make = Effect.fnUntraced(function* (one: MachineOptions, index: number) {
          const machine = yield* Effect.acquireRelease(
            Effect.sync(() => makeMachine(network, one, index + 1, fiber)),
            ({ timers }) => Effect.sync(() => timers.stop())
          )
          const mqrt = yield* Mqrt.make(machineFunctions(machine))
          const context = Context.make(Mqrt.Mqrt, mqrt).pipe(
            Context.add(MsmqControl, checked(machineControl(machine, contextOf)))
          )
          contexts.set(machine, context)
          return context
        })
        const context = yield* make(first, 0)
        yield* Effect.forEach(others, (one, index) => make(one, index + 1), { discard: true })
        return context
      })
    )
  )

/**
 * Layer of one machine named MACHINE with a queue manager, one user and a registered internal certificate. See
 * {@link layerWith}.
 *
 * See the example of {@link layerWith}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Mqrt.Mqrt | MsmqControl> = layerOf({})
