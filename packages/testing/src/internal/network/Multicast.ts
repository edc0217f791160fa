import * as ArrivalRules from "../arrival/ArrivalRules.ts"
import { enter } from "../arrival/Incoming.ts"
import type { Steps } from "../facts/Steps.ts"
import type { Queue } from "../queue/Queue.ts"
import type { NetworkMachine, Target } from "./NetworkMachine.ts"

/** A network, as multicasts see it. */
interface MulticastNetwork<Machine> {
  readonly machines: ReadonlyArray<Machine>
  readonly target: (formatName: string) => Target<Machine>
  readonly session: (from: Machine, to: Machine) => { readonly isOpen: boolean } | undefined
}

/**
 * Sends the messages of a machine that wait for multicast addresses to every queue with the address, on each machine that can
 * be reached now. Machines that cannot be reached get none of them later.
 */
export const multicast = function* <Machine extends NetworkMachine>(
  network: MulticastNetwork<Machine>,
  machine: Machine,
  now: number
): Steps {
  if (!machine.running || !machine.connected) return
  for (const queue of machine.queues.outgoing) {
    const target = network.target(queue.formatName)
    if (queue.tree.paused || target === undefined || !("multicastAddress" in target)) continue
    for (let packet = queue.first(now); packet !== undefined; packet = queue.first(now)) {
      queue.remove(packet)
      for (const listener of listeners(network, machine, target.multicastAddress)) {
        const arrival = packet.transfer({ version: machine.version, report: null })
        enter(listener.machine, listener.queue, arrival, ArrivalRules.check(listener.queue, arrival.envelope, now), now)
      }
      yield
    }
  }
}

interface Listener {
  readonly machine: NetworkMachine
  readonly queue: Queue
}

const listeners = <Machine extends NetworkMachine>(
  network: MulticastNetwork<Machine>,
  machine: Machine,
  address: string
): ReadonlyArray<Listener> =>
  network.machines
    .filter((other) => other === machine || network.session(machine, other)?.isOpen === true)
    .flatMap((other) =>
      other.queues.own
        .filter(({ properties }) => properties.multicastAddress === address)
        .map((queue) => ({ machine: other, queue }))
    )
