/** Connections of a program that another connection of the same program takes the place of. */
import { GatewayPolicy } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import * as RpcClient from "effect/rpc/RpcClient"
import * as Schedule from "effect/Schedule"
import * as Socket from "effect/socket/Socket"
import { openSocket } from "../../src/internal/client/openSocket.ts"
import type { Caller } from "../../src/internal/wire/rpcs.ts"
import { rpcs } from "../../src/internal/wire/rpcs.ts"
import * as serialization from "../../src/internal/wire/serialization.ts"
import { withGateway } from "../support/gatewayOf.ts"

/** Connects a program to a gateway. Returns what is done when the gateway ends the connection. */
const connect = Effect.fnUntraced(function* (url: string, program: string) {
  const cut = yield* Deferred.make<void>()
  const { socket } = yield* openSocket({ url, token: undefined, tls: {}, maxFrame: 1 << 20 } as never)
  const wire = yield* RpcClient.makeProtocolSocket({ retryPolicy: Schedule.recurs(0) }).pipe(
    Effect.provideService(Socket.Socket, socket),
    Effect.provideService(RpcClient.ConnectionHooks, {
      onConnect: Effect.void,
      onDisconnect: Effect.asVoid(Deferred.succeed(cut, undefined))
    })
  )
  const client = yield* RpcClient.make(rpcs, { flatten: true, disableTracing: true }).pipe(
    Effect.provideService(RpcClient.Protocol, wire)
  )
  const call = client as unknown as Caller
  yield* call("hello", { protocol: serialization.protocol, version: "0.1.0", client: program })
  return { call, cut: Deferred.await(cut) }
})

describe("a connection of a program", () => {
  it.live("ends when the gateway has ended its session for a later one, so that the program connects again", () =>
    withGateway({ policy: GatewayPolicy.unprotected }, (url) =>
      Effect.gen(function* () {
        const older = yield* connect(url, "program")
        const later = yield* connect(url, "program")
        yield* older.cut
        assert.isAbove(yield* later.call("beginTransaction", {}), 0)
      }).pipe(Effect.scoped, Effect.provide(serialization.layer(1 << 20)))
    )
  )
})
