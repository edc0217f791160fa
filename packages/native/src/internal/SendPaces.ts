import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { Pace } from "./Pace.ts"
import { RecentEntries } from "./RecentEntries.ts"

/** A send that is encrypted asks the directory for the key of the receiver's machine, the first time. */
const encrypts = ({ privacyLevel }: SendParameters): boolean => privacyLevel !== "none"

/** A send that is signed without a context fetches the user's certificate and key, the first time. */
const fetchesKeys = ({ authenticationLevel, securityContext }: SendParameters): boolean =>
  authenticationLevel !== "none" && securityContext === null

/** The times that sends to one queue take. */
export class SendPaces {
  /** One for each kind of send, since the first of each may take long. */
  readonly #paces: Array<Pace | undefined> = []

  /** Returns the pace of sends with such options. */
  of(options: SendParameters): Pace {
    const kind = Number(encrypts(options)) + 2 * Number(fetchesKeys(options))
    return (this.#paces[kind] ??= new Pace(kind > 0))
  }
}

/** Most queues whose paces are kept, the last opened ones. */
const most = 256

/**
 * The paces of the queues that were opened last, by format name: a program that opens a queue for each message is kept
 * waiting by a slow send once, and not once for each handle.
 */
export class RecentPaces {
  readonly #paces = new RecentEntries<SendPaces>(most)

  /** Returns the paces of a queue that is opened. */
  of(formatName: string): SendPaces {
    const paces = this.#paces.get(formatName) ?? new SendPaces()
    this.#paces.set(formatName, paces)
    return paces
  }
}
