/** Promises that the native backend keeps in each runtime beside Node, on the test double. */
import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { ways } from "../../../core/test/support/waysOfWaiting.ts"
import { files, missing } from "../theDouble.ts"
import { runIn } from "./runIn.ts"
import type { Runtime } from "./runtimes.ts"
import { waitingPromises } from "./waitingPromises.ts"
import { slow } from "../../../core/test/support/slow.ts"

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const contract = fileOf("../programs/contract.ts")
const slowSends = fileOf("../programs/slowSends.ts")
const everyWay = fileOf("../../../core/test/programs/waiting.ts")
const using = fileOf("../../../core/test/programs/using.ts")
const backends = { "in memory": [], "over mqrt.dll": [fileOf("../programs/double.ts")] }

const takesLong = slow("Each of its programs runs in a process of its own, the contract in one of them.")

/** Number of the promises of the contract and, in its runner, one of many receives and one of the double's account. */
const promises = MqrtContract.promises.length + 2

/** A line of the program `using.ts`. */
interface UseOfHandle {
  readonly ended: string
  readonly underWay: string
  readonly reported: ReadonlyArray<string>
  readonly dropped: ReadonlyArray<string>
}

/** Returns the reports of handles that were not dropped by then. A runtime may collect a handle much later than it could. */
const falseAlarmsOf = (rows: ReadonlyArray<UseOfHandle>): ReadonlyArray<string> => {
  const dropped: Array<string> = []
  const isFalse = (kind: string): boolean => {
    const index = dropped.indexOf(kind)
    if (index !== -1) dropped.splice(index, 1)
    return index === -1
  }
  return rows.flatMap((row) => {
    dropped.push(...row.dropped)
    return row.reported.filter(isFalse).map((kind) => `${row.underWay}, or ${row.ended}: ${kind}`)
  })
}

export const runtimePromises = (runtime: Runtime): void => {
  const reason = missing ?? runtime.missing
  if (reason !== null) console.warn(`skipped: ${runtime.name} does not run here (${reason})`)

  describe.skipIf(reason !== null)(`in ${runtime.name}`, takesLong, () => {
    it("each promise of the contract is kept on the test double", async () => {
      const { code, lines } = await runIn(runtime, contract, ["double", files.library, files.identityLibrary])
      const broken = lines.filter((line) => line.startsWith("not ok - "))
      assert.deepStrictEqual([code, broken, lines.at(-1)], [0, [], `${promises} passed, 0 failed, 0 skipped`])
    })

    it.each(Object.entries(backends))(
      "a process lives as long as it waits for a message, in every way, %s",
      async (_, backend) => {
        const env = { MQRT_LIBRARY: files.library }
        const ended = await runIn(runtime, everyWay, backend, env)
        assert.deepStrictEqual(ended, { code: 0, signal: null, lines: [...ways, "end"], stderr: "" })
      }
    )

    it.each(Object.entries(backends))(
      "a handle that is used or closed is not reported as dropped, %s",
      async (_, backend) => {
        const { code, lines } = await runIn(runtime, using, backend, { MQRT_LIBRARY: files.library })
        const rows: ReadonlyArray<UseOfHandle> = lines.map((line) => JSON.parse(line))
        assert.deepStrictEqual([code, falseAlarmsOf(rows)], [0, []])
        assert.isAbove(rows.length, 40)
      }
    )

    it.each([0.5, 5])(
      "sends of %d ms block the event loop for 10 ms at most, in every way of sending",
      async (milliseconds) => {
        const { code, lines, stderr } = await runIn(runtime, slowSends, [files.library, String(milliseconds), "100"])
        assert.deepStrictEqual([code, lines.length, stderr], [0, 12, ""])
        for (const line of lines) {
          const { longest, way } = JSON.parse(line)
          assert.isAtMost(longest, 10, way)
        }
      }
    )

    waitingPromises(runtime)
  })
}
