import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { NativeMqrt } from "@effect-msmq/native"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { buildForLinux } from "../double/buildDouble.ts"
import { acknowledged, queues, receive, send } from "./exchange.ts"

const double = process.platform === "linux" ? await buildForLinux() : { missing: "it is built so only on Linux" }

const backends = [
  ["in memory", InMemoryMqrt.layer],
  ...("missing" in double ? [] : [["on the test double", NativeMqrt.layerWith({ library: double.mqrt })] as const])
] as const

describe.each(backends)("the exchange with System.Messaging, %s", (_, layer) => {
  it.live("receives what it sends itself, which is what the other side sends, and is acknowledged", () =>
    Effect.gen(function* () {
      for (const [name, queue] of Object.entries(queues)) {
        const options = { transactional: name === "transactional" }
        yield* Effect.acquireRelease(MessageQueue.create(queue, options), () =>
          Effect.ignore(MessageQueue.delete(queue))
        )
      }
      yield* send
      yield* receive
      yield* acknowledged
    }).pipe(Effect.scoped, Effect.provide(layer, { local: true }))
  )
})

describe("the other side of the exchange", () => {
  const script = readFileSync(new URL("exchange.ps1", import.meta.url))

  it("is ASCII: Windows PowerShell reads anything else in the code page of the system", () => {
    assert.isTrue(script.every((byte) => byte < 0x80))
  })

  it("names the same labels in the same order, and is where the workflow looks for it", () => {
    const program = readFileSync(new URL("exchange.ts", import.meta.url), "utf8")
    const ours = Array.from(program.matchAll(/ sample\("([^"]+)"/g), ([, label]) => label)
    const theirs = Array.from(script.toString().matchAll(/Label = "([^"]+)"/g), ([, label]) => label)
    assert.isAbove(ours.length, 5)
    assert.deepStrictEqual(theirs, ours)
    const workflow = readFileSync(new URL("../../../../.github/workflows/windows.yml", import.meta.url), "utf8")
    const path = /run: \.\\(.+\.ps1)$/m.exec(workflow)?.[1]?.replaceAll("\\", "/") ?? "nothing"
    assert.isTrue(existsSync(new URL(`../../../../${path}`, import.meta.url)), path)
  })
})
