import { MessageQueue } from "@effect-msmq/core"
import { GatewayPolicy } from "@effect-msmq/remote"
import { MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Clock, ConfigProvider, Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { environment } from "../../core/test/support/environment.ts"
import { expectGolden } from "../../core/test/support/golden.ts"
import { gatewayIds, type Result } from "../src/internal/doctor/Doctor.ts"
import { jsonSchema, readPolicy } from "../src/internal/gateway/policyFile.ts"
import { command, commandIn, layer, linesOf } from "./support/commandLine.ts"
import { authority, fingerprint, gatewayTls, ordersDesk, pathOf, start, tokenFile } from "./support/gateway.ts"

const orders = ".\\private$\\orders"

const ca = ["--tls-ca", pathOf("authority.pem")]
const token = ["--token-file", tokenFile]

/** Examines a gateway, and returns the exit code and the results by their ids. */
const examined = (url: string, ...flags: ReadonlyArray<string>) =>
  Effect.map(command("doctor", "--json", "--gateway", url, ...flags), ({ code, out }) => {
    const { checks, healthy } = JSON.parse(out) as { healthy: boolean; checks: ReadonlyArray<Result> }
    assert.strictEqual(healthy, code === 0)
    const verdicts = checks.filter(({ verdict }) => verdict !== "ok" && verdict !== "skipped")
    return {
      code,
      checks,
      verdicts: verdicts.map(({ id, verdict }) => `${id} ${verdict}`),
      of: Object.fromEntries(checks.map((check) => [check.id, check]))
    }
  })

describe("the doctor of a gateway", () => {
  it.effect("finds nothing where all is well, and says what this client may do", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const { checks, code, of, verdicts } = yield* examined(yield* start({ tls: gatewayTls }), ...ca, ...token)
      assert.deepStrictEqual([code, verdicts], [0, []])
      assert.deepStrictEqual(
        checks.map(({ id, verdict }) => `${id} ${verdict}`),
        gatewayIds.map((id) => `${id} ok`)
      )
      assert.strictEqual(of["gatewayClient"]?.found, "the gateway knows this client as orders desk")
      assert.strictEqual(of["gatewayRights"]?.found, "queues: .\\private$\\orders (send, receive); computer: sign")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("says that nothing listens, and makes no check that needs the gateway", () =>
    Effect.gen(function* () {
      const { checks, code, of } = yield* examined("wss://127.0.0.1:1")
      assert.strictEqual(code, 1)
      assert.include(of["gatewayAddress"]?.found ?? "", "127.0.0.1, port 1, cannot be reached: connect ECONNREFUSED")
      assert.deepStrictEqual(
        checks.filter(({ verdict }) => verdict === "skipped").map(({ id }) => id),
        gatewayIds.slice(gatewayIds.indexOf("gatewayAddress") + 1)
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("says that the certificate is not trusted, or ends soon", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const url = yield* start({ tls: gatewayTls })
      const stranger = yield* examined(url, ...token)
      assert.deepStrictEqual([stranger.code, stranger.verdicts], [1, ["gatewayTls failed"]])
      assert.include(stranger.of["gatewayTls"]?.found ?? "", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
      yield* TestClock.setTime(Date.UTC(2126, 9, 10))
      const ending = yield* examined(url, ...ca, ...token)
      assert.deepStrictEqual([ending.code, ending.verdicts], [0, ["gatewayCertificate warning"]])
      assert.strictEqual(ending.of["gatewayCertificate"]?.found, "valid until 2126-11-04 only")
      const plain = yield* examined((yield* start()).replace("ws:", "wss:"), ...ca, ...token)
      assert.deepStrictEqual([plain.code, plain.verdicts], [1, ["gatewayTls failed"]])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("says that the gateway does not know this client, and never prints the token", () =>
    Effect.gen(function* () {
      const url = yield* start()
      const folder = mkdtempSync(join(tmpdir(), "gateway-"))
      const wrong = join(folder, "wrong")
      writeFileSync(wrong, "a-token-of-nobody-at-all")
      const { code, of, verdicts } = yield* examined(url, "--token-file", wrong)
      rmSync(folder, { recursive: true })
      assert.deepStrictEqual([code, verdicts], [1, ["gatewayClient failed"]])
      assert.include(of["gatewayClient"]?.found ?? "", "it knows no client with this token or certificate")
      assert.notInclude(JSON.stringify(of), "a-token-of-nobody")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("says what the policy, the queues, the service and the clock of the gateway lack", () =>
    Effect.gen(function* () {
      const missing = yield* examined(yield* start(), ...token)
      assert.deepStrictEqual([missing.code, missing.verdicts], [0, ["gatewayQueues warning"]])
      assert.include(missing.of["gatewayQueues"]?.found ?? "", "not there: .\\private$\\orders")
      const idle = yield* examined(yield* start({ policy: { clients: [{ ...ordersDesk, queues: [] }] } }), ...token)
      assert.deepStrictEqual([idle.code, idle.verdicts], [0, ["gatewayRights warning"]])
      const clock = yield* Clock.Clock
      const ahead = 90_000
      const late = { ...clock, currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + ahead) }
      yield* MessageQueue.create(orders)
      const fast = yield* examined(yield* Effect.provideService(start(), Clock.Clock, late), ...token)
      assert.deepStrictEqual([fast.code, fast.verdicts], [0, ["gatewayClock warning"]])
      assert.strictEqual(fast.of["gatewayClock"]?.found, "the clock of the gateway is 90 seconds ahead")
      const control = yield* MsmqControl.MsmqControl
      yield* control.stopService
      const stopped = yield* examined(yield* start(), ...token)
      assert.deepStrictEqual([stopped.code, stopped.verdicts], [1, ["gatewayService failed"]])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("waits no longer than --timeout for something that listens and says nothing", () =>
    Effect.gen(function* () {
      const server = createServer().listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(server, "listening"))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`
      const examining = yield* Effect.forkChild(examined(url, "--timeout", "5 seconds"), { startImmediately: true })
      yield* Effect.promise(() => once(server, "connection"))
      // That of TLS, which waits.
      yield* Effect.promise(() => once(server, "connection"))
      yield* TestClock.adjust("5 seconds")
      const { of, verdicts } = yield* Fiber.join(examining)
      assert.deepStrictEqual(verdicts, ["gatewayTls failed"])
      assert.strictEqual(of["gatewayTls"]?.found, "the gateway did not answer in time")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("refuses an address that is none, and a backend beside it", () =>
    Effect.gen(function* () {
      for (const args of [
        ["--gateway", "https://server"],
        ["--gateway", "wss://user:password@server"],
        ["--gateway", "ws://server", "--backend", "memory"]
      ]) {
        assert.strictEqual((yield* command("doctor", ...args)).code, 2)
      }
    }).pipe(Effect.provide(layer))
  )
})

describe("the backend remote", () => {
  const remote = (url: string, ...args: ReadonlyArray<string>) =>
    commandIn({ ownBackend: true }, ...args, "--backend", "remote", "--url", url)

  it.effect("sends and receives through a gateway, with a token", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const url = yield* start({ tls: gatewayTls })
      const sent = yield* remote(url, "send", "orders", "hello", "--label", "greeting", ...ca, ...token)
      assert.deepStrictEqual([sent.code, sent.err], [0, ""])
      const received = yield* remote(url, "receive", "orders", "--format", "body", ...ca, ...token)
      assert.deepStrictEqual([received.code, received.out], [0, "hello"])
      const denied = yield* remote(url, "purge", "orders", "--yes", ...ca, ...token)
      assert.strictEqual(denied.code, 1)
      assert.include(
        denied.err,
        'its policy does not give the client orders desk the right "purge" on .\\private$\\orders'
      )
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("presents a certificate instead of a token", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const { token: _, ...desk } = ordersDesk
      const policy = { clients: [{ ...desk, certificates: [fingerprint] }] }
      const url = yield* start({ tls: { ...gatewayTls, ca: authority }, policy })
      const certificate = ["--tls-cert", pathOf("client.pem"), "--tls-key", pathOf("client.key")]
      const known = yield* remote(url, "peek", "orders", ...ca, ...certificate)
      assert.deepStrictEqual([known.code, known.err], [0, ""])
      const stranger = yield* remote(url, "peek", "orders", ...ca)
      assert.strictEqual(stranger.code, 1)
      assert.match(stranger.err, /knows no client with this token or certificate\. `effect-msmq doctor --gateway URL`/)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("says which flags it needs", () =>
    Effect.gen(function* () {
      const missing = yield* commandIn({ ownBackend: true }, "queues", "--backend", "remote")
      assert.deepStrictEqual(
        [missing.code, missing.err],
        [
          2,
          "effect-msmq: --backend remote needs the address of a gateway: --url wss://server:8443, or the variable EFFECT_MSMQ_URL\n"
        ]
      )
      const elsewhere = yield* command("queues", "--url", "wss://server")
      assert.deepStrictEqual([elsewhere.code, linesOf(elsewhere.err).length], [2, 1])
      const half = yield* remote("wss://127.0.0.1:1", "queues", "--tls-cert", pathOf("client.pem"))
      assert.deepStrictEqual(
        [half.code, half.err],
        [2, "effect-msmq: --tls-cert and --tls-key belong together: give both, or neither\n"]
      )
      const lost = yield* remote("wss://127.0.0.1:1", "queues", "--token-file", "no-such-file")
      assert.deepStrictEqual(
        [lost.code, lost.err],
        [1, "effect-msmq: cannot read no-such-file: there is no such file\n"]
      )
    }).pipe(Effect.provide(layer))
  )
})

/** Policies that are refused, each with what is said about it. */
const illegal: Readonly<Record<string, readonly [text: string, complaint: RegExp]>> = {
  "no JSON": ["{ clients: [] }", /policy\.json is not JSON: .*position 2/],
  "no object": ["[]", /policy\.json: the policy must be object, and is \[\]/],
  "no clients": ["{}", /policy\.json: clients is missing/],
  "an unknown field": [
    '{ "clients": [{ "name": "a", "token": { "file": "t" }, "queue": [] }] }',
    /policy\.json: clients\[0\]\.queue is no field of a policy at this place/
  ],
  "an unknown right": [
    '{ "clients": [{ "name": "a", "token": { "file": "t" }, "queues": [{ "queues": ["*"], "rights": ["recieve"] }] }] }',
    /policy\.json: clients\[0\]\.queues\[0\]\.rights\[0\] must be "send" \| .*, and is "recieve"/
  ],
  "a token in the file itself": [
    '{ "clients": [{ "name": "a", "token": "b1946ac9-2492-4d3c-9f0b" }] }',
    /policy\.json: clients\[0\]\.token must be \{ "environment": "NAME" \} or \{ "file": "FILE" \}/
  ],
  "a variable that is not set": [
    '{ "clients": [{ "name": "a", "token": { "environment": "NO_SUCH_TOKEN" } }] }',
    /policy\.json: clients\[0\]\.token\.environment: the variable NO_SUCH_TOKEN is not set/
  ],
  "a token file that is missing": [
    '{ "clients": [{ "name": "a", "token": { "file": "lost.token" } }] }',
    /policy\.json: clients\[0\]\.token\.file: cannot read .*lost\.token: there is no such file/
  ],
  "a limit that is none": [
    '{ "clients": [{ "name": "a", "certificates": ["00"], "limits": { "waits": 0 } }] }',
    /policy\.json: clients\[0\]\.limits\.waits must be a value greater than or equal to 1, and is 0/
  ],
  "a fingerprint that is none": [
    '{ "clients": [{ "name": "a", "certificates": ["00"] }] }',
    /policy\.clients\[0\]\.certificates\[0\].*the SHA-256 fingerprint of a certificate/
  ],
  "two clients of one name": [
    `{ "clients": [{ "name": "a", "certificates": ["${fingerprint}"] }, { "name": "a", "certificates": [] }] }`,
    /must give each client a name of its own/
  ]
}

describe("the command gateway", () => {
  for (const [name, [text, complaint]] of Object.entries(illegal)) {
    it.effect(`refuses a policy with ${name}, and says where`, () =>
      Effect.gen(function* () {
        const folder = mkdtempSync(join(tmpdir(), "gateway-"))
        const policy = join(folder, "policy.json")
        writeFileSync(policy, text)
        const { code, err, out } = yield* command("gateway", "--policy", policy, "--port", "0")
        rmSync(folder, { recursive: true })
        assert.deepStrictEqual([code, out], [1, ""])
        assert.match(err, complaint)
        assert.notInclude(err, "b1946ac9")
      }).pipe(Effect.provide(layer))
    )
  }

  it.effect("names every mistake in a policy", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "gateway-"))
      const policy = join(folder, "policy.json")
      writeFileSync(policy, '{ "clients": [{ "nam": "a" }, { "name": 7 }] }')
      const { err } = yield* command("gateway", "--policy", policy)
      rmSync(folder, { recursive: true })
      assert.deepStrictEqual(
        linesOf(err).map((line) => line.replace(/^.*policy\.json: /, "")),
        [
          "clients[0].nam is no field of a policy at this place",
          "clients[0].name is missing",
          "clients[1].name must be string, and is 7"
        ]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("reads the policy of the page, with the tokens of its places", () =>
    Effect.gen(function* () {
      const page = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8")
      const [, text = ""] = /^```json\n(.*?)^```$/ms.exec(page) ?? []
      const folder = mkdtempSync(join(tmpdir(), "gateway-"))
      writeFileSync(join(folder, "policy.json"), text)
      writeFileSync(join(folder, "operations.token"), "a-token-of-operations\n")
      const env = ConfigProvider.fromEnv({ env: { WEB_SHOP_TOKEN: "a-token-of-the-web-shop" } })
      const policy = yield* readPolicy(join(folder, "policy.json")).pipe(Effect.provide(ConfigProvider.layer(env)))
      rmSync(folder, { recursive: true })
      assert.deepStrictEqual(
        policy.clients.map(({ name, token }) => [name, token && Redacted.value(token)]),
        [
          ["web shop", "a-token-of-the-web-shop"],
          ["warehouse", undefined],
          ["operations", "a-token-of-operations"]
        ]
      )
      assert.match(yield* start({ policy, tls: { ...gatewayTls, ca: authority } }), /^wss:/)
    }).pipe(Effect.scoped, Effect.provide([layer, NodeServices.layer]))
  )

  it.effect("does not start without a policy, nor with options that let in who does not belong", () =>
    Effect.gen(function* () {
      const refused = (...args: ReadonlyArray<string>) => Effect.map(command("gateway", ...args), ({ code }) => code)
      assert.strictEqual(yield* refused(), 2)
      assert.strictEqual(yield* refused("--unprotected", "--policy", "policy.json"), 2)
      assert.strictEqual(yield* refused("--unprotected", "--backend", "remote", "--url", "ws://localhost"), 2)
      assert.strictEqual(yield* refused("--unprotected", "--tls-cert", pathOf("gateway.pem")), 2)
      assert.strictEqual(yield* refused("--unprotected", "--tls-elsewhere", ...ca), 2)
      assert.strictEqual(yield* refused("--unprotected", "--port", "70000"), 2)
      const open = yield* command("gateway", "--unprotected", "--host", "0.0.0.0", "--port", "0")
      assert.strictEqual(open.code, 1)
      assert.include(open.err, "only where the gateway listens on the loopback address")
    }).pipe(Effect.provide(layer))
  )

  it.effect("describes policies by a JSON Schema, with every right that there is", () =>
    Effect.gen(function* () {
      const { out } = yield* command("gateway", "--policy-schema")
      assert.deepStrictEqual(JSON.parse(out), jsonSchema())
      for (const right of [
        ...(GatewayPolicy.everything.machine ?? []),
        ...(GatewayPolicy.everything.queues ?? []).flatMap(({ rights }) => rights)
      ]) {
        assert.include(out, `"${right}"`)
      }
      yield* Effect.promise(() => expectGolden(out, import.meta.url, "gateway-policy-schema"))
    }).pipe(Effect.provide(layer))
  )

  it.live("serves clients until it is told to stop, and logs what happens", () =>
    Effect.promise(async () => {
      const folder = mkdtempSync(join(tmpdir(), "gateway-"))
      const policy = join(folder, "policy.json")
      writeFileSync(
        policy,
        JSON.stringify({
          clients: [
            {
              name: "orders desk",
              token: { environment: "ORDERS_TOKEN" },
              queues: [{ queues: [orders], rights: ["receive"] }]
            }
          ]
        })
      )
      const program = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
      const secret = "5f2c6a0e-6f0b-4c0c-8a55"
      const child = spawn(
        process.execPath,
        [program, "gateway", "--policy", policy, "--port", "0", "--json", "--backend", "memory"],
        { env: { ...environment, ORDERS_TOKEN: secret }, stdio: ["ignore", "pipe", "pipe"] }
      )
      const lines: Array<Record<string, string>> = []
      const printed = createInterface({ input: child.stdout }).on("line", (line) => void lines.push(JSON.parse(line)))
      /** Waits for a line about an event. */
      const logged = async (event: string): Promise<Record<string, string>> =>
        lines.find((line) => line["event"] === event) ?? once(printed, "line").then(() => logged(event))
      const errors: Array<string> = []
      child.stderr.setEncoding("utf8").on("data", (text) => void errors.push(text))
      const [exited, closed] = [once(child, "exit"), once(printed, "close")]
      const { url = "" } = await logged("listening")
      const client = (variable: string) =>
        spawn(process.execPath, [program, "peek", "orders", "--json", "--backend", "remote", "--url", url], {
          env: { ...environment, EFFECT_MSMQ_TOKEN: variable },
          stdio: ["ignore", "pipe", "ignore"]
        })
      const [known, stranger] = [client(secret), client("a-token-of-nobody-at-all")]
      const ends = Promise.all([once(stranger, "exit"), once(known, "exit")])
      const [first] = await once(known.stdout.setEncoding("utf8"), "data")
      assert.include(first, '"label":"order 3"')
      const [[strangerCode]] = await ends
      assert.strictEqual(strangerCode, 1)
      await logged("session ended")
      child.kill("SIGTERM")
      const [code] = await exited
      await closed
      rmSync(folder, { recursive: true })
      assert.strictEqual(code, 130)
      assert.deepStrictEqual(
        errors
          .join("")
          .split("\n")
          .filter((line) => line.includes("made up")).length,
        1
      )
      assert.includeMembers(
        lines.map(({ client, event, level }) => [level, event, client].join(" ").trim()),
        [
          "info listening",
          "info session opened orders desk",
          "info session ended orders desk",
          "warn connection refused",
          "info stopped"
        ]
      )
      assert.strictEqual(lines.at(-1)?.["event"], "stopped")
      assert.notInclude(JSON.stringify(lines) + errors.join(""), secret)
    })
  )
})
