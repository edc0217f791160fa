/** Runs a room in a process of its own: what other rooms compiled, opened or kept is not in it. */
import { Schema } from "effect"
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

/** Measures figures of a room, and calls back with each. A figure that the process did not live to measure is unmeasured. */
export const runRoom = async (
  room: Room,
  limits: Limits,
  order: Order,
  onFigure: (figure: Figure) => void
): Promise<ReadonlyArray<Figure>> => {
  const judge = new Judge(room.name, limits, order.slack)
  const figures: Array<Figure> = []
  const add = (figure: Figure) => {
    figures.push(figure)
    onFigure(figure)
  }
  const child = fork(program, [JSON.stringify(order)], { execArgv: ["--expose-gc"], stdio: ["ignore", 2, 2, "ipc"] })
  child.on("message", (message) => add(decode(message)))
  // The last figure may come after the exit, and not after the end of the channel.
  const [[code, signal]] = await Promise.all([once(child, "exit"), once(child, "disconnect")])
  for (const plan of room.plans) {
    if (!order.figures.includes(plan.name) || figures.some(({ name }) => name === plan.name)) continue
    add(judge.unmeasured(plan, `its process ended with ${signal ?? `code ${code}`}`))
  }
  return figures
}
