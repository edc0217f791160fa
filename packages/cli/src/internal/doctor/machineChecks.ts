/** Checks of the machine and its runtime. */
import { Effect } from "effect"
import { isSupported, leastNode } from "../nodeVersion.ts"
import { version } from "../version.ts"
import type { MachineCheck } from "./Check.ts"
import { failed, ok, warning } from "./Check.ts"
import { CurrentMachine } from "./Machine.ts"

/** Architectures that koffi has a library of and that the layouts were tested for. */
const tested = new Set(["x64"])

export const machineChecks: ReadonlyArray<MachineCheck> = [
  {
    id: "system",
    needs: [],
    run: Effect.map(CurrentMachine, ({ architecture, platform, system }) => {
      const found = `${system}, ${architecture}`
      if (platform !== "win32") {
        return warning(
          `${found}: Message Queuing is a part of Windows`,
          "Run this command on the machine with the queues."
        )
      }
      return tested.has(architecture)
        ? ok(found)
        : warning(`${found}: not tested`, "Use Node for x64, which Windows on ARM emulates.")
    })
  },
  {
    id: "runtime",
    needs: [],
    run: Effect.map(CurrentMachine, ({ node, runtime }) =>
      isSupported(node)
        ? ok(`${runtime}, effect-msmq ${version}`)
        : failed(`${runtime} is too old`, `Install Node ${leastNode.join(".")} or later.`)
    )
  }
]
