/**
 * Options and report of a health check for programs that do not use Effect. `checkHealth` of a `Connection` makes it.
 *
 * @since 0.1.0
 */
export type { Check, CheckOptions, QueueCheck, Report } from "../Health.ts"
