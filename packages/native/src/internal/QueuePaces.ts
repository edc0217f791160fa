import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { Pace } from "./Pace.ts"
import { RecentEntries } from "./RecentEntries.ts"

/** Returns `true` for a send that asks the directory for the key of the receiver's machine, the first time. */
const encrypts = ({ privacyLevel }: SendParameters): boolean => privacyLevel !== "none"

/** Returns `true` for a send that fetches the user's certificate and key, the first time. */
const fetchesKeys = ({ authenticationLevel, securityContext }: SendParameters): boolean =>
  authenticationLevel !== "none" && securityContext === null

/** Paces of the sends to one queue. */
export class SendPaces {
  /** One for each kind of send, since the first of each may take long. */
  readonly #paces: Array<Pace | undefined> = []

  /** Returns the pace of sends with such options. */
  of(options: SendParameters): Pace {
    const kind = Number(encrypts(options)) + 2 * Number(fetchesKeys(options))
    return (this.#paces[kind] ??= new Pace(kind > 0))
  }
}

/** Paces of the receives from one queue, by function. */
export class ReceivePaces {
  /** Pace of receives and peeks. */
  readonly receive: Pace
  /** Pace of receives and peeks by lookup id. */
  readonly lookup: Pace

  /** `before`: paces of the queue when it was open before. A function that was slow then is expected to be slow now. */
  constructor(expectsSlow: boolean, before?: ReceivePaces) {
    this.receive = before?.receive.isSlow === true ? before.receive : new Pace(expectsSlow)
    this.lookup = before?.lookup.isSlow === true ? before.lookup : new Pace(expectsSlow)
  }
}

/** Most queues whose paces are kept. */
const most = 256

/**
 * Paces of the queues that were opened last: a program that opens a queue for each message is kept waiting by a slow call
 * once, and not once for each handle.
 */
export class RecentPaces<Paces> extends RecentEntries<Paces> {
  constructor() {
    super(most)
  }
}
