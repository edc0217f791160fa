import { runtimePromises } from "./support/runtimePromises.ts"
import { bun } from "./support/runtimes.ts"

runtimePromises(bun())
