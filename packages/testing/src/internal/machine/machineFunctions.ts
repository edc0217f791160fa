import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { MqrtFunctions, TransactionHandle } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { Cursor } from "../queue/Cursor.ts"
import { failure } from "./Failure.ts"
import * as Locating from "../directory/Locating.ts"
import { logonFailure } from "../security/Logons.ts"
import { receiveByLookupId } from "../receiving/Lookup.ts"
import type { Machine } from "./Machine.ts"
import * as Management from "./Management.ts"
import { markRejected, move } from "../receiving/Moving.ts"
import { close, open } from "./Opening.ts"
import * as QueueAdministration from "./QueueAdministration.ts"
import * as QueueManagement from "./QueueManagement.ts"
import { receive } from "../receiving/Receiving.ts"
import { send } from "../arrival/Sending.ts"
import type { Transaction } from "../receiving/Transaction.ts"

const isErrorCodeName = (result: unknown): result is ErrorCodeName => typeof result === "string"

/** A call that ends at once, with a result or the name of an error; `now` in milliseconds since 1970. */
const clientCall = <A>(name: string, run: (now: number) => A | ErrorCodeName): Effect.Effect<A, MqrtFailure> =>
  Effect.clockWith((clock) => {
    const result = run(clock.currentTimeMillisUnsafe())
    return isErrorCodeName(result) ? Effect.fail(failure(name, result)) : Effect.succeed(result)
  })

/** One that the queue manager answers, if it runs (behaviour C-13). */
const call = <A>(
  machine: Machine,
  name: string,
  run: (now: number) => A | ErrorCodeName
): Effect.Effect<A, MqrtFailure> =>
  clientCall(name, (now) => (machine.running ? run(now) : "MQ_ERROR_SERVICE_NOT_AVAILABLE"))

/** Such a one that says itself how it fails. */
const attempt = <A>(
  machine: Machine,
  name: string,
  run: (now: number) => A | MqrtFailure
): Effect.Effect<A, MqrtFailure> =>
  Effect.flatMap(
    call(machine, name, (now) => ({ result: run(now) })),
    ({ result }) => (result instanceof MqrtFailure ? Effect.fail(result) : Effect.succeed(result))
  )

const logonFailed = new MqrtFailure({ function: "LogonUserW", code: logonFailure, properties: [] })

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

const securityFunctions = (machine: Machine) =>
  ({
    getSecurityContext: (certificate, api, as) =>
      Effect.suspend(() => {
        const identity = machine.security.identity(as)
        return identity === undefined
          ? Effect.fail(logonFailed)
          : call(machine, api, () => machine.security.acquire(identity, certificate, api))
      }),
    freeSecurityContext: (handle) => Effect.sync(() => machine.security.free(handle)),
    registerCertificate: (certificate, ifNotExists) =>
      Effect.map(
        call(machine, "MQRegisterCertificate", () =>
          machine.security.register(certificate, ifNotExists, machine.ask("MQ_ERROR_UNSUPPORTED_OPERATION"))
        ),
        ({ outcome }) => outcome
      )
  }) satisfies Partial<MqrtFunctions>

const queueFunctions = (machine: Machine) =>
  ({
    createQueue: (properties, securityDescriptor) =>
      Effect.map(
        attempt(machine, "MQCreateQueue", (now) =>
          QueueAdministration.create(machine, properties, securityDescriptor, now)
        ),
        ({ formatName }) => formatName
      ),
    deleteQueue: (formatName) =>
      Effect.asVoid(call(machine, "MQDeleteQueue", (now) => QueueAdministration.remove(machine, formatName, now))),
    getQueueProperties: (formatName) =>
      call(machine, "MQGetQueueProperties", () => QueueAdministration.properties(machine, formatName)),
    setQueueProperties: (formatName, changes) =>
      attempt(machine, "MQSetQueueProperties", (now) => QueueAdministration.change(machine, formatName, changes, now)),
    getQueueSecurity: (formatName, parts) =>
      call(machine, "MQGetQueueSecurity", () => QueueAdministration.security(machine, formatName, parts)),
    setQueueSecurity: (formatName, parts, securityDescriptor) =>
      Effect.asVoid(
        call(machine, "MQSetQueueSecurity", () =>
          QueueAdministration.changeSecurity(machine, formatName, parts, securityDescriptor)
        )
      ),
    locateBegin: (restrictions) => call(machine, "MQLocateBegin", () => Locating.begin(machine, restrictions)),
    locateNext: (handle, count) => call(machine, "MQLocateNext", () => Locating.next(machine, handle, count)),
    locateEnd: (handle) =>
      Effect.asVoid(clientCall("MQLocateEnd", () => machine.searches.close(handle) ?? "MQ_ERROR_INVALID_HANDLE"))
  }) satisfies Partial<MqrtFunctions>

const nameFunctions = (machine: Machine) =>
  ({
    pathNameToFormatName: (pathName) =>
      Effect.map(
        call(machine, "MQPathNameToFormatName", () => machine.queues.formatNameOf(pathName)),
        ({ formatName }) => formatName
      ),
    adsPathToFormatName: (adsPath) =>
      Effect.map(
        call(machine, "MQADsPathToFormatName", () => Locating.fromAdsPath(machine, adsPath)),
        ({ formatName }) => formatName
      )
  }) satisfies Partial<MqrtFunctions>

const handleFunctions = (machine: Machine) =>
  ({
    openQueue: (formatName, access, shareMode) =>
      call(machine, "MQOpenQueue", () => open(machine, formatName, access, shareMode)),
    closeQueue: (handle) => Effect.asVoid(clientCall("MQCloseQueue", () => close(machine, handle))),
    purgeQueue: (handle) =>
      Effect.asVoid(
        call(machine, "MQPurgeQueue", (now) => {
          const opened = machine.opened(handle, "receive")
          if (typeof opened !== "string") opened.queue.purge(now)
          return opened
        })
      ),
    createCursor: (handle) =>
      call(machine, "MQCreateCursor", () => {
        const opened = machine.opened(handle, "peek")
        if (typeof opened === "string") return opened
        const cursor = new Cursor(opened)
        opened.cursors.add(cursor)
        return machine.cursors.open(cursor)
      }),
    closeCursor: (handle) =>
      Effect.asVoid(
        clientCall("MQCloseCursor", () => {
          const cursor = machine.cursors.close(handle)
          // With its queue a cursor is closed too (behaviour E-35).
          if (cursor === undefined || (!cursor.opened.stale && !cursor.opened.cursors.has(cursor)))
            return "MQ_ERROR_INVALID_HANDLE"
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
      Effect.asVoid(
        call(machine, "MQMoveMessage", (now) => move(machine, source, destination, lookupId, transaction, now))
      ),
    markMessageRejected: (handle, lookupId) =>
      Effect.asVoid(call(machine, "MQMarkMessageRejected", (now) => markRejected(machine, handle, lookupId, now)))
  }) satisfies Partial<MqrtFunctions>

const ending =
  (machine: Machine, name: string, end: (transaction: Transaction, now: number) => void) =>
  (handle: TransactionHandle): Effect.Effect<void, MqrtFailure> =>
    Effect.asVoid(
      call(machine, name, (now) => {
        const transaction = machine.transaction(handle)
        if (typeof transaction === "string") return transaction
        end(transaction, now)
        return true
      })
    )

const transactionFunctions = (machine: Machine) =>
  ({
    beginTransaction: call(machine, "MQBeginTransaction", () => machine.begin()),
    commitTransaction: ending(machine, "ITransaction::Commit", (transaction, now) => transaction.commit(now)),
    abortTransaction: ending(machine, "ITransaction::Abort", (transaction, now) => transaction.abort(now)),
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
    getMachineProperties: (name) =>
      call(machine, "MQGetMachineProperties", () => Management.machineProperties(machine, name)),
    getPrivateComputerInformation: (computer) =>
      call(machine, "MQGetPrivateComputerInformation", () => Management.privateComputerInformation(machine, computer)),
    getQueueManagerInfo: (computer) =>
      call(machine, "MQMgmtGetInfo", (now) => Management.queueManagerInfo(machine, computer, now)),
    getQueueInfo: (computer, formatName) =>
      call(machine, "MQMgmtGetInfo", (now) => QueueManagement.queueInfo(machine, computer, formatName, now)),
    machineAction: (computer, action) =>
      Effect.asVoid(call(machine, "MQMgmtAction", (now) => Management.machineAction(machine, computer, action, now))),
    queueAction: (computer, formatName, action) =>
      Effect.asVoid(
        call(machine, "MQMgmtAction", (now) => QueueManagement.queueAction(machine, computer, formatName, action, now))
      )
  }) satisfies Partial<MqrtFunctions>
