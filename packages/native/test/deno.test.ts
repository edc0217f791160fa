import { runtimePromises } from "./support/runtimePromises.ts"
import { deno } from "./support/runtimes.ts"

runtimePromises(deno())
