/** The calls as procedures of Effect's rpc, made from the tables. */
import type * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { type CallName, type Calls, handled, plain } from "./calls.ts"
import { failure, type WireFailure } from "./Failure.ts"

const ofPlain = Object.entries(plain).map(([name, { given, returns }]) =>
  Rpc.make(name, { payload: { key: Schema.Finite, given }, success: returns, error: failure })
)

const ofHandled = Object.entries(handled).map(([name, { given, returns }]) =>
  Rpc.make(name, { payload: given as Schema.Struct.Fields, success: returns as Schema.Top, error: failure })
)

/** All procedures of a gateway. The tables have their types: a group of so many would take the compiler long. */
export const rpcs: RpcGroup.RpcGroup<Rpc.Any> = RpcGroup.make(
  ...(ofPlain as ReadonlyArray<Rpc.Any>),
  ...(ofHandled as ReadonlyArray<Rpc.Any>)
) as RpcGroup.RpcGroup<Rpc.Any>

/** Functions of a gateway that answer the calls. */
export type Handlers = {
  readonly [Name in CallName]: (payload: Calls[Name]["given"]) => Effect.Effect<Calls[Name]["returns"], WireFailure>
}

/** Function that makes a call of a gateway. */
export type Caller = <Name extends CallName>(
  name: Name,
  payload: Calls[Name]["given"]
) => Effect.Effect<Calls[Name]["returns"], WireFailure | RpcClientError>
