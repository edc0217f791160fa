/** Checks of the queues: messages that wait, failed or fill a quota. */
import { Health, MessageClass, MessageQueue, type MsmqError, QueueManager } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Effect, Stream } from "effect"
import { bytes, counted, time } from "../amounts.ts"
import { type DeadLetterQueue, deadLetterQueues, sumUp } from "../deadLetters.ts"
import { shortName } from "../shortName.ts"
import type { Finding, QueuingCheck } from "./Check.ts"
import { ok, unlessDenied, warning } from "./Check.ts"

/** Share of a quota from which on a queue counts as nearly full. */
const nearlyFull = 0.8

/** Number of messages in a journal from which on it counts as forgotten. */
const manyInJournal = 10_000

/** Age of the first message from which on a queue counts as one that nobody reads. */
const longUnread = "1 day"

/** Most dead letters that are looked at, so that the check ends in time. */
const mostLetters = 10_000

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
  sumUp(queue, noLetters, mostLetters, ({ classes, count, oldest }, letter): Letters => {
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
        `${queue.name} has ${count === mostLetters ? "at least " : ""}${counted(count, "message")}, the oldest of ${time(oldest)}: ${reasons}`,
        `effect-msmq peek ${queue.transactional ? "DEADXACT" : "DEADLETTER"} shows them; effect-msmq redrive sends them again.`
      )
    }),
    unlessDenied(`the messages of ${queue.name}`)
  )

const privateQueues = Stream.runCollect(QueueManager.queues({ kind: "private" }))

/** Returns the share of a quota, which is in KiB, that bytes have used; 0 without a quota. */
const shareOf = (used: number, quota: number | undefined): number =>
  quota === undefined ? 0 : quota === 0 ? Number(used > 0) : used / (quota * 1024)

/** Returns the parts of a queue that are nearly full; `null` for a queue that this user may not ask for its quotas. */
const nearlyFullPartsOf = ({
  bytesInJournal,
  bytesInQueue,
  formatName,
  name
}: QueueManager.ListedQueue): Effect.Effect<ReadonlyArray<string> | null, MsmqError.MsmqError, Mqrt> =>
  MessageQueue.properties(formatName).pipe(
    Effect.map(({ journalQuota, quota }) =>
      [
        { part: shortName(name), used: bytesInQueue, share: shareOf(bytesInQueue, quota) },
        { part: `${shortName(name)};journal`, used: bytesInJournal, share: shareOf(bytesInJournal, journalQuota) }
      ].flatMap(({ part, share, used }) => (share >= nearlyFull ? [`${part} (${bytes(used)})`] : []))
    ),
    Effect.catchReasons("MsmqError", {
      AccessDenied: () => Effect.succeed(null),
      // Deleted meanwhile.
      QueueNotFound: () => Effect.succeed([])
    })
  )

/** Returns `true` if the first message of a queue is old. A queue that this user may not open, or another one has for itself, is not. */
const isUnread = ({ formatName }: QueueManager.ListedQueue): Effect.Effect<boolean, MsmqError.MsmqError, Mqrt> =>
  Effect.map(Health.check({ queues: [{ queue: formatName, maximumAge: longUnread }] }), ({ checks }) =>
    checks.some(({ healthy, name, value }) => name === "age" && !healthy && value !== undefined)
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
      const used = (yield* privateQueues).filter((queue) => queue.bytesInQueue > 0 || queue.bytesInJournal > 0)
      const parts = yield* Effect.forEach(used, nearlyFullPartsOf)
      const full = parts.flatMap((part) => part ?? [])
      const unknown = used.filter((_, index) => parts[index] === null).map(({ name }) => shortName(name))
      if (full.length > 0) {
        return warning(
          `nearly full: ${list(full)}`,
          "A full queue refuses messages, which are lost or become dead letters: receive from it, or raise its quota with MessageQueue.setProperties."
        )
      }
      return unknown.length === 0
        ? ok("no private queue and no journal has used 80 % of its quota")
        : warning(
            `this user may not read the quotas of ${list(unknown)}; the others have room`,
            "Run the command as an administrator, or as the account that owns them."
          )
    }).pipe(unlessDenied("the private queues"))
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
    }).pipe(unlessDenied("the private queues"))
  },
  {
    id: "unread",
    needs: ["service"],
    run: Effect.gen(function* () {
      const queues = (yield* privateQueues).filter(({ messageCount }) => messageCount > 0)
      const unread = yield* Effect.filter(queues, isUnread, { concurrency: 4 })
      return unread.length === 0
        ? ok("no private queue has messages that nobody has received for a day")
        : warning(
            `messages that nobody has received for a day: ${list(unread.map(({ messageCount, name }) => `${shortName(name)} (${counted(messageCount, "message")})`))}`,
            "Look whether the programs that receive from these queues run and keep up."
          )
    }).pipe(unlessDenied("the private queues"))
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
    }).pipe(unlessDenied("the outgoing queues"))
  }
]
