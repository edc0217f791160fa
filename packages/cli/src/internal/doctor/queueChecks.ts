/** Checks of the queues: messages that wait, failed or fill a quota. */
import { MessageClass, MessageQueue, type MsmqError, QueueManager } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Effect, Stream } from "effect"
import { bytes, counted, time } from "../amounts.ts"
import { type DeadLetterQueue, deadLetterQueues, sumUp } from "../deadLetters.ts"
import { shortName } from "../shortName.ts"
import type { Finding, QueuingCheck } from "./Check.ts"
import { ok, warning } from "./Check.ts"

/** Share of a quota from which on a queue counts as nearly full. */
const nearlyFull = 0.8

/** Number of messages in a journal from which on it counts as forgotten. */
const manyInJournal = 10_000

/** Most queues that a finding names. */
const mostNamed = 5

/** Returns names for a sentence, the first ones of many. */
const list = (names: ReadonlyArray<string>): string => {
  const named = names.slice(0, mostNamed).join(", ")
  return names.length > mostNamed ? `${named} and ${names.length - mostNamed} more` : named
}

interface Letters {
  readonly count: number
  readonly oldest: Date | undefined
  /** Numbers of messages by the names of their classes, which tell why they are there. */
  readonly classes: ReadonlyMap<string, number>
}

const noLetters: Letters = { count: 0, oldest: undefined, classes: new Map() }

const deadLettersIn = (queue: DeadLetterQueue): Effect.Effect<Finding, MsmqError.MsmqError, Mqrt> =>
  sumUp(queue, noLetters, ({ classes, count, oldest }, letter): Letters => {
    const name = MessageClass.nameOf(letter.class) ?? MessageClass.format(letter.class)
    return {
      count: count + 1,
      oldest: oldest !== undefined && oldest < letter.arrivedTime ? oldest : letter.arrivedTime,
      classes: new Map(classes).set(name, (classes.get(name) ?? 0) + 1)
    }
  }).pipe(
    Effect.map(({ classes, count, oldest }) => {
      if (oldest === undefined) return ok(`${queue.name} is empty`)
      const reasons = [...classes].map(([name, number]) => `${name} ${number}`).join(", ")
      return warning(
        `${queue.name} has ${counted(count, "message")}, the oldest of ${time(oldest)}: ${reasons}`,
        `effect-msmq peek ${queue.transactional ? "DEADXACT" : "DEADLETTER"} shows them; effect-msmq redrive sends them again.`
      )
    }),
    Effect.catchReason("MsmqError", "AccessDenied", () =>
      Effect.succeed(warning(`this user may not look into ${queue.name}`, "Run the command as an administrator."))
    )
  )

const privateQueues = Stream.runCollect(QueueManager.queues({ kind: "private" }))

/** Returns the share of its quota that a queue has used; 0 where it has none, or may not be asked. */
const shareOf = ({ bytesInQueue, formatName }: QueueManager.ListedQueue): Effect.Effect<number, never, Mqrt> =>
  MessageQueue.properties(formatName).pipe(
    // The quota is in KiB.
    Effect.map(({ quota }) =>
      quota === undefined ? 0 : quota === 0 ? Number(bytesInQueue > 0) : bytesInQueue / (quota * 1024)
    ),
    Effect.orElseSucceed(() => 0)
  )

export const queueChecks: ReadonlyArray<QueuingCheck> = [
  ...deadLetterQueues.map((queue): QueuingCheck => ({
    id: queue.transactional ? "transactionalDeadLetters" : "deadLetters",
    needs: ["service"],
    run: deadLettersIn(queue)
  })),
  {
    id: "quotas",
    needs: ["service"],
    run: Effect.gen(function* () {
      const queues = (yield* privateQueues).filter(({ bytesInQueue }) => bytesInQueue > 0)
      const shares = yield* Effect.forEach(queues, shareOf)
      const full = queues.filter((_, index) => (shares[index] ?? 0) >= nearlyFull)
      return full.length === 0
        ? ok("no private queue has used 80 % of its quota")
        : warning(
            `nearly full: ${list(full.map(({ bytesInQueue, name }) => `${shortName(name)} (${bytes(bytesInQueue)})`))}`,
            "A full queue refuses messages, which are lost or become dead letters: receive from it, or raise its quota with MessageQueue.setProperties."
          )
    })
  },
  {
    id: "journals",
    needs: ["service"],
    run: Effect.map(privateQueues, (queues) => {
      const large = queues.filter(({ journalMessageCount }) => journalMessageCount >= manyInJournal)
      return large.length === 0
        ? ok(`no journal of a private queue has ${counted(manyInJournal, "message")}`)
        : warning(
            `journals that nobody empties: ${list(large.map(({ journalMessageCount, name }) => `${shortName(name)} (${counted(journalMessageCount, "message")})`))}`,
            "They fill the machine's quota: empty them with effect-msmq purge 'QUEUE;journal', or set journal to false."
          )
    })
  },
  {
    id: "outgoing",
    needs: ["service"],
    run: Effect.map(Stream.runCollect(QueueManager.queues({ kind: "outgoing" })), (queues) => {
      const waiting = queues.filter(({ messageCount, state }) => messageCount > 0 && state !== "CONNECTED")
      return waiting.length === 0
        ? ok("no message waits for another machine")
        : warning(
            `messages wait for other machines: ${list(waiting.map(({ messageCount, name, state }) => `${shortName(name)} (${counted(messageCount, "message")}, ${state.toLowerCase()})`))}`,
            "Look whether the machine is on, its name is right, and TCP 1801 of it can be reached."
          )
    })
  }
]
