/**
 * Calls that cross the wire, in tables: what each is given and returns, and what it needs. The tables together have all
 * functions of the seam, which the compiler checks.
 */
import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { machineRights, queueRights } from "../rights.ts"
import { failure } from "./Failure.ts"
import * as records from "./records.ts"
import { text } from "./text.ts"

/** Function without handles: its arguments and result are those of the seam. */
export interface Plain {
  readonly given: Schema.Codec<ReadonlyArray<unknown>, unknown>
  readonly returns: Schema.Codec<unknown, unknown>
  /** `true` where it changes something: after a cut the client asks what became of it. */
  readonly changes: boolean
}

const bytesOrNull = Schema.NullOr(Schema.Uint8Array)
const textOrNull = Schema.NullOr(text)

/** Functions of the seam that neither take nor return a handle. */
export const plain = {
  registerCertificate: {
    given: Schema.Tuple([bytesOrNull, Schema.Boolean]),
    returns: Schema.Literals(["registered", "existed"]),
    changes: true
  },
  findCertificates: {
    given: Schema.Tuple([text, Schema.Literals(["CurrentUser", "LocalMachine"]), bytesOrNull]),
    returns: Schema.Array(records.storedCertificate),
    changes: false
  },
  lookupAccountName: {
    given: Schema.Tuple([text]),
    returns: records.accountOfName,
    changes: false
  },
  lookupAccountSid: {
    given: Schema.Tuple([Schema.Uint8Array]),
    returns: records.accountOfSid,
    changes: false
  },
  createQueue: {
    given: Schema.Tuple([records.newQueue, bytesOrNull]),
    returns: text,
    changes: true
  },
  deleteQueue: {
    given: Schema.Tuple([text]),
    returns: Schema.Void,
    changes: true
  },
  getQueueProperties: {
    given: Schema.Tuple([text]),
    returns: records.queue,
    changes: false
  },
  setQueueProperties: {
    given: Schema.Tuple([text, records.queueChanges]),
    returns: Schema.Void,
    changes: true
  },
  getQueueSecurity: {
    given: Schema.Tuple([text, records.securityParts]),
    returns: Schema.Uint8Array,
    changes: false
  },
  setQueueSecurity: {
    given: Schema.Tuple([text, records.securityParts, bytesOrNull]),
    returns: Schema.Void,
    changes: true
  },
  pathNameToFormatName: {
    given: Schema.Tuple([text]),
    returns: text,
    changes: false
  },
  adsPathToFormatName: {
    given: Schema.Tuple([text]),
    returns: text,
    changes: false
  },
  getMachineProperties: {
    given: Schema.Tuple([textOrNull]),
    returns: records.queueManager,
    changes: false
  },
  getPrivateComputerInformation: {
    given: Schema.Tuple([textOrNull]),
    returns: records.privateComputer,
    changes: false
  },
  getQueueManagerInfo: {
    given: Schema.Tuple([textOrNull]),
    returns: records.computerManagement,
    changes: false
  },
  getQueueInfo: {
    given: Schema.Tuple([textOrNull, text]),
    returns: records.queueManagement,
    changes: false
  },
  machineAction: {
    given: Schema.Tuple([textOrNull, Schema.Literals(["CONNECT", "DISCONNECT", "TIDY"])]),
    returns: Schema.Void,
    changes: true
  },
  queueAction: {
    given: Schema.Tuple([textOrNull, text, Schema.Literals(["PAUSE", "RESUME", "EOD_RESEND"])]),
    returns: Schema.Void,
    changes: true
  }
} as const satisfies { readonly [Name in keyof MqrtFunctions]?: Plain }

/** Name of a function without handles. */
export type PlainName = keyof typeof plain

/** `true` where two types are the same. */
type Same<A, B> = [A, B] extends [B, A] ? true : false

/** @testonly `true` for each function whose row has its argument and result types. A test of types holds that all are. */
export type Fits = {
  readonly [Name in PlainName]: MqrtFunctions[Name] extends (
    ...given: infer Given
  ) => Effect.Effect<infer Returned, unknown>
    ? Same<
        readonly [Readonly<Given>, Returned],
        readonly [(typeof plain)[Name]["given"]["Type"], (typeof plain)[Name]["returns"]["Type"]]
      >
    : false
}

const handle = records.handle
const key = Schema.Finite
const tx = records.transactionArgument
/** Message that the gateway holds for the client, with the number to settle it by; 0 where there is nothing to settle. */
const held = Schema.Struct({ ticket: Schema.Finite, message: records.received })

/** Outcome of a batch on the wire. */
const sendOutcome = Schema.Struct({
  accepted: Schema.Finite,
  messageIds: Schema.NullOr(Schema.Array(text)),
  failure: Schema.NullOr(failure)
})

/** Outcome of a call that changes something, by its key. */
const outcome = Schema.Struct({
  /** `"never"`: the call had no effect, and never will have. */
  state: Schema.Literals(["never", "succeeded", "failed"]),
  text: Schema.NullOr(text),
  sent: Schema.NullOr(sendOutcome),
  failure: Schema.NullOr(failure)
})

/** Outcome of a call on the wire. */
export type WireOutcome = typeof outcome.Type

/** Words of a gateway about itself, and about its client. */
const description = Schema.Struct({
  version: text,
  client: text,
  time: Schema.Finite,
  machine: Schema.Array(Schema.Literals(machineRights)),
  queues: Schema.Array(
    Schema.Struct({ queues: Schema.Array(text), rights: Schema.Array(Schema.Literals(queueRights)) })
  ),
  limits: Schema.Struct({
    connections: Schema.Finite,
    handles: Schema.Finite,
    waits: Schema.Finite,
    calls: Schema.Finite,
    callBytes: Schema.Finite,
    unreadBytes: Schema.Finite
  })
})

const read = records.read
const timeout = Schema.NullOr(Schema.Finite)

/** Calls that take or return handles, and those of the connection itself. */
export const handled = {
  hello: {
    given: {
      protocol: Schema.Finite,
      version: text,
      client: text
    },
    returns: Schema.Struct({
      protocol: Schema.Finite,
      version: text,
      gateway: text,
      memory: text,
      heartbeat: Schema.Finite,
      maxFrame: Schema.Finite,
      calls: Schema.Finite,
      callBytes: Schema.Finite
    })
  },
  heartbeat: { given: {}, returns: Schema.Void },
  describe: { given: {}, returns: description },
  cancel: { given: { key }, returns: Schema.Void },
  outcomeOf: { given: { key }, returns: outcome },
  currentUserSid: { given: {}, returns: Schema.Uint8Array },
  getSecurityContext: {
    given: { certificate: bytesOrNull, api: records.securityContextApi, as: Schema.NullOr(records.credentials) },
    returns: handle
  },
  freeSecurityContext: { given: { handle }, returns: Schema.Void },
  locateBegin: { given: { restrictions: Schema.Array(records.locateRestriction) }, returns: handle },
  locateNext: { given: { handle, count: Schema.Finite }, returns: Schema.Array(records.locatedQueue) },
  locateEnd: { given: { handle }, returns: Schema.Void },
  openQueue: {
    given: { formatName: text, access: records.access, shareMode: records.shareMode },
    returns: handle
  },
  closeQueue: { given: { handle }, returns: Schema.Void },
  purgeQueue: { given: { key, handle }, returns: Schema.Void },
  createCursor: { given: { handle }, returns: handle },
  closeCursor: { given: { handle }, returns: Schema.Void },
  sendMessages: {
    given: { key, handle, messages: Schema.Array(records.outgoing), options: records.sendParameters },
    returns: sendOutcome
  },
  peekMessage: {
    given: {
      key,
      handle,
      action: Schema.Literals(["peekCurrent", "peekNext"]),
      timeout,
      cursor: Schema.NullOr(handle),
      transaction: tx,
      read
    },
    returns: records.received
  },
  holdMessage: {
    given: { key, handle, timeout, cursor: Schema.NullOr(handle), transaction: tx, read, outright: Schema.Boolean },
    returns: held
  },
  lookupMessage: {
    given: {
      handle,
      lookupId: Schema.BigInt,
      action: records.lookupAction,
      transaction: tx,
      read,
      outright: Schema.Boolean
    },
    returns: held
  },
  completeMessage: { given: { ticket: Schema.Finite }, returns: Schema.Void },
  abandonMessage: { given: { ticket: Schema.Finite }, returns: Schema.Void },
  moveMessage: {
    given: { key, source: handle, destination: handle, lookupId: Schema.BigInt, transaction: tx },
    returns: Schema.Void
  },
  markMessageRejected: { given: { key, handle, lookupId: Schema.BigInt }, returns: Schema.Void },
  beginTransaction: { given: {}, returns: handle },
  commitTransaction: { given: { key, handle }, returns: Schema.Void },
  abortTransaction: { given: { key, handle }, returns: Schema.Void },
  releaseTransaction: { given: { handle }, returns: Schema.Void }
} as const

type HandledName = keyof typeof handled

/** @testonly Calls that serve the functions with handles. A function of the seam that has none is an error of the compiler. */
export const servedBy = {
  currentUserSid: ["currentUserSid"],
  getSecurityContext: ["getSecurityContext"],
  freeSecurityContext: ["freeSecurityContext"],
  locateBegin: ["locateBegin"],
  locateNext: ["locateNext"],
  locateEnd: ["locateEnd"],
  openQueue: ["openQueue"],
  closeQueue: ["closeQueue"],
  purgeQueue: ["purgeQueue"],
  createCursor: ["createCursor"],
  closeCursor: ["closeCursor"],
  sendMessages: ["sendMessages"],
  receiveMessage: ["peekMessage", "holdMessage", "completeMessage", "abandonMessage"],
  receiveMessageByLookupId: ["lookupMessage", "completeMessage", "abandonMessage"],
  moveMessage: ["moveMessage"],
  markMessageRejected: ["markMessageRejected"],
  beginTransaction: ["beginTransaction"],
  commitTransaction: ["commitTransaction"],
  abortTransaction: ["abortTransaction"],
  releaseTransaction: ["releaseTransaction"]
} as const satisfies { readonly [Name in Exclude<keyof MqrtFunctions, PlainName>]: ReadonlyArray<HandledName> }

/** Payloads and results of all calls, by their names. */
export type Calls = {
  readonly [Name in PlainName]: {
    readonly given: { readonly key: number; readonly given: (typeof plain)[Name]["given"]["Type"] }
    readonly returns: (typeof plain)[Name]["returns"]["Type"]
  }
} & {
  readonly [Name in HandledName]: {
    readonly given: Schema.Struct.Type<(typeof handled)[Name]["given"]>
    readonly returns: (typeof handled)[Name]["returns"]["Type"]
  }
}

/** Word by which client and gateway know a call. */
export type CallName = keyof Calls
