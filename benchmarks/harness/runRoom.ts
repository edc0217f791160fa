/** Runs a room in a process of its own: what other rooms compiled, opened or kept is not in it. */
import { Effect, Schema } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Limits } from "../limits.ts"
import { Figure } from "./Figure.ts"
import { Judge } from "./judge.ts"
import type { Order } from "./Order.ts"
import type { Room } from "./Room.ts"

const program = fileURLToPath(new URL("measureRoom.ts", import.meta.url))
const decode = Schema.decodeUnknownSync(Figure)

const run = async (
  room: Room,
  limits: Limits,
  order: Order,
  onFigure: (figure: Figure) => void,
  signal: AbortSignal
): Promise<ReadonlyArray<Figure>> => {
  const judge = new Judge(room.name, limits, order.slack)
  const figures: Array<Figure> = []
  const add = (figure: Figure) => {
    figures.push(figure)
    onFigure(figure)
  }
  const child = fork(program, [JSON.stringify(order)], {
    execArgv: ["--expose-gc", ...(room.flags ?? [])],
    stdio: ["ignore", 2, 2, "ipc"]
  })
  signal.addEventListener("abort", () => child.kill())
  child.on("message", (message) => add(decode(message)))
  // The last figure may come after the exit, and not after the end of the channel.
  const [[code, killedBy]] = await Promise.all([once(child, "exit"), once(child, "disconnect")])
  for (const plan of room.plans) {
    if (!order.figures.includes(plan.name) || figures.some(({ name }) => name === plan.name)) continue
    add(judge.unmeasured(plan, `its process ended with ${killedBy ?? `code ${code}`}`))
  }
  return figures
}

/**
 * Measures figures of a room, and calls back with each. A figure that the process did not live to measure is unmeasured. An
 * interruption kills the process, and waits until it has ended.
 */
export const runRoom = (
  room: Room,
  limits: Limits,
  order: Order,
  onFigure: (figure: Figure) => void
): Effect.Effect<ReadonlyArray<Figure>> =>
  Effect.callback((resume, signal) => {
    const running = run(room, limits, order, onFigure, signal)
    running.then(
      (figures) => resume(Effect.succeed(figures)),
      (error: unknown) => resume(Effect.die(error))
    )
    return Effect.promise(() => running)
  })
