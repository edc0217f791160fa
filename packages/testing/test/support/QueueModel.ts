/**
 * Model of a queue with a subqueue, in the plainest way: one unsorted array of messages that is searched from end to end. It
 * is slow, and a reader can see that it is right.
 */
import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { LookupAction, ReceiveAction } from "@effect-msmq/core/mqrt/MessageProperties"

export type Where = "queue" | "subqueue"

/** Outcome of a call: `done`, the message that it returns, or the error that it fails with. */
export type Outcome = string

export const shows = (message: {
  readonly appSpecific: number
  readonly abortCount: number
  readonly moveCount: number
}): Outcome => `message ${message.appSpecific}, aborted ${message.abortCount}, moved ${message.moveCount}`

export interface Message {
  /** Number of the message among all that were ever sent. */
  readonly appSpecific: number
  /** Key of the order of the queue: by priority, then by arrival. */
  readonly place: number
  /** End of its time to be received. */
  readonly deadline: number
  readonly where: Where
  state: "arriving" | "available" | "locked"
  allowsPeek: boolean
  purged: boolean
  abortCount: number
  readonly moveCount: number
}

interface Operation {
  readonly does: "send" | "receive" | "move"
  readonly message: Message
}

export interface Transaction {
  isOpen: boolean
  /** Time to be received of its first message, which holds for all. */
  seconds: number | null | undefined
  readonly operations: Array<Operation>
}

export interface Handle {
  readonly where: Where
  isOpen: boolean
}

export interface Cursor {
  readonly handle: Handle
  isOpen: boolean
  place: number
  onMessage: boolean
}

export type Argument = Transaction | "none" | "singleMessage"

interface Request {
  readonly handle: Handle
  readonly action: ReceiveAction | LookupAction
  readonly cursor: Cursor | null
  readonly transaction: Argument
}

export interface Waiter extends Request {
  readonly until: number
  /** Message that came for it, before its fiber has run. */
  message: Message | undefined
  outcome: Outcome | undefined
}

const peeks = (action: string): boolean => action.startsWith("peek")

export class QueueModel {
  readonly transactional: boolean
  now: number
  messages: Array<Message> = []
  waiters: Array<Waiter> = []
  /** Waiters that a message has come for, in the order in which they will run. */
  served: Array<Waiter> = []
  /** Place that each message ever sent has or had. */
  readonly #places: Array<number> = []
  /** Number of messages received for good. */
  journal = 0

  constructor(transactional: boolean, now: number) {
    this.transactional = transactional
    this.now = now
  }

  get sent(): number {
    return this.#places.length
  }

  placeOf(appSpecific: number): number {
    return this.#places[appSpecific] ?? Number.NaN
  }

  send(priority: number, seconds: number | null, transaction: Argument): Outcome {
    const appSpecific = this.sent
    const place = (transaction === "none" ? 7 - priority : 7) * 1_000_000 + appSpecific
    this.#places.push(place)
    if (typeof transaction !== "string") {
      if (!transaction.isOpen) return "MQ_ERROR_TRANSACTION_SEQUENCE"
      if (transaction.seconds === undefined) transaction.seconds = seconds
    }
    const limit = typeof transaction === "string" ? seconds : (transaction.seconds ?? null)
    const message: Message = {
      appSpecific,
      place,
      deadline: limit === null ? Number.POSITIVE_INFINITY : this.now + limit * 1000,
      where: "queue",
      state: "arriving",
      allowsPeek: false,
      purged: false,
      abortCount: 0,
      moveCount: 0
    }
    // A message that does not suit the queue is accepted, and then refused on arrival.
    if (typeof transaction !== "string") {
      this.messages.push(message)
      transaction.operations.push({ does: "send", message })
    } else if ((transaction === "singleMessage") === this.transactional) {
      this.messages.push(message)
      // A receive that waits already can get a message whose time is over at once.
      this.#offer(message, true)
    }
    return "done"
  }

  receive(request: Request): Outcome {
    const found = this.#meets(request)
    if (typeof found === "string") return found
    if (found !== undefined) return this.#handOver(request, found)
    if (request.cursor !== null) request.cursor.onMessage = false
    return "MQ_ERROR_IO_TIMEOUT"
  }

  /** Begins a receive that waits for a number of milliseconds. */
  wait(request: Request, milliseconds: number): Waiter {
    const waiter: Waiter = { ...request, until: this.now + milliseconds, message: undefined, outcome: undefined }
    const found = this.#meets(request)
    if (typeof found === "string") waiter.outcome = found
    else if (found !== undefined) waiter.outcome = this.#handOver(request, found)
    else this.waiters.push(waiter)
    return waiter
  }

  lookup(request: Request & { readonly action: LookupAction }, place: number): Outcome {
    const refused = this.#refusal(request)
    if (refused !== undefined) return refused
    const { action, handle } = request
    const anchor = this.all(handle.where).find((message) => message.place === place && this.isThere(message))
    const visible = this.visible(handle.where, peeks(action))
    if (action.endsWith("First") || action.endsWith("Last")) {
      if (place !== 0) return "MQ_ERROR_INVALID_PARAMETER"
      return this.#found(request, visible.at(action.endsWith("First") ? 0 : -1))
    }
    if (anchor === undefined) return "MQ_ERROR_MESSAGE_NOT_FOUND"
    if (action.endsWith("Next"))
      return this.#found(
        request,
        visible.find((message) => message.place > place)
      )
    if (action.endsWith("Previous"))
      return this.#found(
        request,
        visible.findLast((message) => message.place < place)
      )
    return visible.includes(anchor) ? this.#handOver(request, anchor) : "MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION"
  }

  move(handle: Handle, to: Where, place: number, transaction: Argument): Outcome {
    if (!handle.isOpen) return "MQ_ERROR_INVALID_HANDLE"
    if (handle.where === to) return "MQ_ERROR_INVALID_PARAMETER"
    if (transaction !== "none" && !this.transactional) return "MQ_ERROR_TRANSACTION_USAGE"
    if (typeof transaction !== "string" && !transaction.isOpen) return "MQ_ERROR_TRANSACTION_SEQUENCE"
    const message = this.all(handle.where).find((one) => one.place === place && this.isThere(one))
    if (message === undefined) return "MQ_ERROR_MESSAGE_NOT_FOUND"
    if (message.state !== "available") return "MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION"
    if (typeof transaction === "string") this.#relocate(message)
    else {
      message.state = "locked"
      transaction.operations.push({ does: "move", message })
    }
    return "done"
  }

  begin(): Transaction {
    return { isOpen: true, seconds: undefined, operations: [] }
  }

  commit(transaction: Transaction): Outcome {
    if (!this.#end(transaction)) return "MQ_ERROR_TRANSACTION_SEQUENCE"
    for (const { does, message } of transaction.operations) {
      if (does === "receive") this.#take(message)
      else if (does === "send" ? !this.transactional : message.purged) this.#remove(message)
      else if (does === "send") this.#offer(message)
      else this.#relocate(message)
    }
    return "done"
  }

  abort(transaction: Transaction): Outcome {
    if (!this.#end(transaction)) return "MQ_ERROR_TRANSACTION_SEQUENCE"
    for (const { does, message } of transaction.operations) {
      if (does === "send") this.#remove(message)
      else {
        message.abortCount++
        this.#release(message)
      }
    }
    return "done"
  }

  purge(handle: Handle): Outcome {
    if (!handle.isOpen) return "MQ_ERROR_INVALID_HANDLE"
    for (const message of this.all(handle.where)) {
      if (message.state === "available") this.#remove(message)
      if (message.state === "locked") message.purged = true
    }
    return "done"
  }

  /** Closes a handle, with its cursors, and ends the receives that wait on it. */
  close(handle: Handle): Outcome {
    if (!handle.isOpen) return "MQ_ERROR_INVALID_HANDLE"
    handle.isOpen = false
    this.#fail((waiter) => waiter.handle === handle, "MQ_ERROR_OPERATION_CANCELLED")
    return "done"
  }

  closeCursor(cursor: Cursor): Outcome {
    if (!isUsable(cursor)) return "MQ_ERROR_INVALID_HANDLE"
    cursor.isOpen = false
    return "done"
  }

  interrupt(waiter: Waiter): void {
    this.waiters = this.waiters.filter((one) => one !== waiter)
    if (!this.served.includes(waiter)) return
    this.served = this.served.filter((one) => one !== waiter)
    if (waiter.message !== undefined && !peeks(waiter.action)) this.#release(waiter.message)
  }

  /** Runs the waiters that a message has come for. */
  run(): void {
    for (let waiter = this.served.shift(); waiter !== undefined; waiter = this.served.shift()) {
      const { action, message, transaction } = waiter
      if (message === undefined) continue
      if (typeof transaction === "string" || transaction.isOpen) waiter.outcome = this.#handOver(waiter, message)
      else {
        waiter.outcome = "MQ_ERROR_TRANSACTION_SEQUENCE"
        if (!peeks(action)) this.#release(message)
      }
    }
  }

  /** Lets time pass, after all has run that can run now. */
  pass(milliseconds: number): void {
    this.run()
    this.now += milliseconds
    for (const { cursor } of this.#fail((waiter) => waiter.until <= this.now, "MQ_ERROR_IO_TIMEOUT")) {
      if (cursor !== null) cursor.onMessage = false
    }
  }

  /** Returns all messages of a queue in order, whatever their state. */
  all(where: Where): ReadonlyArray<Message> {
    return this.messages.filter((message) => message.where === where).toSorted((a, b) => a.place - b.place)
  }

  visible(where: Where, peeking: boolean): ReadonlyArray<Message> {
    return this.all(where).filter((message) => this.#isVisible(message, peeking))
  }

  /** Tells whether a message counts among those of its queue. */
  isThere(message: Message): boolean {
    return message.state === "locked" || this.#isVisible(message, false)
  }

  #isVisible({ allowsPeek, deadline, state }: Message, peeking: boolean): boolean {
    return (state === "available" || (peeking && state === "locked" && allowsPeek)) && this.now < deadline
  }

  #refusal({ action, cursor, handle, transaction }: Request): Outcome | undefined {
    if (!handle.isOpen) return "MQ_ERROR_INVALID_HANDLE"
    if (cursor !== null && (!isUsable(cursor) || cursor.handle !== handle)) return "MQ_ERROR_INVALID_HANDLE"
    if (transaction === "none") return undefined
    if (peeks(action) || !this.transactional) return "MQ_ERROR_TRANSACTION_USAGE"
    return transaction === "singleMessage" || transaction.isOpen ? undefined : "MQ_ERROR_TRANSACTION_SEQUENCE"
  }

  /** Returns the outcome of a receive without waiting. */
  #meets(request: Request): Message | undefined | Outcome {
    const refused = this.#refusal(request)
    if (refused !== undefined) return refused
    const { action, cursor, handle } = request
    const visible = this.visible(handle.where, peeks(action))
    if (cursor === null) return action === "peekNext" ? "MQ_ERROR_ILLEGAL_CURSOR_ACTION" : visible[0]
    if (action === "peekNext" && !cursor.onMessage) return "MQ_ERROR_ILLEGAL_CURSOR_ACTION"
    if (action === "peekNext" || !cursor.onMessage) return visible.find((message) => message.place > cursor.place)
    return visible.find((message) => message.place === cursor.place) ?? "MQ_ERROR_MESSAGE_ALREADY_RECEIVED"
  }

  #found(request: Request, message: Message | undefined): Outcome {
    return message === undefined ? "MQ_ERROR_MESSAGE_NOT_FOUND" : this.#handOver(request, message)
  }

  #handOver({ action, cursor, transaction }: Request, message: Message): Outcome {
    const outcome = shows(message)
    if (cursor !== null) {
      cursor.place = message.place
      cursor.onMessage = peeks(action)
    }
    if (peeks(action)) return outcome
    if (typeof transaction === "string") this.#take(message)
    else {
      message.state = "locked"
      message.allowsPeek = action === "receiveAllowPeek"
      transaction.operations.push({ does: "receive", message })
    }
    return outcome
  }

  #take(message: Message): void {
    this.#remove(message)
    this.journal++
  }

  #remove(message: Message): void {
    this.messages = this.messages.filter((one) => one !== message)
  }

  #release(message: Message): void {
    message.allowsPeek = false
    if (message.purged) this.#remove(message)
    else this.#offer(message)
  }

  #relocate(message: Message): void {
    this.#remove(message)
    const where = message.where === "queue" ? "subqueue" : "queue"
    const moved: Message = { ...message, where, abortCount: 0, moveCount: message.moveCount + 1, state: "arriving" }
    this.messages.push(moved)
    this.#offer(moved)
  }

  /** Offers a message to the waiters, in the order in which they came, until one takes it. */
  #offer(message: Message, isNew = false): void {
    message.state = "available"
    for (const waiter of this.waiters) {
      if (message.state !== "available" || waiter.handle.where !== message.where) continue
      if (!isNew && this.now >= message.deadline) return
      waiter.message = message
      this.served.push(waiter)
      if (!peeks(waiter.action)) message.state = "locked"
    }
    this.waiters = this.waiters.filter((waiter) => waiter.message === undefined)
  }

  #end(transaction: Transaction): boolean {
    if (!transaction.isOpen) return false
    transaction.isOpen = false
    this.#fail((waiter) => waiter.transaction === transaction, "MQ_ERROR_TRANSACTION_SEQUENCE")
    return true
  }

  #fail(which: (waiter: Waiter) => boolean, code: ErrorCodeName): ReadonlyArray<Waiter> {
    const failed = this.waiters.filter(which)
    this.waiters = this.waiters.filter((waiter) => !failed.includes(waiter))
    for (const waiter of failed) waiter.outcome = code
    return failed
  }
}

/** Tells whether a cursor can be used: it is open, and so is its handle. */
const isUsable = (cursor: Cursor): boolean => cursor.isOpen && cursor.handle.isOpen
