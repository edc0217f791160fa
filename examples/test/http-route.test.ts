import { MessageBody } from "@effect-msmq/core/promises"
import { TestMsmq } from "@effect-msmq/testing/promises"
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { connect as connectTo } from "node:net"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { bundle } from "../../packages/core/test/support/bundle.ts"
import { environment } from "../../packages/core/test/support/environment.ts"
import { repeat } from "../../packages/core/test/support/promiseLoops.ts"
import { makeApp } from "../http-route/app.ts"

const queue = ".\\private$\\web-orders"
const program = fileURLToPath(new URL("../http-route.ts", import.meta.url))

describe("the route of the example", () => {
  it("sends an order, refuses a bad one, and answers 503 while Message Queuing is not available", () =>
    TestMsmq.run(async ({ connection, control }) => {
      await connection.createQueue(queue, { transactional: true })
      await using sender = await connection.openSender(queue, { body: MessageBody.text })
      const app = makeApp(connection, sender, new AbortController().signal)
      const post = async (body: string) => await app.request("/orders", { method: "POST", body })
      const health = async () => (await app.request("/healthz")).status

      const accepted = await post('{"item":"paper"}')
      assert.deepStrictEqual([accepted.status, await health()], [202, 200])
      assert.deepStrictEqual([(await post("{bad")).status, (await post("")).status], [400, 400])
      const tooLarge = await post(JSON.stringify("x".repeat(5_000_000)))
      assert.strictEqual(tooLarge.status, 400)

      await control.stopService()
      const refused = await post('{"item":"ink"}')
      assert.deepStrictEqual([refused.status, refused.headers.get("Retry-After"), await health()], [503, "5", 503])
      await control.startService()
      assert.deepStrictEqual([(await post('{"item":"ink"}')).status, await health()], [202, 200])

      await using receiver = await connection.openReceiver(queue, { body: MessageBody.text })
      const { body } = await receiver.receive()
      assert.strictEqual(body, '{"item":"paper"}')
      assert.strictEqual(await connection.queueManager.messageCount(queue), 1)
    }))

  it.skipIf(process.platform === "win32")(
    "answers the request that is in flight when SIGTERM comes, takes no further one, and exits with code 0",
    async () => {
      const child = spawn(process.execPath, ["--no-warnings", await bundle(program), "0"], {
        env: environment,
        stdio: ["ignore", "pipe", "inherit"]
      })
      const output = child.stdout.setEncoding("utf8")
      const [listening] = (await once(output, "data")) as [string]
      const rest = text(output)
      const port = Number(/\d+/.exec(listening)?.[0])

      const socket = connectTo(port)
      socket.write("POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\nExpect: 100-continue\r\n\r\n")
      // The server has the head of the request once it asks for the body.
      const [asked] = (await once(socket.setEncoding("latin1"), "data")) as [string]
      assert.include(asked, "100 Continue")
      const answer = text(socket)
      child.kill("SIGTERM")
      // It no longer listens, at the latest when it has closed the port.
      await repeat(async () => {
        const next = connectTo(port)
        const isListening = await once(next, "connect").then(
          () => true,
          () => false
        )
        next.destroy()
        return isListening
      })
      socket.write('{"item":"paper"}')
      assert.match(await answer, /^HTTP\/1.1 202 [^]*\r\nconnection: close\r\n/i)
      const [code] = await once(child, "close")
      assert.deepStrictEqual([code, await rest], [0, "stopped, 1 in the queue\n"])
    }
  )
})
