import type { MqrtFunctions, TransactionHandle } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Sid from "@effect-msmq/core/Sid"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { failure } from "../facts/Failure.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Machine } from "../machine/Machine.ts"
import { Cursor } from "../queue/Cursor.ts"
import type { Transaction } from "../queue/Transaction.ts"
import { logonFailure } from "../security/Logons.ts"
import * as Administration from "./Administration.ts"
import * as Locating from "./Locating.ts"
import { receiveByLookupId } from "./Lookup.ts"
import * as Management from "./Management.ts"
import { markRejected, move } from "./Moving.ts"
import { close, open } from "./Opening.ts"
import * as QueueManagement from "./QueueManagement.ts"
import { receive } from "./Receiving.ts"
import { send } from "./Sending.ts"

const effectOf = <A>(name: string, result: Fallible<A>): Effect.Effect<A, MqrtFailure> =>
  Result.isSuccess(result) ? Effect.succeed(result.success) : Effect.fail(failure(name, result.failure))

/** Runs a call that does not need the queue manager. */
const clientCall = <A>(machine: Machine, name: string, run: () => Fallible<A>): Effect.Effect<A, MqrtFailure> =>
  machine.network.operations.whenIdle(() => effectOf(name, run()))

const notRunning: Fallible<never> = Result.fail("MQ_ERROR_SERVICE_NOT_AVAILABLE")

/** Runs a call that needs the queue manager (behaviour C-13); `now` in milliseconds since 1970. */
const call = <A>(machine: Machine, name: string, run: (now: number) => Fallible<A>): Effect.Effect<A, MqrtFailure> =>
  machine.network.operations.whenIdle((now) => effectOf(name, machine.running ? run(now) : notRunning))

/** Runs a call that may concern many messages and does not need the queue manager. */
const longClientCall = <A>(
  machine: Machine,
  name: string,
  steps: (now: number) => Steps<Fallible<A>>
): Effect.Effect<A, MqrtFailure> =>
  Effect.flatMap(machine.network.operations.run(steps), (result) => effectOf(name, result))

/** Runs a call that may concern many messages and needs the queue manager. */
const longCall = <A>(
  machine: Machine,
  name: string,
  steps: (now: number) => Steps<Fallible<A>>
): Effect.Effect<A, MqrtFailure> =>
  longClientCall(machine, name, function* (now) {
    return machine.running ? yield* steps(now) : notRunning
  })

/** Runs such a call that makes its own failures. */
const attempt = <A>(
  machine: Machine,
  name: string,
  run: (now: number) => Result.Result<A, MqrtFailure>
): Effect.Effect<A, MqrtFailure> =>
  Effect.flatMap(
    call(machine, name, (now) => Result.succeed(run(now))),
    Effect.fromResult
  )

const logonFailed = new MqrtFailure({ function: "LogonUserW", code: logonFailure, properties: [] })

/** Makes the functions of `mqrt.dll` on one machine. */
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
      call(machine, "MQRegisterCertificate", () =>
        machine.security.register(certificate, ifNotExists, machine.askDirectory("MQ_ERROR_UNSUPPORTED_OPERATION"))
      ),
    findCertificates: (store, location, thumbprint) =>
      Effect.suspend(() => Effect.fromResult(machine.security.certificates.find(store, location, thumbprint))),
    lookupAccountName: (name) => Effect.suspend(() => Effect.fromResult(machine.security.accounts.byName(name))),
    lookupAccountSid: (sid) => Effect.suspend(() => Effect.fromResult(machine.security.accounts.bySid(sid))),
    currentUserSid: clientCall(machine, "GetTokenInformation", () =>
      machine.security.user === null
        ? Result.fail("MQ_ERROR_COULD_NOT_GET_USER_SID")
        : Result.succeed(Sid.toBytes(machine.security.user))
    )
  }) satisfies Partial<MqrtFunctions>

const queueFunctions = (machine: Machine) =>
  ({
    createQueue: (properties, securityDescriptor) =>
      attempt(machine, "MQCreateQueue", (now) => Administration.create(machine, properties, securityDescriptor, now)),
    deleteQueue: (formatName) =>
      longCall(machine, "MQDeleteQueue", (now) => Administration.remove(machine, formatName, now)),
    getQueueProperties: (formatName) =>
      call(machine, "MQGetQueueProperties", () => Administration.properties(machine, formatName)),
    setQueueProperties: (formatName, changes) =>
      attempt(machine, "MQSetQueueProperties", (now) => Administration.change(machine, formatName, changes, now)),
    getQueueSecurity: (formatName, parts) =>
      call(machine, "MQGetQueueSecurity", () => Administration.security(machine, formatName, parts)),
    setQueueSecurity: (formatName, parts, securityDescriptor) =>
      call(machine, "MQSetQueueSecurity", () =>
        Administration.changeSecurity(machine, formatName, parts, securityDescriptor)
      ),
    locateBegin: (restrictions) => call(machine, "MQLocateBegin", () => Locating.begin(machine, restrictions)),
    locateNext: (handle, count) => call(machine, "MQLocateNext", () => Locating.next(machine, handle, count)),
    locateEnd: (handle) =>
      clientCall(machine, "MQLocateEnd", () =>
        machine.searches.close(handle) === undefined ? Result.fail("MQ_ERROR_INVALID_HANDLE") : Result.void
      )
  }) satisfies Partial<MqrtFunctions>

const nameFunctions = (machine: Machine) =>
  ({
    pathNameToFormatName: (pathName) =>
      call(machine, "MQPathNameToFormatName", () => machine.queues.formatNameOf(pathName)),
    adsPathToFormatName: (adsPath) =>
      call(machine, "MQADsPathToFormatName", () => Locating.fromAdsPath(machine, adsPath))
  }) satisfies Partial<MqrtFunctions>

const handleFunctions = (machine: Machine) =>
  ({
    openQueue: (formatName, access, shareMode) =>
      call(machine, "MQOpenQueue", () => open(machine, formatName, access, shareMode)),
    closeQueue: (handle) => longClientCall(machine, "MQCloseQueue", () => close(machine, handle)),
    purgeQueue: (handle) =>
      longCall(machine, "MQPurgeQueue", function* (now) {
        const used = machine.use(handle, "receive")
        if (Result.isFailure(used)) return Result.fail(used.failure)
        yield* used.success.queue.purge(now)
        return Result.void
      }),
    createCursor: (handle) =>
      call(machine, "MQCreateCursor", () =>
        Result.map(machine.use(handle, "peek"), (opened) => {
          const cursor = new Cursor(opened)
          opened.cursors.add(cursor)
          return machine.cursors.open(cursor)
        })
      ),
    closeCursor: (handle) =>
      clientCall(machine, "MQCloseCursor", () => {
        const cursor = machine.cursors.close(handle)
        if (cursor?.isOpen !== true) return Result.fail("MQ_ERROR_INVALID_HANDLE")
        cursor.close()
        return Result.void
      })
  }) satisfies Partial<MqrtFunctions>

const messageFunctions = (machine: Machine) =>
  ({
    sendMessages: (handle, messages, options) => send(machine, handle, messages, options),
    receiveMessage: (handle, options) => receive(machine, handle, options),
    receiveMessageByLookupId: (handle, lookupId, action, options) =>
      receiveByLookupId(machine, handle, lookupId, action, options),
    moveMessage: (source, destination, lookupId, transaction) =>
      call(machine, "MQMoveMessage", (now) => move(machine, source, destination, lookupId, transaction, now)),
    markMessageRejected: (handle, lookupId) =>
      call(machine, "MQMarkMessageRejected", (now) => markRejected(machine, handle, lookupId, now))
  }) satisfies Partial<MqrtFunctions>

const ending =
  (machine: Machine, name: string, end: (transaction: Transaction, now: number) => Steps) =>
  (handle: TransactionHandle): Effect.Effect<void, MqrtFailure> =>
    longCall(machine, name, function* (now) {
      const transaction = machine.transaction(handle)
      if (Result.isFailure(transaction)) return Result.fail(transaction.failure)
      yield* end(transaction.success, now)
      return Result.void
    })

const transactionFunctions = (machine: Machine) =>
  ({
    beginTransaction: call(machine, "MQBeginTransaction", () => Result.succeed(machine.begin())),
    commitTransaction: ending(machine, "ITransaction::Commit", (transaction, now) => transaction.commit(now)),
    abortTransaction: ending(machine, "ITransaction::Abort", (transaction, now) => transaction.abort(now)),
    releaseTransaction: (handle) =>
      machine.network.operations.run(function* (now) {
        const transaction = machine.transactions.close(handle)
        if (transaction?.isOpen === true) yield* transaction.abort(now)
      })
  }) satisfies Partial<MqrtFunctions>

const managementFunctions = (machine: Machine) =>
  ({
    getMachineProperties: (name) =>
      call(machine, "MQGetMachineProperties", () => Management.machineProperties(machine, name)),
    getPrivateComputerInformation: (computer) =>
      call(machine, "MQGetPrivateComputerInformation", () => Management.privateComputerInformation(machine, computer)),
    getQueueManagerInfo: (computer) =>
      longCall(machine, "MQMgmtGetInfo", (now) => Management.queueManagerInfo(machine, computer, now)),
    getQueueInfo: (computer, formatName) =>
      longCall(machine, "MQMgmtGetInfo", (now) => QueueManagement.queueInfo(machine, computer, formatName, now)),
    machineAction: (computer, action) =>
      longCall(machine, "MQMgmtAction", (now) => Management.machineAction(machine, computer, action, now)),
    queueAction: (computer, formatName, action) =>
      longCall(machine, "MQMgmtAction", (now) =>
        QueueManagement.queueAction(machine, computer, formatName, action, now)
      )
  }) satisfies Partial<MqrtFunctions>
