/** Trials of programs in plain JavaScript, in each runtime. */
import { join } from "node:path"
import { bun, deno } from "../../../packages/native/test/support/runtimes.ts"
import type { Built, Missing } from "../../../packages/native/test/double/buildDouble.ts"
import { runProcess } from "../../runProcess.ts"
import type { Consumer } from "../Consumer.ts"
import { printing } from "../expecting.ts"
import { lowestNode, type Node, nodes } from "../tools.ts"
import type { Skipped, Trial } from "../Trial.ts"

interface Runtime {
  readonly name: string
  readonly command: readonly [file: string, ...args: ReadonlyArray<string>]
}

/** Lines that each program prints. */
const printed = {
  "inMemory.mjs": ['[true,"order 1",true]', '["order 3","three"]'],
  "inMemory.cjs": ['["function",2]', '["order 3"]'],
  "native.mjs": ['["order 1","one"]'],
  "remote.mjs": ['["order 1",true]', '["order 2","GatewayRefused"]']
}

const purposes = {
  "inMemory.mjs": "the program in memory imports the packages",
  "inMemory.cjs": "the program in memory requires the packages",
  "native.mjs": "the program over a double of mqrt.dll sends and receives",
  "remote.mjs": "the program with a gateway sends and receives"
}

type Program = keyof typeof printed

const runtimeOf = ({ file, name }: Node): Runtime => ({ name, command: [file] })
const everywhere: ReadonlyArray<Runtime> = nodes.map(runtimeOf)
const lowest = runtimeOf(lowestNode)

const trial = (
  consumer: Consumer,
  program: Program,
  { command, name }: Runtime,
  env: Readonly<Record<string, string>> = {}
): Trial => ({
  name: `${purposes[program]}, ${name}, installed with ${consumer.name}`,
  run: () => {
    const [file, ...args] = command
    return printing(printed[program], file, [...args, program], { cwd: consumer.folder, env })
  }
})

/** Message Queuing is a part of Windows. */
const unavailable = (consumer: Consumer, { command, name }: Runtime): Trial => ({
  name: `the native layer says why there is no Message Queuing, and what to do, ${name}`,
  run: async () => {
    const [file, ...args] = command
    const { code, stderr, stdout } = await runProcess(file, [...args, "native.mjs"], { cwd: consumer.folder })
    const [tag, message] = code === 0 && stderr === "" ? JSON.parse(stdout) : [`it ended with ${code}`, stderr]
    if (tag === "MqrtUnavailable" && message.includes("provide InMemoryMqrt.layer of @effect-msmq/testing")) return
    throw new Error(`${tag}: ${message}`)
  }
})

/** The command, as the package manager linked it. */
const command = ({ folder, name }: Consumer): Trial => ({
  name: `the command effect-msmq runs, installed with ${name}`,
  run: async () => {
    const program = join(folder, "node_modules/.bin/effect-msmq")
    const { code, stdout } = await runProcess(program, ["queues", "orders", "--backend", "memory", "--json"], {
      cwd: folder
    })
    const row = code === 0 ? JSON.parse(stdout) : { code }
    if (row.messages !== 3) throw new Error(JSON.stringify(row))
  }
})

/** Returns what is tried, and what cannot be tried here. */
export const programTrials = (
  npm: Consumer,
  pnpm: Consumer,
  double: Built | Missing
): ReadonlyArray<Trial | Skipped> => {
  const others = [bun(), deno()]
  const runtimes: ReadonlyArray<Runtime> = [...everywhere, ...others.filter(({ missing }) => missing === null)]
  const absent = others.flatMap(({ missing, name }): ReadonlyArray<Skipped> =>
    missing === null ? [] : [{ name: `the programs in ${name}`, reason: missing }]
  )
  const overDouble: ReadonlyArray<Trial | Skipped> =
    "missing" in double
      ? [{ name: purposes["native.mjs"], reason: double.missing }]
      : [
          ...runtimes.map((runtime) => trial(npm, "native.mjs", runtime, { MQRT_LIBRARY: double.mqrt })),
          trial(pnpm, "native.mjs", lowest, { MQRT_LIBRARY: double.mqrt })
        ]
  return [
    ...absent,
    command(npm),
    command(pnpm),
    ...runtimes.map((runtime) => trial(npm, "inMemory.mjs", runtime)),
    ...everywhere.map((node) => trial(npm, "inMemory.cjs", node)),
    ...runtimes.map((runtime) => trial(npm, "remote.mjs", runtime)),
    trial(pnpm, "inMemory.mjs", lowest),
    trial(pnpm, "remote.mjs", lowest),
    trial(pnpm, "inMemory.cjs", lowest),
    ...(process.platform === "win32" ? [] : runtimes.map((runtime) => unavailable(npm, runtime))),
    ...overDouble
  ]
}
