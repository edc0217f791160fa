/** Checks of the doctor, and their results. */
import type { MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Effect, type Scope } from "effect"

/** Result of a check. */
export interface Finding {
  readonly verdict: "ok" | "warning" | "failed"
  /** Sentence that says what was found. */
  readonly found: string
  /** Sentences that say what to do; none where all is well. */
  readonly advice?: string
}

/** Check of one thing. */
export interface Check<Services> {
  /** Name in JSON and in the documentation. */
  readonly id: string
  /** Checks that must have been well. Otherwise this one is skipped. */
  readonly needs: ReadonlyArray<string>
  readonly run: Effect.Effect<Finding, MsmqError.MsmqError, Services | Scope.Scope>
}

/** Check of the machine, which needs no Message Queuing. */
export type MachineCheck = Check<never>

/** Check of the way to a gateway, which needs no Message Queuing here. */
export type GatewayCheck = Check<never>

/** Check of Message Queuing. */
export type QueuingCheck = Check<Mqrt>

export const ok = (found: string): Finding => ({ verdict: "ok", found })

export const warning = (found: string, advice: string): Finding => ({ verdict: "warning", found, advice })

export const failed = (found: string, advice: string): Finding => ({ verdict: "failed", found, advice })

/** Makes a warning of a check that this user may not make. */
export const unlessDenied =
  (subject: string) =>
  <R>(check: Effect.Effect<Finding, MsmqError.MsmqError, R>): Effect.Effect<Finding, MsmqError.MsmqError, R> =>
    Effect.catchReason(check, "MsmqError", "AccessDenied", () =>
      Effect.succeed(
        warning(
          `this user may not look at ${subject}`,
          "Run the command as an administrator, or as the account that your programs run as."
        )
      )
    )
