/** Two machines, an office that sends orders and a store that receives them, and the link between them. */
import type { OutgoingProperties, ReceivedProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import * as Effect from "effect/Effect"
import { create, drained, plain } from "../inMemory/seam.ts"

export const two = InMemoryMqrt.layerWith({ machines: [{ machineName: "OFFICE" }, { machineName: "STORE" }] })

const control = MsmqControl.MsmqControl

export const onStore = MsmqControl.on("STORE")

export const cut = (way?: MsmqControl.LinkWay) => control.use((here) => here.cutLink("STORE", way))

export const join = (way?: MsmqControl.LinkWay) => control.use((here) => here.joinLink("STORE", way))

export const orders = "DIRECT=OS:STORE\\private$\\orders"

export const acks = "DIRECT=OS:OFFICE\\private$\\acks"

export const deadLetters = "DIRECT=OS:.\\SYSTEM$;DEADLETTER"

export const transactionalDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"

export const journal = "DIRECT=OS:.\\SYSTEM$;JOURNAL"

export const all = { positiveArrival: true, positiveReceive: true, negativeArrival: true, negativeReceive: true }

export const buried = { deadLetter: true, journal: false }

export const single = { transaction: "singleMessage" } as const

export const openSender = (formatName = orders) =>
  Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(formatName, "send", "denyNone"))

export const send = (messages: ReadonlyArray<OutgoingProperties>, options: Partial<SendParameters> = {}, to = orders) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const handle = yield* openSender(to)
    const outcome = yield* mqrt.sendMessages(handle, messages, { ...plain, ...options })
    yield* mqrt.closeQueue(handle)
    return outcome
  })

export const labels = (received: ReadonlyArray<ReceivedProperties>) => received.map(({ label }) => label)

const classes = (received: ReadonlyArray<ReceivedProperties>) => received.map((one) => one.class)

/** Receives all messages of a queue of the machine that it runs on. */
export const labelsIn = (formatName: string) => Effect.map(drained(formatName), labels)

export const classesIn = (formatName: string) => Effect.map(drained(formatName), classes)

export const outgoing = Mqrt.Mqrt.use((mqrt) => mqrt.getQueueInfo(null, orders))

/** Creates a queue for orders in the store, and one for acknowledgments in the office. */
export const queues = (fields: Parameters<typeof create>[0] = {}) =>
  Effect.andThen(onStore(create(fields)), create({ pathName: ".\\private$\\acks" }))
