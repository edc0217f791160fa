/** Uses of each kind of name. */
import * as Match from "effect/Match"
import type { FormatName, NameUse } from "./formatNameKinds.ts"
import type { PathName } from "./pathNameKinds.ts"
import { isUrl } from "./nameAddresses.ts"

const uses = {
  // A private queue can only be created on its own computer, but only the queue manager knows that computer's names.
  queuePath: ["create"],
  subqueuePath: [],
  systemQueuePath: [],
  direct: ["send", "receive", "move", "responseQueue", "adminQueue"],
  url: ["send", "responseQueue", "adminQueue"],
  byGuid: ["send", "receive", "move", "responseQueue", "adminQueue", "delete"],
  journal: ["receive"],
  subqueue: ["receive", "move"],
  systemQueue: ["receive"],
  // Elements of a list are opened for sending one by one (B-18), and a connector may be one.
  connector: ["send", "receive"],
  // A message for many queues carries lists of administration queues in its header, and a distribution list may be in
  // one, but a multicast address has no form there (B-27, B-28).
  distributionList: ["send", "responseQueue", "adminQueue"],
  multiple: ["send", "responseQueue", "adminQueue"],
  multicast: ["send", "responseQueue"]
} as const satisfies Record<string, ReadonlyArray<NameUse>>

type Rows = ReadonlyArray<keyof typeof uses>

/** Returns the rows of a name. It allows the uses that all of them allow. */
const rowsOf: (name: FormatName | PathName) => Rows = Match.type<FormatName | PathName>().pipe(
  Match.tagsExhaustive({
    QueuePath: (name): Rows => [name.subqueue === null ? "queuePath" : "subqueuePath"],
    SystemQueuePath: (): Rows => ["systemQueuePath"],
    Direct: (name): Rows => [
      isUrl(name.protocol) ? "url" : "direct",
      ...(name.journal ? (["journal"] as const) : []),
      ...(name.subqueue === null ? [] : (["subqueue"] as const))
    ],
    DirectSystem: (name): Rows => [isUrl(name.protocol) ? "url" : "direct", "systemQueue"],
    Public: (name): Rows => (name.journal ? ["byGuid", "journal"] : ["byGuid"]),
    Private: (name): Rows => (name.journal ? ["byGuid", "journal"] : ["byGuid"]),
    DistributionList: (): Rows => ["distributionList"],
    Machine: (): Rows => ["systemQueue"],
    Connector: (): Rows => ["connector"],
    Multicast: (): Rows => ["multicast"],
    Multiple: (): Rows => ["multiple"]
  })
)

export const permits = (name: FormatName | PathName, use: NameUse): boolean =>
  rowsOf(name).every((row) => (uses[row] as ReadonlyArray<NameUse>).includes(use))
