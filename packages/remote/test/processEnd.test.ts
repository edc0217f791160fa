/** Programs that use a gateway end when they have nothing more to do, and no earlier. */
import { afterAll, afterEach, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { createServer, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import { bundle } from "../../core/test/support/bundle.ts"
import { runCommand } from "../../core/test/support/program.ts"
import { ways } from "../../core/test/support/waysOfWaiting.ts"
import { type LedgerGateway, ledgerGateway } from "./support/LedgerGateway.ts"

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const runClient = async (url: string, how: string, more = "", onOutput?: (client: ChildProcess) => void) => {
  const program = await bundle(pathOf("programs/client.ts"))
  const { code, lines, signal, stderr } = await runCommand(process.execPath, [program, url, how, more], {}, onOutput)
  return { code, lines, signal, stderr }
}

const ended = (lines: ReadonlyArray<string>, code = 0) => ({ code, lines, signal: null, stderr: "" })

describe("a program that uses a gateway", () => {
  const scope = Scope.makeUnsafe()
  let gateway: LedgerGateway
  let url: string
  beforeAll(async () => {
    gateway = await Effect.runPromise(Scope.provide(ledgerGateway("in memory"), scope))
    url = gateway.url
  })
  // Whatever way a program ends in, nothing of it is left at the gateway.
  afterEach(() => Effect.runPromise(gateway.expectNoLeaks))
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it("ends by itself with everything open, and what it had open is released at the gateway", async () =>
    assert.deepStrictEqual(await runClient(url, "idle"), ended(["one"])))

  it("lives as long as it waits for a message, and gives up a wait", async () => {
    assert.deepStrictEqual(await runClient(url, "waits"), ended(["late"]))
    assert.deepStrictEqual(await runClient(url, "givesUp"), ended(["given up"], 5))
  })

  it("ends by process.exit, and by an error that nobody catches, while it waits", async () => {
    assert.deepStrictEqual(await runClient(url, "exit"), ended([], 3))
    const { code, stderr } = await runClient(url, "throw")
    assert.strictEqual(code, 1)
    assert.include(stderr, "Error: uncaught")
  })

  it("closes all at the end of its blocks, which ends its waits, and frees its security context", async () =>
    assert.deepStrictEqual(await runClient(url, "blocks"), ended(["signed", "Released"])))

  it("has no security context at once, and is told how to get one", async () => {
    const { code, lines } = await runClient(url, "notAtOnce")
    assert.strictEqual(code, 0)
    assert.match(lines.join(), /use await acquireSecurityContext\(\) with the same options/)
  })

  it("waits in every way that there is, and ends with everything open that can be", async () => {
    const waiting = await bundle(pathOf("../../core/test/programs/waiting.ts"), pathOf("programs/remoteBackend.ts"))
    const { code, lines, stderr } = await runCommand(process.execPath, [waiting], { GATEWAY_URL: url })
    assert.deepStrictEqual({ code, lines, stderr }, { code: 0, lines: [...ways, "end"], stderr: "" })
  })
})

/** Uses a gateway of its own, which the program ends. */
const withLostGateway = <A>(use: (gateway: LedgerGateway) => Promise<A>): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(Effect.flatMap(ledgerGateway("in memory"), (gateway) => Effect.promise(() => use(gateway))))
  )

describe.skipIf(process.platform === "win32")("a program whose gateway has gone", { concurrent: true }, () => {
  it("is not kept alive by its attempts to connect again", () =>
    withLostGateway(async ({ pid, url }) =>
      assert.deepStrictEqual(await runClient(url, "gatewayGone", String(pid)), ended(["nothing to do"]))
    ))

  it("is not kept alive by an attempt that nobody answers", () =>
    withLostGateway(async ({ pid, url }) => {
      const taken = new Set<Socket>()
      const silent = createServer((socket) => void taken.add(socket.on("error", () => {})))
      let client: ChildProcess | undefined
      silent.on("connection", () => client?.kill("SIGUSR2"))
      const listen = (): void => void silent.listen(Number(new URL(url).port), "127.0.0.1")
      // The gateway may not have left its port yet.
      silent.on("error", () => setTimeout(listen, 10))
      const ending = runClient(url, "gatewaySilent", String(pid), (running) => {
        if (client === undefined) listen()
        client = running
      })
      assert.deepStrictEqual(await ending, ended(["connected", "nothing to do"]))
      for (const socket of taken) socket.destroy()
      silent.close()
    }))
})
