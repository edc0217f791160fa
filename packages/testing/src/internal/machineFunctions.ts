import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { Cursor } from "./Cursor.ts"
import { failure } from "./Failure.ts"
import { logonFailure } from "./Logons.ts"
import { receiveByLookupId } from "./Lookup.ts"
import type { Machine } from "./Machine.ts"
import * as Management from "./Management.ts"
import { markRejected, move } from "./Moving.ts"
import { close, open } from "./Opening.ts"
import * as QueueAdministration from "./QueueAdministration.ts"
import { receive } from "./Receiving.ts"
import { send } from "./Sending.ts"

/** A call that ends at once, with a result or the name of an error; `now` in milliseconds since 1970. */
const call = <A>(name: string, run: (now: number) => A | ErrorCodeName): Effect.Effect<A, MqrtFailure> =>
  Effect.clockWith((clock) => {
    const result = run(clock.currentTimeMillisUnsafe())
    return isErrorCodeName(result) ? Effect.fail(failure(name, result)) : Effect.succeed(result)
  })

const isErrorCodeName = (result: unknown): result is ErrorCodeName => typeof result === "string"

/** A call that ends at once, and says itself how it fails. */
const attempt = <A>(run: (now: number) => A | MqrtFailure): Effect.Effect<A, MqrtFailure> =>
  Effect.clockWith((clock) => {
    const result = run(clock.currentTimeMillisUnsafe())
    return result instanceof MqrtFailure ? Effect.fail(result) : Effect.succeed(result)
  })

const logonFailed = new MqrtFailure({ function: "LogonUserW", code: logonFailure, properties: [] })

/** What needs a directory, of which there is none here. */
const withoutDirectory = (name: string): Effect.Effect<never, MqrtFailure> =>
  Effect.fail(failure(name, "MQ_ERROR_NO_DS"))

/** The functions of `mqrt.dll` on one machine. */
export const machineFunctions = (machine: Machine): MqrtFunctions => ({
  ...securityFunctions(machine),
  ...queueFunctions(machine),
  ...nameFunctions(machine),
  ...handleFunctions(machine),
  ...messageFunctions(machine),
  ...transactionFunctions(machine),
  ...managementFunctions(machine)
})

const securityFunctions = ({ security }: Machine) =>
  ({
    getSecurityContext: (certificate, api, as) =>
      Effect.suspend(() => {
        const identity = security.identity(as)
        return identity === undefined
          ? Effect.fail(logonFailed)
          : call(api, () => security.acquire(identity, certificate, api))
      }),
    freeSecurityContext: (handle) => Effect.sync(() => security.free(handle)),
    registerCertificate: (certificate, ifNotExists) =>
      Effect.map(
        call("MQRegisterCertificate", () => security.register(certificate, ifNotExists)),
        ({ outcome }) => outcome
      )
  }) satisfies Partial<MqrtFunctions>

const queueFunctions = (machine: Machine) =>
  ({
    createQueue: (properties, securityDescriptor) =>
      Effect.map(
        attempt((now) => QueueAdministration.create(machine, properties, securityDescriptor, now)),
        ({ formatName }) => formatName
      ),
    deleteQueue: (formatName) => Effect.asVoid(call("MQDeleteQueue", (now) => machine.queues.delete(formatName, now))),
    getQueueProperties: (formatName) =>
      Effect.map(
        call("MQGetQueueProperties", () => machine.queues.findWhole(formatName)),
        ({ properties }) => ({ ...properties })
      ),
    setQueueProperties: (formatName, changes) =>
      attempt((now) => QueueAdministration.change(machine, formatName, changes, now)),
    getQueueSecurity: (formatName, parts) =>
      call("MQGetQueueSecurity", () => QueueAdministration.security(machine, formatName, parts)),
    setQueueSecurity: (formatName, parts, securityDescriptor) =>
      Effect.asVoid(
        call("MQSetQueueSecurity", () =>
          QueueAdministration.changeSecurity(machine, formatName, parts, securityDescriptor)
        )
      ),
    locateBegin: () => withoutDirectory("MQLocateBegin"),
    locateNext: () => Effect.fail(failure("MQLocateNext", "MQ_ERROR_INVALID_HANDLE")),
    locateEnd: () => Effect.fail(failure("MQLocateEnd", "MQ_ERROR_INVALID_HANDLE"))
  }) satisfies Partial<MqrtFunctions>

const guid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

const nameFunctions = (machine: Machine) =>
  ({
    pathNameToFormatName: (pathName) =>
      Effect.map(
        call("MQPathNameToFormatName", () => machine.queues.formatNameOf(pathName)),
        ({ formatName }) => formatName
      ),
    handleToFormatName: (handle) =>
      Effect.map(
        call("MQHandleToFormatName", () => {
          const opened = machine.open.get(handle)
          if (opened === undefined) return "MQ_ERROR_INVALID_HANDLE"
          return opened.queue.deleted ? "MQ_ERROR_QUEUE_DELETED" : opened
        }),
        ({ formatName }) => formatName
      ),
    // It puts the identifier into words and asks nobody whether there is such a queue.
    instanceToFormatName: (instance) =>
      guid.test(instance)
        ? Effect.succeed(`PUBLIC=${instance}`)
        : Effect.fail(failure("MQInstanceToFormatName", "MQ_ERROR_INVALID_PARAMETER")),
    adsPathToFormatName: () => withoutDirectory("MQADsPathToFormatName")
  }) satisfies Partial<MqrtFunctions>

const handleFunctions = (machine: Machine) =>
  ({
    openQueue: (formatName, access, shareMode) =>
      call("MQOpenQueue", () => open(machine, formatName, access, shareMode)),
    closeQueue: (handle) => Effect.asVoid(call("MQCloseQueue", () => close(machine, handle))),
    purgeQueue: (handle) =>
      Effect.asVoid(
        call("MQPurgeQueue", (now) => {
          const opened = machine.opened(handle, "receive")
          if (typeof opened !== "string") opened.queue.purge(now)
          return opened
        })
      ),
    createCursor: (handle) =>
      call("MQCreateCursor", () => {
        const opened = machine.opened(handle, "peek")
        if (typeof opened === "string") return opened
        const cursor = new Cursor(opened)
        opened.cursors.add(cursor)
        return machine.cursors.open(cursor)
      }),
    closeCursor: (handle) =>
      Effect.asVoid(
        call("MQCloseCursor", () => {
          const cursor = machine.cursors.close(handle)
          // With its queue a cursor is closed too (behaviour E-35).
          if (cursor === undefined || !cursor.opened.cursors.has(cursor)) return "MQ_ERROR_INVALID_HANDLE"
          cursor.close()
          return true
        })
      )
  }) satisfies Partial<MqrtFunctions>

const messageFunctions = (machine: Machine) =>
  ({
    sendMessages: (handle, messages, options) =>
      Effect.clockWith((clock) =>
        Effect.succeed(send(machine, handle, messages, options, clock.currentTimeMillisUnsafe()))
      ),
    receiveMessage: (handle, options) => receive(machine, handle, options),
    receiveMessageByLookupId: (handle, lookupId, action, options) =>
      receiveByLookupId(machine, handle, lookupId, action, options),
    moveMessage: (source, destination, lookupId, transaction) =>
      Effect.asVoid(call("MQMoveMessage", (now) => move(machine, source, destination, lookupId, transaction, now))),
    markMessageRejected: (handle, lookupId) =>
      Effect.asVoid(call("MQMarkMessageRejected", (now) => markRejected(machine, handle, lookupId, now)))
  }) satisfies Partial<MqrtFunctions>

const transactionFunctions = (machine: Machine) =>
  ({
    beginTransaction: Effect.sync(() => machine.begin()),
    commitTransaction: (handle) =>
      Effect.asVoid(
        call("ITransaction::Commit", (now) => {
          const transaction = machine.transaction(handle)
          if (typeof transaction === "string") return transaction
          transaction.commit(now)
          return true
        })
      ),
    abortTransaction: (handle) =>
      Effect.asVoid(
        call("ITransaction::Abort", (now) => {
          const transaction = machine.transaction(handle)
          if (typeof transaction === "string") return transaction
          transaction.abort(now)
          return true
        })
      ),
    releaseTransaction: (handle) =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          const transaction = machine.transactions.close(handle)
          if (transaction?.isOpen === true) transaction.abort(clock.currentTimeMillisUnsafe())
        })
      )
  }) satisfies Partial<MqrtFunctions>

const managementFunctions = (machine: Machine) =>
  ({
    getMachineProperties: (name) => call("MQGetMachineProperties", () => Management.machineProperties(machine, name)),
    getPrivateComputerInformation: (computer) =>
      call("MQGetPrivateComputerInformation", () => Management.privateComputerInformation(machine, computer)),
    getQueueManagerInfo: (computer) =>
      call("MQMgmtGetInfo", (now) => Management.queueManagerInfo(machine, computer, now)),
    getQueueInfo: (computer, formatName) =>
      call("MQMgmtGetInfo", (now) => Management.queueInfo(machine, computer, formatName, now)),
    machineAction: (computer, action) =>
      Effect.asVoid(call("MQMgmtAction", () => Management.machineAction(machine, computer, action))),
    queueAction: (computer, formatName, action) =>
      Effect.asVoid(call("MQMgmtAction", () => Management.queueAction(machine, computer, formatName, action)))
  }) satisfies Partial<MqrtFunctions>
