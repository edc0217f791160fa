import type { FormatName, MsmqError, PathName } from "@effect-msmq/core"
import { assert } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const pick = <const A extends string | number | boolean>(values: ReadonlyArray<A>): Arbitrary.Arbitrary<A> =>
  Arbitrary.schema(Schema.Literals(values))

export const oneOf = <A>(arbitraries: ReadonlyArray<Arbitrary.Arbitrary<A>>): Arbitrary.Arbitrary<A> =>
  Arbitrary.flatMap(pick(arbitraries.map((_, index) => index)), (index) => arbitraries[index]!)

const text = (characters: string, minLength: number, maxLength: number): Arbitrary.Arbitrary<string> =>
  Arbitrary.array(pick(Array.from(characters)), { minLength, maxLength }).pipe(Arbitrary.map((parts) => parts.join("")))

export const number = (minimum: number, maximum: number): Arbitrary.Arbitrary<number> =>
  Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum }))))

const orNull = <A>(arbitrary: Arbitrary.Arbitrary<A>): Arbitrary.Arbitrary<A | null> =>
  oneOf<A | null>([arbitrary, Arbitrary.Constant(null)])

const codes = (first: number, last: number, without: string): string =>
  Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index))
    .filter((character) => !without.includes(character))
    .join("")

/** ASCII characters of names of queues and subqueues: all but five, line breaks and NUL. */
export const queueAlphabet = codes(0x01, 0x7f, '\r\n"+,;\\')

/** Characters beyond ASCII that queue names and computer names are made of, too. */
export const foreign = "\u00e9\u00df\u03a9\u0436\u20ac\u4e2d\u6587\ud83d\udce6"

/** Characters of computer names, without those that separate the parts of a name. */
export const computerAlphabet = codes(0x21, 0x7e, ",;=\\")

const reserved = new Set(["private$", "system$", "journal", "deadletter", "deadxact", "xactonly"])

const word = (limit: number): Arbitrary.Arbitrary<string> =>
  oneOf([text("aB1$./-_ ", 1, 8), text("a \u00e9\u03a9\u0436\u4e2d", 1, 8), text(queueAlphabet, 1, limit)]).pipe(
    Arbitrary.filter((name) => !reserved.has(name.toLowerCase()))
  )

const hex = "0123456789abcdefABCDEF"
const boolean = pick([true, false])
const queue = word(124)
const subqueue = word(32)
const computer = oneOf([Arbitrary.Constant("."), text(computerAlphabet, 1, 256), text("a\u00e9\u4e2d", 1, 8)])
const systemQueue = pick(["journal", "deadletter", "deadxact"])

export const guid = Arbitrary.all([8, 4, 4, 4, 12].map((length) => text(hex, length, length))).pipe(
  Arbitrary.map((groups) => groups.join("-"))
)

const octet = number(0, 255)
const ipv4 = Arbitrary.all([octet, octet, octet, octet]).pipe(Arbitrary.map((octets) => octets.join(".")))
const group = text(hex, 1, 4)
const ipv6 = oneOf([
  Arbitrary.array(group, { minLength: 8, maxLength: 8 }).pipe(Arbitrary.map((groups) => groups.join(":"))),
  Arbitrary.all([Arbitrary.array(group, { maxLength: 3 }), Arbitrary.array(group, { maxLength: 4 })]).pipe(
    Arbitrary.map(([before, after]) => `${before.join(":")}::${after.join(":")}`)
  )
])
const host = oneOf([text("aZ9.-", 1, 256), ipv4, ipv6.pipe(Arbitrary.map((address) => `[${address}]`))])
const url = Arbitrary.all([host, orNull(number(0, 65535))]).pipe(
  Arbitrary.map(([name, port]) => (port === null ? name : `${name}:${port}`))
)
const ipx = Arbitrary.all([text(hex, 1, 8), text(hex, 1, 12)]).pipe(Arbitrary.map((parts) => parts.join(":")))

type At = { readonly protocol: FormatName.Protocol; readonly address: string }

const at: Arbitrary.Arbitrary<At> = oneOf<At>([
  Arbitrary.all({ protocol: Arbitrary.Constant("os"), address: computer }),
  Arbitrary.all({ protocol: Arbitrary.Constant("tcp"), address: oneOf([ipv4, ipv6]) }),
  Arbitrary.all({ protocol: pick(["http", "https"]), address: url }),
  Arbitrary.all({ protocol: Arbitrary.Constant("ipx"), address: ipx })
])

type Part = FormatName.WholeQueue | FormatName.QueueJournal | FormatName.Subqueue

const whole = Arbitrary.Constant({ journal: false, subqueue: null })

const part = oneOf<Part>([
  whole,
  Arbitrary.Constant({ journal: true, subqueue: null }),
  subqueue.pipe(Arbitrary.map((subqueue) => ({ journal: false, subqueue })))
])

const directOf = <P extends Part>(part: Arbitrary.Arbitrary<P>): Arbitrary.Arbitrary<FormatName.Direct<P>> =>
  Arbitrary.all([at, boolean, queue, part]).pipe(
    Arbitrary.map(([at, isPrivate, queue, part]) => ({ _tag: "Direct", ...at, isPrivate, queue, ...part }))
  )

const publicOf = <J extends boolean>(journal: Arbitrary.Arbitrary<J>): Arbitrary.Arbitrary<FormatName.Public<J>> =>
  Arbitrary.all({ _tag: Arbitrary.Constant("Public"), queueGuid: guid, journal })

const privateOf = <J extends boolean>(journal: Arbitrary.Arbitrary<J>): Arbitrary.Arbitrary<FormatName.Private<J>> =>
  Arbitrary.all({
    _tag: Arbitrary.Constant("Private"),
    computerGuid: guid,
    queueNumber: oneOf([number(0, 16), number(0, 0xffffffff)]),
    journal
  })

const no = Arbitrary.Constant(false)

/** Every kind of name that a list may hold. */
export const element: Arbitrary.Arbitrary<FormatName.Element> = oneOf<FormatName.Element>([
  directOf(whole),
  publicOf(no),
  privateOf(no),
  Arbitrary.all({
    _tag: Arbitrary.Constant("DistributionList"),
    listGuid: guid,
    domain: orNull(text(computerAlphabet, 1, 255))
  }),
  Arbitrary.all({ _tag: Arbitrary.Constant("Connector"), connectorGuid: guid, xactOnly: boolean }),
  Arbitrary.all({
    _tag: Arbitrary.Constant("Multicast"),
    address: Arbitrary.all([number(224, 239), octet, octet, octet]).pipe(Arbitrary.map((octets) => octets.join("."))),
    port: number(0, 65535)
  })
])

/** Every kind of format name but lists. */
export const single: Arbitrary.Arbitrary<FormatName.SingleFormatName> = oneOf<FormatName.SingleFormatName>([
  element,
  directOf(part),
  publicOf(boolean),
  privateOf(boolean),
  Arbitrary.all([at, systemQueue]).pipe(
    Arbitrary.map(([at, systemQueue]) => ({ _tag: "DirectSystem", ...at, systemQueue }))
  ),
  Arbitrary.all({ _tag: Arbitrary.Constant("Machine"), computerGuid: guid, systemQueue })
])

/** Elements of a list: perhaps out of order, perhaps with duplicates. */
export const elements: Arbitrary.Arbitrary<ReadonlyArray<FormatName.Element>> = Arbitrary.array(element, {
  minLength: 1,
  maxLength: 4
}).pipe(
  Arbitrary.flatMap((elements) =>
    Arbitrary.array(pick(elements.map((_, index) => index)), { minLength: 1, maxLength: 6 }).pipe(
      Arbitrary.map((indices) => indices.map((index) => elements[index]!))
    )
  )
)

/** Every kind of path name. */
export const path: Arbitrary.Arbitrary<PathName.PathName> = oneOf<PathName.PathName>([
  Arbitrary.all({
    _tag: Arbitrary.Constant("QueuePath"),
    computer,
    isPrivate: boolean,
    queue,
    subqueue: orNull(subqueue)
  }),
  Arbitrary.all({ _tag: Arbitrary.Constant("SystemQueuePath"), computer, systemQueue })
])

/** Texts that are almost what they were: a character is put in, taken out or replaced. */
export const mutated = (names: Arbitrary.Arbitrary<string>): Arbitrary.Arbitrary<string> =>
  names.pipe(
    Arbitrary.flatMap((name) =>
      Arbitrary.all([
        number(0, name.length),
        pick([0, 1]),
        oneOf([pick([...'\\;,="+:@/$. \u00e9', ""]), text(hex, 1, 1)])
      ]).pipe(Arbitrary.map(([index, gone, put]) => name.slice(0, index) + put + name.slice(index + gone)))
    )
  )

/** The same text with its letters in some mixture of cases. */
export const recased = (name: string): Arbitrary.Arbitrary<string> =>
  Arbitrary.array(boolean, { minLength: name.length, maxLength: name.length }).pipe(
    Arbitrary.map((uppers) =>
      uppers
        .map((upper, index) => (upper ? name.charAt(index).toUpperCase() : name.charAt(index).toLowerCase()))
        .join("")
    )
  )

/** The reason why a name was refused. */
export const refusal = <A>(result: Result.Result<A, MsmqError.MsmqError>): MsmqError.IllegalName => {
  assert(Result.isFailure(result), "the name was accepted")
  const { reason } = result.failure
  assert(reason._tag === "IllegalName")
  return reason
}
