/** Face of promises on an open backend. */
import { Mqrt } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { Effect, Layer } from "effect"
import type { Opened } from "./backends.ts"

/** Connects to a backend that is open already. The scope closes the connection. */
export const connection = ({ mqrt }: Pick<Opened<unknown>, "mqrt">) =>
  Effect.acquireRelease(
    Effect.promise(() => connect(Layer.effect(Mqrt.Mqrt, Mqrt.make(mqrt)))),
    (msmq) => Effect.promise(() => msmq.close())
  )
