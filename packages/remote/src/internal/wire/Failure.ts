/** Failures of calls, as they cross the wire. */
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Schema from "effect/Schema"
import { text } from "./text.ts"

/**
 * Failure of a call: that of a function, or a refusal of the gateway, which then is in `refusal`, or a problem of a gateway that this
 * one is a client of, which then is in `gateway`.
 */
export const failure = Schema.Struct({
  function: text,
  code: Schema.Finite,
  properties: Schema.Array(Schema.Struct({ property: text, status: Schema.Finite })),
  refusal: Schema.NullOr(text),
  gateway: Schema.optionalKey(
    Schema.Struct({
      kind: Schema.Literals(["GatewayUnavailable", "GatewayRefused", "GatewayOutcomeUnknown"]),
      url: text,
      detail: text
    })
  )
})

/** Failure on the wire. */
export type WireFailure = typeof failure.Type

/** Returns the failure of a function as it crosses the wire. */
export const toWire = ({ code, function: name, gateway, properties }: MqrtFailure): WireFailure => ({
  function: name,
  code,
  properties,
  refusal: null,
  ...(gateway === undefined ? {} : { gateway })
})

/** `HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED)`, the code of a refusal, which nobody reads where there is a sentence. */
const accessDenied = 0x8007_0005

/** Makes the failure of a call that the gateway refuses. `detail`: a sentence without a full stop. */
export const refusalOf = (functionName: string, detail: string): WireFailure => ({
  function: functionName,
  code: accessDenied,
  properties: [],
  refusal: detail
})

/** Returns the failure that core understands. `url`: address of the gateway. */
export const fromWire = ({ refusal, ...failure }: WireFailure, url: string): MqrtFailure =>
  new MqrtFailure(
    refusal === null ? failure : { ...failure, gateway: { kind: "GatewayRefused", url, detail: refusal } }
  )
