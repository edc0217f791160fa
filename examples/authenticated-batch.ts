/**
 * Sends a file of orders, one JSON object a line, to a queue that takes authenticated messages only: every message is
 * signed through one security context, which is acquired once and freed once. Receives them meanwhile and checks them.
 *
 *   node authenticated-batch.ts [FILE | -] [--certificate FILE] [--json]
 *
 * This file shows a line before the libraries are loaded. The program is authenticated-batch/program.ts.
 */
import { setFlagsFromString } from "node:v8"
import * as firstSign from "./authenticated-batch/firstSign.ts"
import { endWithStandardOutput } from "./authenticated-batch/standardOutput.ts"

// The young generation of the heap would grow by 100 MB, for messages that live a millisecond.
setFlagsFromString("--semi-space-growth-factor=1")
endWithStandardOutput()
firstSign.show()
const { main } = await import("./authenticated-batch/program.ts")
firstSign.remove()
main()
