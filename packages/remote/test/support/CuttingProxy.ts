/** Proxy between a client and a gateway, which cuts connections, or lets nothing through any more. */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net"

/** Side that a connection lets nothing come from. */
export type Silent = "client" | "gateway"

/** End of a connection: after a number of bytes that came from one of its sides. */
export interface Cut {
  readonly from: Silent
  readonly bytes: number
}

/** Proxy in front of a gateway. */
export class CuttingProxy {
  /** Number of connections that were cut after the number of bytes that they had. */
  cuts = 0
  /** Number of connections that were made. */
  connections = 0
  readonly #server: Server
  #target: URL
  readonly #next: () => Cut
  readonly #sockets = new Set<Socket>()
  readonly #silent = new Set<Silent>()

  /** `next`: returns where the next connection is cut; after `Infinity` bytes: never. */
  constructor(target: string, next: () => Cut) {
    this.#target = new URL(target)
    this.#next = next
    this.#server = createServer((client) => this.#connect(client))
  }

  /** Makes a proxy, which ends with the scope. */
  static make(
    target: string,
    next: () => Cut = () => ({ from: "client", bytes: Infinity })
  ): Effect.Effect<CuttingProxy, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.promise(async () => {
        const proxy = new CuttingProxy(target, next)
        proxy.#server.listen(0, "127.0.0.1")
        await once(proxy.#server, "listening")
        return proxy
      }),
      (proxy) =>
        Effect.promise(async () => {
          proxy.cutAll()
          const closed = once(proxy.#server, "close")
          proxy.#server.close()
          await closed
        })
    )
  }

  /** Address for clients. */
  get url(): string {
    return `${this.#target.protocol}//127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Cuts all connections that there are. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Brings the next connections to another gateway. */
  turnTo(target: string): void {
    this.#target = new URL(target)
  }

  /** Lets nothing come from some sides any more, without a cut: what they say stays on its way. */
  silence(...sides: ReadonlyArray<Silent>): void {
    for (const side of sides) this.#silent.add(side)
  }

  /** Lets everything through again. */
  hear(): void {
    this.#silent.clear()
    for (const socket of this.#sockets) socket.resume()
  }

  #connect(client: Socket): void {
    this.connections++
    const gateway = createConnection(Number(this.#target.port), this.#target.hostname)
    const cut = this.#next()
    let left = cut.bytes
    const ends: ReadonlyArray<readonly [Silent, Socket, Socket]> = [
      ["client", client, gateway],
      ["gateway", gateway, client]
    ]
    for (const [side, from, to] of ends) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on("error", () => {})
      from.on("close", () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.on("data", (data: Buffer) => {
        if (this.#silent.has(side)) {
          from.pause()
          from.unshift(data)
          return
        }
        if (side !== cut.from || data.length < left) {
          if (side === cut.from) left -= data.length
          to.write(data)
          return
        }
        // A part of the last frame arrives.
        to.write(data.subarray(0, left), () => to.resetAndDestroy())
        if (left > 0) this.cuts++
        left = 0
        from.resetAndDestroy()
      })
    }
  }
}
