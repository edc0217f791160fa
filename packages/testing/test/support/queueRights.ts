/** Users, their rights to a queue, and calls that need one. */
import { errors } from "@effect-msmq/core/ErrorCode"
import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { MsmqControl } from "@effect-msmq/testing"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { direct, drained, message, path, plain, queueProperties } from "../inMemory/seam.ts"
import { noChanges } from "../../src/contract/plainRecords.ts"
import { descriptor, type Parts } from "./securityDescriptor.ts"

export const alice = "S-1-5-21-1000000000-2000000000-3000000000-1001"

export const bob = "S-1-5-21-1000000000-2000000000-3000000000-1002"

export const everyone = "S-1-1-0"

export const anonymous = "S-1-5-7"

export const authenticated = "S-1-5-11"

export const administrators = "S-1-5-32-544"

export const deniedCode = errors.MQ_ERROR_ACCESS_DENIED

const control = MsmqControl.MsmqControl

export const become = (sid: string | null, administrator = true) =>
  control.use((msmq) => msmq.setUser({ sid, administrator }))

export const deny = (rights: ReadonlyArray<MsmqControl.QueueRight>, sid?: string) =>
  control.use((msmq) => msmq.deny({ queue: path, rights, sid }))

export const allow = (rights: ReadonlyArray<MsmqControl.QueueRight>, sid?: string) =>
  control.use((msmq) => msmq.allow({ queue: path, rights, sid }))

const mqrt = Mqrt.Mqrt

export const open = (access: Mqrt.Access, formatName = direct) =>
  mqrt.use((mqrt) => mqrt.openQueue(formatName, access, "denyNone"))

/** Returns the outcome of a call: that it succeeds, or the name of its error code. */
export const outcome = <A, R>(call: Effect.Effect<A, Mqrt.MqrtFailure, R>) =>
  Effect.match(call, { onFailure: (failure) => failure.code, onSuccess: () => "done" as const })

export const nothing: Mqrt.SecurityParts = { owner: false, group: false, dacl: false, sacl: false }

export const ownerPart = { ...nothing, owner: true }

export const listPart = { ...nothing, dacl: true }

export const createWith = (parts: Parts, fields: Partial<typeof queueProperties> = {}) =>
  mqrt.use((mqrt) => mqrt.createQueue({ ...queueProperties, ...fields }, descriptor(parts)))

export const securityOf = (parts: Mqrt.SecurityParts) => mqrt.use((mqrt) => mqrt.getQueueSecurity(direct, parts))

export const secure = (about: Mqrt.SecurityParts, parts: Parts) =>
  mqrt.use((mqrt) => mqrt.setQueueSecurity(direct, about, descriptor(parts)))

export const getProperties = mqrt.use((mqrt) => mqrt.getQueueProperties(direct))

export const setProperties = mqrt.use((mqrt) => mqrt.setQueueProperties(direct, { ...noChanges, label: "new" }))

export const remove = mqrt.use((mqrt) =>
  Effect.flatMap(mqrt.pathNameToFormatName(path), (formatName) => mqrt.deleteQueue(formatName))
)

export const sent = (options: Partial<SendParameters> = {}) =>
  Effect.gen(function* () {
    const { sendMessages } = yield* Mqrt.Mqrt
    const outcome = yield* sendMessages(yield* open("send"), [message()], { ...plain, ...options })
    assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
  })

/** Removes all messages of the queue, and returns their number. */
export const kept = Effect.map(drained(direct), (received) => received.length)
