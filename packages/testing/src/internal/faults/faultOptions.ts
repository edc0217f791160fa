/** Rules for the faults that can be armed. */
import { errors, type ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Effect from "effect/Effect"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import { hasOption } from "../arguments.ts"
import type { Fault, FunctionName, SilentFunctionName } from "./Fault.ts"
import { functionNames, silentFunctionNames } from "./Fault.ts"

const call = Options.required(Options.wholeNumber(1, Number.MAX_SAFE_INTEGER))
const anyFunction = Options.required(Options.oneOf(functionNames))

const isLoud = (name: FunctionName): name is Exclude<FunctionName, SilentFunctionName> =>
  !silentFunctionNames.some((silent) => silent === name)

const loudFunction = Options.required(Options.oneOf(functionNames.filter(isLoud)))

const code = Options.guarded(
  "the name of an error code, such as MQ_ERROR_INSUFFICIENT_RESOURCES",
  (value): value is ErrorCodeName => typeof value === "string" && Object.hasOwn(errors, value)
)

type Coded = Extract<Fault, { readonly code: ErrorCodeName }>
type Stalled = Extract<Fault, { readonly stall: unknown }>
type Interrupting = Extract<Fault, { readonly interrupt: true }>

const coded = Options.table<Coded>()({ call, function: loudFunction, code: Options.required(code) })

const stalled = Options.table<Stalled>()({ call, function: anyFunction, stall: Options.required(Options.durations) })

const interrupting = Options.table<Interrupting>()({
  call,
  function: anyFunction,
  interrupt: Options.required(Options.guarded("true", (value): value is true => value === true))
})

/** Checks a fault, which must have one of the three effects that a fault can have. */
export const checkFault = (fault: Fault): Effect.Effect<Fault, MsmqError> => {
  const operation = { operation: "FaultInjection.inject" }
  if (hasOption(fault, "stall")) return Options.check(operation, stalled, fault as Stalled, "fault")
  if (hasOption(fault, "interrupt")) return Options.check(operation, interrupting, fault as Interrupting, "fault")
  return Options.check(operation, coded, fault as Coded, "fault")
}
