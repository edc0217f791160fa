import type { HashAlgorithm } from "@effect-msmq/core/mqrt/MessageProperties"

/** What differs between the versions of Message Queuing. */
export interface Version {
  /** What the management functions report: the numbers are those of Windows. */
  readonly major: number
  readonly minor: number
  readonly build: number
  /** The hash under a signature where none is named (behaviour A-53). */
  readonly hash: HashAlgorithm
  /** Whether MD2, MD4 and MD5 are still made and accepted (behaviour A-54). */
  readonly weakHashes: boolean
  /** `PROPID_M_AUTHENTICATED_EX` of the newest signature, which level "always" makes (behaviour A-45). */
  readonly newestSignature: number
  /** Whether the older getter has a code of its own for a damaged internal certificate (behaviour A-15). */
  readonly tellsCorruption: boolean
  /** In seconds, for a message that was given none (behaviour D-32). */
  readonly timeToReachQueue: number
  /** Whether a message of the other kind than its queue is refused by the send, not by the queue (behaviour F-10). */
  readonly refusesOtherKind: boolean
  /** Whether transactional messages become dead letters, asked for or not (behaviour D-62). */
  readonly keepsTransactional: boolean
  /** Whether another machine can look messages up here by their ids (behaviour E-78). */
  readonly lookup: boolean
  /** Whether it has subqueues, so that another machine can move messages here (behaviour E-78). */
  readonly subqueues: boolean
  /** In kilobytes, for messages and for journals each (behaviour C-54); `null`: nothing is known of one. */
  readonly quota: number | null
}

const day = 86_400
const gigabyte = 1_048_576

/** Windows NT 4.0. */
const first: Version = {
  major: 4,
  minor: 0,
  build: 1381,
  hash: "md5",
  weakHashes: true,
  newestSignature: 1,
  tellsCorruption: true,
  timeToReachQueue: 90 * day,
  refusesOtherKind: true,
  keepsTransactional: true,
  lookup: false,
  subqueues: false,
  quota: null
}

/** Windows 2000. */
const second: Version = {
  ...first,
  major: 5,
  build: 2195,
  newestSignature: 3,
  tellsCorruption: false,
  keepsTransactional: false,
  quota: 2 * gigabyte
}

/** Windows XP and Windows Server 2003. */
const third: Version = {
  ...second,
  minor: 2,
  build: 3790,
  hash: "sha1",
  newestSignature: 5,
  refusesOtherKind: false,
  lookup: true,
  quota: 8 * gigabyte
}

/** Windows Vista and Windows Server 2008. */
const fourth: Version = {
  ...third,
  major: 6,
  minor: 0,
  build: 6002,
  weakHashes: false,
  timeToReachQueue: 4 * day,
  subqueues: true,
  quota: 4 * gigabyte
}

/** Windows 7 and Windows Server 2008 R2. */
const fifth: Version = { ...fourth, minor: 1, build: 7601, hash: "sha512" }

/** Since Windows 8 and Windows Server 2012; the number that Message Queuing has kept since Windows 8.1. */
const sixth: Version = { ...fifth, minor: 3, build: 9600 }

const weakHashes: ReadonlySet<HashAlgorithm> = new Set(["md2", "md4", "md5"])

/** Whether a version makes a hash, and accepts what was signed with it (behaviour A-54). */
export const accepts = (version: Version, hash: HashAlgorithm): boolean => version.weakHashes || !weakHashes.has(hash)

const byNumber = {
  1: first,
  2: second,
  3: third,
  4: fourth,
  5: fifth,
  6: sixth
} as const satisfies Record<number, Version>

export type VersionNumber = keyof typeof byNumber

export const versions = Object.keys(byNumber).map(Number) as ReadonlyArray<VersionNumber>

export const newest: VersionNumber = 6

export const of = (number: VersionNumber): Version => byNumber[number]
