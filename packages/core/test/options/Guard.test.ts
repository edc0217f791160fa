import { MsmqError } from "@effect-msmq/core"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import type { Option, PublicFunction, Shape } from "./published.ts"
import { published } from "./published.ts"
import { exempt, isExempt, subjects } from "./subjects.ts"
import type { World } from "./world.ts"
import { makeWorld, orders } from "./world.ts"

/** A value that nobody asked for, and which types take it all the same. */
interface Wrong {
  readonly name: string
  readonly value: unknown
  readonly isLegalFor?: (shape: Shape) => boolean
}

const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new Error("read")
    },
    getPrototypeOf: () => {
      throw new Error("read")
    },
    has: () => {
      throw new Error("read")
    },
    ownKeys: () => {
      throw new Error("read")
    }
  }
)

const throwingFunction = new Proxy(() => {}, {
  get: () => {
    throw new Error("read")
  },
  has: () => {
    throw new Error("read")
  }
})

const secret = "MIICdgIBADANBgkqhkiG9w0BAQEFAASC"

const wrongs: ReadonlyArray<Wrong> = [
  { name: "NaN", value: Number.NaN },
  {
    name: "{}",
    value: {},
    isLegalFor: ({ options, takes }) => takes.has("object") && options.every(({ optional }) => optional)
  },
  { name: "[]", value: [], isLegalFor: ({ takes }) => takes.has("list") },
  { name: "true", value: true, isLegalFor: ({ takes }) => takes.has("boolean") },
  { name: "42", value: 42, isLegalFor: ({ takes }) => takes.has("number") },
  { name: '"text"', value: "text", isLegalFor: ({ takes }) => takes.has("string") },
  { name: "a symbol", value: Symbol("wrong") },
  { name: "a function", value: () => {}, isLegalFor: ({ takes }) => takes.has("function") },
  { name: "a function that throws when it is read", value: throwingFunction },
  {
    name: "a private key in PEM",
    value: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`,
    isLegalFor: ({ takes }) => takes.has("string")
  },
  { name: "null", value: null, isLegalFor: ({ takes }) => takes.has("null") },
  { name: "an object that throws", value: throwing }
]

/** Rules that the declarations cannot express: a message has only optional fields, and any array is an iterable. */
const alsoTaken: Readonly<Record<string, ReadonlyArray<string>>> = {
  "MessageQueue.send message": ["{}"],
  "MessageQueue.reply message": ["{}"],
  "promises.Connection#reply message": ["{}"],
  "Requester#request message": ["{}"],
  "promises.Requester#request message": ["{}"],
  "promises.Connection#send message": ["{}"],
  "Sender#send message": ["{}"],
  "Sender#sendAwaiting message": ["{}"],
  "promises.Sender#sendAwaiting message": ["{}"],
  "Sender#sendAll messages": ["[]"],
  "promises.Sender#send message": ["{}"],
  "promises.Sender#sendAll messages": ["[]"],
  // Any text may be the name of an account.
  ...Object.fromEntries(
    [
      "QueueSecurity.grant",
      "QueueSecurity.deny",
      "QueueSecurity.revoke",
      "promises.Connection#grantQueueRights",
      "promises.Connection#denyQueueRights",
      "promises.Connection#revokeQueueRights"
    ].map((name) => [`${name} trustee`, ['"text"']])
  ),
  // Each of its fields may be left out.
  "options.defaults.acknowledge": ["{}"],
  "options.defaults.journaling": ["{}"],
  // All options may be left out.
  "Senders.layerConfig config": ["{}"],
  "SecurityContexts.layerConfig config": ["{}"],
  "InMemoryMqrt.layerConfig config": ["{}"],
  // Its value may be a text or a date, as the property says.
  "FormatName.multiple elements": ["[]"]
}

/** Other names that an error may have for an argument. */
const alsoNamed: Readonly<Record<string, ReadonlyArray<string>>> = {
  "Certificate.fromDer der": ["certificate"],
  "Certificate.fromPem pem": ["certificate"],
  "FormatName.parse input": ["a name"],
  "FormatName.fromString input": ["a name"],
  "PathName.parse input": ["a name"],
  "QueueName.fromDotNet input": ["a name"],
  "QueueName.fromNetMsmq input": ["a name"],
  "QueueName.fromAddress input": ["a name"],
  "NativeMqrt.layerConfig config": ["library"],
  "QueueName.fromDotNet path": ["a name"],
  "QueueName.fromNetMsmq address": ["a name"],
  "QueueName.fromAddress address": ["a name"],
  "SecurityDescriptor.parse sddl": ["text"]
}

/** Options that an object needs beside the one that is wrong. */
const beside: Readonly<Record<string, object>> = {
  "policy.poison": { queue: orders }
}

interface Case {
  readonly path: string
  /** Puts what is wrong into an argument that is right. */
  readonly argument: (right: unknown) => unknown
  /** Names of the option that an error may use. */
  readonly names: ReadonlyArray<string>
  readonly wrong: string
}

const neighbourOf = (name: string): string => `${name.slice(0, -1)}${name.endsWith("x") ? "z" : "x"}`

/** An object, or the first of a list, with one of its options changed. */
const changed = (right: unknown, name: string, value: unknown): unknown => {
  const isElement = name.startsWith("[0].")
  const base: unknown = isElement && Array.isArray(right) ? right[0] : right
  const object = { ...(typeof base === "object" ? base : {}), [name.replace("[0].", "")]: value }
  return isElement ? [object] : object
}

/** All ways to give an option wrongly; `wrap`: puts the object that has it in its place. */
const casesOf = (
  prefix: string,
  { name, shape }: Option,
  wrap: (right: unknown, inner: (right: unknown) => unknown) => unknown,
  depth: number
): ReadonlyArray<Case> => {
  const path = `${prefix}.${name}`
  const alone = name.replace("[0].", "")
  const put = (option: string, value: unknown) => (right: unknown) =>
    wrap(right, (inner) => {
      // A policy is the one or the other.
      const base = option === "subqueue" ? {} : (inner ?? beside[prefix])
      return changed(base, option, value)
    })
  const wrong = wrongs
    .filter((wrong) => wrong.isLegalFor?.(shape) !== true && alsoTaken[path]?.includes(wrong.name) !== true)
    .map(({ name: wrong, value }) => ({ path, wrong, argument: put(name, value), names: [alone] }))
  const neighbour = neighbourOf(name)
  // A message may have whatever it has.
  const isOpen = prefix === "message"
  const within = (right: unknown, inner: (right: unknown) => unknown) =>
    wrap(right, (outer) => {
      const value: unknown =
        typeof outer === "object" && outer !== null ? (outer as Readonly<Record<string, unknown>>)[name] : undefined
      return changed(outer ?? beside[prefix], name, inner(value))
    })
  return [
    ...wrong,
    ...(isOpen
      ? []
      : [{ path, wrong: neighbour, argument: put(neighbour, undefined), names: [`${neighbourOf(alone)}"`] }]),
    ...(depth > 3 ? [] : shape.options.flatMap((option) => casesOf(path, option, within, depth + 1)))
  ]
}

const argumentCases = (fn: string, { name, optional, shape }: Option): ReadonlyArray<Case> => {
  const required = shape.options.flatMap((option) => (option.optional ? [] : [option.name]))
  const names = [name, "options", ...(alsoNamed[`${fn.replace("promises.", "")} ${name}`] ?? []), ...required]
  return [
    ...wrongs
      .filter(
        (wrong) => wrong.isLegalFor?.(shape) !== true && alsoTaken[`${fn} ${name}`]?.includes(wrong.name) !== true
      )
      .map((wrong) => ({ path: name, wrong: wrong.name, argument: () => wrong.value, names })),
    ...(optional ? [] : [{ path: name, wrong: "undefined", argument: () => undefined, names }]),
    ...shape.options.flatMap((option) => casesOf(name, option, (right, inner) => inner(right), 0))
  ]
}

const { functions, types } = published()
const checked = functions.filter(({ name }) => !isExempt(name))

/** Returns the part that an error lacks; `undefined` where it has all. */
const complaint = async (
  world: World,
  { name, parameters }: PublicFunction,
  index: number,
  one: Case
): Promise<string | undefined> => {
  const subject = subjects[name]!
  const before = await world.calls()
  const given = subject.right(world).map((right, at) => (at === index ? one.argument(right) : right))
  const error: unknown = await subject.call(world, given).then(
    () => undefined,
    (cause: unknown) => cause
  )
  const what = `${name}, ${parameters[index]!.name} ${one.path} = ${one.wrong}`
  if (!(error instanceof MsmqError.MsmqError))
    return `${what}: ${String(error)} ${error instanceof Error ? String(error.cause) : ""}`
  const called = (await world.calls()).slice(before.length)
  if (called.length > 0) return `${what}: called ${called.join()}`
  if (`${inspect(error)} ${JSON.stringify(error)}`.includes(secret)) return `${what}: shows a secret`
  if (!error.operation.startsWith(subject.operation)) return `${what}: names ${error.operation}`
  return one.names.some((name) => error.message.includes(name)) ? undefined : `${what}: ${error.message}`
}

describe("the declarations", () => {
  it("have one meaning for the name of a type, but for the options of a module", () => {
    const twice = [...types].flatMap(([name, files]) => (files.size > 1 ? [name] : []))
    assert.deepStrictEqual(twice, ["Options"])
    assert.isAbove(types.size, 100)
  })
})

describe("what an untyped caller gives", () => {
  let world: World
  beforeAll(async () => {
    world = await makeWorld()
  })
  afterAll(() => world.close())

  it("every public function is called here, or it is said why not", () => {
    const known = new Set(functions.map(({ name }) => name))
    const missing = checked.filter(({ name }) => !(name in subjects)).map(({ name }) => name)
    const gone = [...Object.keys(subjects), ...Object.keys(exempt)].filter((name) => !known.has(name))
    assert.deepStrictEqual({ missing, gone }, { missing: [], gone: [] })
  })

  it("the declarations have options, so that their reading cannot pass for want of any", () => {
    const options = functions.flatMap(({ parameters }) => parameters.flatMap(({ shape }) => shape.options))
    assert.isAbove(options.length, 150)
  })

  it.each(checked.filter(({ name }) => name in subjects).map((fn) => [fn.name, fn] as const))(
    "is refused by %s, with an error that names operation and option, before any call",
    async (_, fn) => {
      const complaints: Array<string> = []
      const cases = fn.parameters.flatMap((parameter, index) =>
        argumentCases(fn.name, parameter).map((one) => ({ index, one }))
      )
      // One after the other: what reaches the backend is that of one call.
      await cases.reduce(
        (before, { index, one }) =>
          before.then(async () => {
            const said = await complaint(world, fn, index, one)
            if (said !== undefined) complaints.push(said)
          }),
        Promise.resolve()
      )
      assert.strictEqual(complaints.join("\n"), "")
    }
  )
})
