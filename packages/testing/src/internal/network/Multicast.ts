import { enter } from "../arrival/Incoming.ts"
import type { Machine } from "../machine/Machine.ts"

/**
 * Sends what waits for multicast addresses to every queue that listens on them, on each machine that can be reached now.
 * Nothing is kept for those that cannot.
 */
export const cast = (machine: Machine, now: number): void => {
  if (!machine.running || !machine.connected) return
  for (const queue of machine.queues.outgoing) {
    const target = machine.network.target(queue.formatName)
    if (queue.family.paused || target === undefined || !("multicastAddress" in target)) continue
    for (let packet = queue.first(now); packet !== undefined; packet = queue.first(now)) {
      queue.remove(packet)
      for (const listener of listeners(machine, target.multicastAddress)) {
        enter(listener.machine, listener.queue, packet.transferred({ machine, queue, kept: null }), now)
      }
    }
  }
}

const listeners = (machine: Machine, address: string) =>
  machine.network.machines
    .filter((other) => other === machine || machine.network.session(machine, other)?.isOpen === true)
    .flatMap((other) =>
      other.queues.own
        .filter(({ properties }) => properties.multicastAddress === address)
        .map((queue) => ({ machine: other, queue }))
    )
