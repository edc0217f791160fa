/**
 * A gateway in a process of its own, over a backend whose handles are in a ledger: `PORT=... node ledgerGateway.ts [BACKEND]`. Tells its
 * address when it listens, and whenever it is asked, what is open or was used wrongly since it was asked last, or in which queues it
 * holds messages for clients. Ends when its parent disconnects.
 */
import { GatewayPolicy, MqrtGateway } from "@effect-msmq/remote"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import { MessageQueue } from "@effect-msmq/core"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { Effect, Layer, Logger, ManagedRuntime, Option } from "effect"
import { backendOf } from "./backend.ts"
import type { Answer, Question } from "../support/LedgerGateway.ts"

const backend = HandleLedger.layer(await backendOf(process.argv[2]))
const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected, port: Number(process.env["PORT"] ?? 0) })
const runtime = ManagedRuntime.make(Layer.provideMerge(gateway, backend).pipe(Layer.provide(Logger.layer([]))))

const answer = (value: Answer): void => void process.send?.(value)

/** Violations of earlier promises. */
let told = 0

/** Waits until nothing is open, for the sessions whose clients have gone end soon. Returns what is against the ledger. */
const leaks = Effect.gen(function* () {
  const ledger = yield* HandleLedger.HandleLedger
  for (let look = 0; look < 1000 && (yield* ledger.open).length > 0; look++) yield* Effect.sleep("5 millis")
  const violations = (yield* ledger.violations).slice(told)
  told += violations.length
  const open = yield* ledger.open
  const failedReleases = yield* ledger.failedReleases
  return open.length + violations.length === 0
    ? null
    : new HandleLedger.HandlesLeaked({ open, violations, failedReleases }).message
})

/** Finds the private queues with messages in the subqueue of the gateway, which no client may open. */
const holding = Effect.gen(function* () {
  const { privateQueues } = yield* Mqrt.Mqrt.use((mqrt) => mqrt.getQueueManagerInfo(null))
  return yield* Effect.filter(privateQueues, (name) =>
    Effect.scoped(
      Effect.map(
        Effect.flatMap(MessageQueue.openReceiver(`${name};gateway`), (receiver) => receiver.peekWithin(0)),
        Option.isSome
      )
    )
  )
})

const questions: Readonly<Record<Question, () => Promise<void>>> = {
  leaks: () => runtime.runPromise(leaks).then((leaks) => answer({ leaks })),
  holding: () => runtime.runPromise(holding).then((holding) => answer({ holding }))
}
process.on("message", (question: Question) => void questions[question]())
process.on("disconnect", () => void runtime.dispose().then(() => process.exit(0)))

answer({ url: await runtime.runPromise(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(url))) })
