import type { HashAlgorithm } from "@effect-msmq/core/mqrt/MessageProperties"

/** Differences between the versions of Message Queuing. */
export interface Version {
  /** Major version of Windows, which the management functions report. */
  readonly major: number
  /** Minor version of Windows. */
  readonly minor: number
  /** Build number of Windows. */
  readonly build: number
  /** Hash of a signature where the sender names none. */
  readonly hash: HashAlgorithm
  /** `true` where MD2, MD4 and MD5 are made and accepted. */
  readonly weakHashes: boolean
  /** `PROPID_M_AUTHENTICATED_EX` of the newest signature, which the level "always" makes. */
  readonly newestSignature: number
  /** `true` where `MQGetSecurityContext` reports a damaged internal certificate with a code of its own. */
  readonly tellsCorruption: boolean
  /** Time to reach the queue of a message without one of its own, in seconds. */
  readonly timeToReachQueue: number
  /** `true` where the send, not the queue, refuses a message whose kind is not that of its queue. */
  readonly refusesOtherKind: boolean
  /** `true` where every transactional message that fails becomes a dead letter. */
  readonly keepsTransactional: boolean
  /** `true` where other machines can look up messages by their lookup ids. */
  readonly lookup: boolean
  /** `true` where there are subqueues, so that other machines can move messages. */
  readonly subqueues: boolean
  /** Default quota of messages, and of journals, in kilobytes; `null`: no limit. */
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
  timeToReachQueue: 90 * day, // D-32
  refusesOtherKind: true, // F-10
  keepsTransactional: true, // D-62
  lookup: false, // E-78
  subqueues: false, // E-78
  quota: null // C-54
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

/** Windows 8, Windows Server 2012 and later. Message Queuing keeps the number of Windows 8.1. */
const sixth: Version = { ...fifth, minor: 3, build: 9600 }

const weakHashes: ReadonlySet<HashAlgorithm> = new Set(["md2", "md4", "md5"])

/** Tells whether a version makes signatures with a hash, and accepts them (behaviour A-54). */
export const accepts = (version: Version, hash: HashAlgorithm): boolean => version.weakHashes || !weakHashes.has(hash)

const byNumber = {
  1: first,
  2: second,
  3: third,
  4: fourth,
  5: fifth,
  6: sixth
} as const satisfies Record<number, Version>

/** Number of a version, from 1 to 6. */
export type VersionNumber = keyof typeof byNumber

/** All versions, the oldest first. */
export const versions = Object.keys(byNumber).map(Number) as ReadonlyArray<VersionNumber>

/** Newest version. */
export const newest: VersionNumber = 6

/** Returns a version by its number. */
export const of = (number: VersionNumber): Version => byNumber[number]
