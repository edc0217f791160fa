import type { Ask } from "./hosting.ts"
import { TEXT, UI1, UI4 } from "../support/messageCases.ts"

/** Properties of a message by their names, without `PROPID_M_`: hexadecimal, in the order of the memory. */
export type DotNetMessage = Readonly<Record<string, string>>

/** A property of a queue: number, VARTYPE, and value in hexadecimal. */
export type DotNetProperty = readonly [id: number, vartype: number, value: string]

/** A function of `mqrt.dll` that failed in .NET. */
export class DotNetFailure extends Error {
  override readonly name = "DotNetFailure"
}

const fromText = (text: string): string => Buffer.from(text, "utf16le").toString("hex")

/** Returns a text from its bytes. */
export const toText = (hex: string): string => Buffer.from(hex, "hex").toString("utf16le")

/** Returns a number from its bytes. */
export const toNumber = (hex: string): number => Number(toBigInt(hex))

/** Returns a number of up to 64 bits from its bytes. */
export const toBigInt = (hex: string): bigint =>
  BigInt(`0x${Buffer.from(Buffer.from(hex, "hex").toReversed()).toString("hex")}`)

/** Properties of queues, as `mq.h` numbers them. */
export const queueProperty = {
  pathName: (path: string): DotNetProperty => [103, TEXT, fromText(path)],
  journal: (on: boolean): DotNetProperty => [104, UI1, on ? "01" : "00"],
  quota: (kilobytes: number): DotNetProperty => [
    105,
    UI4,
    Buffer.from(Uint32Array.of(kilobytes).buffer).toString("hex")
  ],
  label: (label: string): DotNetProperty => [108, TEXT, fromText(label)],
  authenticate: (on: boolean): DotNetProperty => [111, UI1, on ? "01" : "00"],
  transactional: (on: boolean): DotNetProperty => [113, UI1, on ? "01" : "00"]
}

/** Ways to open a queue. */
const accesses = { receive: 1, send: 2, peek: 0x20 } as const

/** Actions of a receive. */
const actions = { receive: 0, peekCurrent: 0x80000000, peekNext: 0x80000001 } as const

/** Actions of a receive by lookup id. */
const lookupActions = {
  peekCurrent: 0x40000010,
  peekNext: 0x40000011,
  peekFirst: 0x40000014,
  peekLast: 0x40000018,
  receiveCurrent: 0x40000020,
  receiveNext: 0x40000021,
  receivePrevious: 0x40000022
} as const

/** Options of a receive. `transaction`: `""` for none, `"single"` for one of its own. */
interface ReceiveOptions {
  readonly action?: keyof typeof actions
  readonly timeout?: number
  readonly cursor?: string
  readonly transaction?: string
}

/** A client of Message Queuing that is written in C#. Handles are texts. */
export class DotNetClient {
  readonly #ask: Ask

  constructor(ask: Ask) {
    this.#ask = ask
  }

  /** Asks the client, and throws where it failed. */
  #texts(operation: string, ...given: ReadonlyArray<string | number | bigint>): ReadonlyArray<string> {
    const [outcome = "", ...texts] = this.#ask([operation, ...given.map(String)])
    if (outcome !== "ok") throw new DotNetFailure(outcome)
    return texts
  }

  #text(operation: string, ...given: ReadonlyArray<string | number | bigint>): string {
    return this.#texts(operation, ...given)[0] ?? ""
  }

  #message(operation: string, ...given: ReadonlyArray<string | number | bigint>): DotNetMessage {
    const texts = this.#texts(operation, ...given)
    return Object.fromEntries(texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ""]] : [])))
  }

  /** Description of the .NET that the client runs in. */
  get description(): string {
    return this.#text("describe")
  }

  /** Names of the properties of messages that the client knows. */
  get properties(): ReadonlyArray<string> {
    return this.#texts("properties")
  }

  create(...properties: ReadonlyArray<DotNetProperty>): string {
    return this.#text("create", ...properties.flat())
  }

  delete(formatName: string): void {
    this.#texts("delete", formatName)
  }

  exists(pathName: string): boolean {
    return this.#text("exists", pathName) === "yes"
  }

  formatName(pathName: string): string {
    return this.#text("formatName", pathName)
  }

  setProperties(formatName: string, ...properties: ReadonlyArray<DotNetProperty>): void {
    this.#texts("set", formatName, ...properties.flat())
  }

  /** Returns properties of a queue in hexadecimal. */
  queueProperties(formatName: string, ...ids: ReadonlyArray<number>): ReadonlyArray<string> {
    return this.#texts("get", formatName, ...ids)
  }

  /** Returns properties of this machine in hexadecimal. */
  machineProperties(...ids: ReadonlyArray<number>): ReadonlyArray<string> {
    return this.#texts("machine", "", ...ids)
  }

  open(formatName: string, access: keyof typeof accesses, isExclusive = false): string {
    return this.#text("open", formatName, accesses[access], isExclusive ? 1 : 0)
  }

  close(queue: string): void {
    this.#texts("close", queue)
  }

  purge(queue: string): void {
    this.#texts("purge", queue)
  }

  /** Sends a message and returns its id in hexadecimal. */
  send(queue: string, message: DotNetMessage, transaction = ""): string {
    return this.#text("send", queue, transaction, ...Object.entries(message).flat())
  }

  /** Sends a message with a label. */
  sendLabel(queue: string, label: string, transaction = ""): string {
    return this.send(queue, { LABEL: fromText(label) }, transaction)
  }

  receive(queue: string, options: ReceiveOptions = {}): DotNetMessage {
    const { action = "receive", cursor = "0", timeout = 0, transaction = "" } = options
    return this.#message("receive", queue, timeout, actions[action], cursor, transaction)
  }

  lookup(queue: string, lookupId: bigint, action: keyof typeof lookupActions, transaction = ""): DotNetMessage {
    return this.#message("lookup", queue, lookupId, lookupActions[action], transaction)
  }

  createCursor(queue: string): string {
    return this.#text("createCursor", queue)
  }

  closeCursor(cursor: string): void {
    this.#texts("closeCursor", cursor)
  }

  /** Begins a receive that waits for so many milliseconds and tells its end by a callback, or by an event. */
  beginReceive(queue: string, end: "callback" | "event", options: Omit<ReceiveOptions, "transaction"> = {}): string {
    const { action = "receive", cursor = "0", timeout = 30_000 } = options
    return this.#text("beginReceive", queue, timeout, actions[action], cursor, end)
  }

  isPending(receive: string): boolean {
    return this.#text("isPending", receive) === "yes"
  }

  /** Waits for the end of a receive and returns the message. Nothing else runs in this process's loop meanwhile. */
  endReceive(receive: string): DotNetMessage {
    return this.#message("endReceive", receive)
  }

  begin(): string {
    return this.#text("begin")
  }

  commit(transaction: string): void {
    this.#texts("commit", transaction)
  }

  abort(transaction: string): void {
    this.#texts("abort", transaction)
  }

  /** Releases a transaction and returns the number of references that are left. */
  release(transaction: string): number {
    return Number(this.#text("release", transaction))
  }

  /** Returns parts of a queue's security descriptor, with offsets, in hexadecimal. */
  security(formatName: string, parts: number): string {
    return this.#text("getSecurity", formatName, parts)
  }

  /** Sets parts of a queue's security descriptor by one with pointers, made from one with offsets. */
  setSecurity(formatName: string, parts: number, descriptor: string): void {
    this.#texts("setSecurity", formatName, parts, descriptor)
  }

  /** Gets a security context; without a certificate, that of the internal one. */
  getContext(certificate = ""): string {
    return this.#text("getContext", certificate)
  }

  freeContext(context: string): void {
    this.#texts("freeContext", context)
  }
}
