import { MessageQueue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { stripVTControlCharacters, styleText } from "node:util"
import { expectGolden } from "../../core/test/support/golden.ts"
import { CurrentMachine } from "../src/internal/doctor/Machine.ts"
import { version } from "../src/internal/version.ts"
import { commandIn, layer, linesOf } from "./support/commandLine.ts"
import { gatewayTls, pathOf, start, tokenFile } from "./support/gateway.ts"

/** A machine that all tests run on. */
const machine = {
  platform: "win32",
  architecture: "x64",
  system: "Windows Server 2025 Datacenter (10.0.26100)",
  runtime: "Node 24.21.0",
  node: "24.21.0",
  listens: () => Effect.succeed(true)
}

const fill = Effect.gen(function* () {
  yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
  yield* MessageQueue.create(".\\private$\\invoices-of-a-very-long-name-日本語-🎉", { journal: true })
  yield* MessageQueue.create(".\\private$\\full", { transactional: true, quota: 0 })
  const orders = yield* MessageQueue.openSender(".\\private$\\orders")
  yield* orders.sendAll([{ label: "order 1" }, { label: "order \u001B[31m2" }], { transaction: "singleMessage" })
  const full = yield* MessageQueue.openSender(".\\private$\\full")
  yield* full.send({ journaling: { deadLetter: true } }, { transaction: "singleMessage" })
}).pipe(Effect.scoped)

const commands: Readonly<Record<string, (url: string) => ReadonlyArray<string>>> = {
  doctor: () => ["doctor"],
  "doctor-gateway": (url) => [
    "doctor",
    "--gateway",
    url,
    "--tls-ca",
    pathOf("authority.pem"),
    "--token-file",
    tokenFile
  ],
  queues: () => ["queues"],
  peek: () => ["peek", "orders"],
  watch: () => ["watch", "--once"]
}

/** Starts a gateway for the commands that need one. */
const urlFor = (name: string) => (name.endsWith("gateway") ? start({ tls: gatewayTls }) : Effect.succeed(""))

const styles = {
  plain: (_: unknown, text: string) => text,
  colors: (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { validateStream: false })
}

const placeOf = (columns: number): string => (Number.isFinite(columns) ? `${columns}` : "piped")

describe("the output of the command", () => {
  for (const [name, args] of Object.entries(commands)) {
    for (const columns of [40, 80, 200, Infinity]) {
      for (const [colors, style] of Object.entries(styles)) {
        it.effect(`${name} is as in its golden file: ${placeOf(columns)}, ${colors}`, () =>
          Effect.gen(function* () {
            yield* fill
            const { out } = yield* commandIn({ columns, style }, ...args(yield* urlFor(name)))
            const widest = Math.max(...linesOf(stripVTControlCharacters(out)).map(({ length }) => length))
            assert.isAtMost(widest, columns)
            const text = out.replaceAll(`effect-msmq ${version}`, "effect-msmq 0.0.0").replace(/\d{5}(?=,)/, "12345")
            yield* Effect.promise(() => expectGolden(text, import.meta.url, `${name}-${placeOf(columns)}-${colors}`))
          }).pipe(Effect.scoped, Effect.provideService(CurrentMachine, machine), Effect.provide(layer))
        )
      }
    }
  }
})
