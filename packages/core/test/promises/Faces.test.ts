import { assert, describe, it } from "@effect/vitest"
import type { Option } from "../options/published.ts"
import { readFaces } from "./surface.ts"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const page = readFileSync(fileURLToPath(new URL("../../../../docs/promises.md", import.meta.url)), "utf8")

/** Objects that a program has methods of, by the expressions for them on the page. */
const owners: Readonly<Record<string, string>> = {
  "connection.queueManager.": "QueueManager#",
  "connection.": "Connection#"
}

const memberOf = (expression: string): string => {
  const owner = Object.keys(owners).find((prefix) => expression.startsWith(prefix))
  return owner === undefined ? expression : `${owners[owner]}${expression.slice(owner.length)}`
}

/** Members of the face with Effect that have another name in promises, as the page about promises lists them. */
const renamed: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(page.matchAll(/^\| `(\w+\.\w+)` \| `([\w.]+)` \|$/gm), ([, name = "", expression = ""]) => [
    name,
    memberOf(expression)
  ])
)

/** Members of the face with Effect that promises lack, each with the reason. A `*` stands for any rest of the name. */
const onlyEffect: Readonly<Record<string, string>> = {
  "MessageBody.jsonWithServices": "takes a schema of Effect that needs services of Effect",
  "XmlValue.*": "schemas of Effect; in promises `MessageBody.xml` takes the names of types",
  "Consumer.defaultReopen": "a Schedule; in promises it is what `reopen` is by default",
  "Consumer.defaultRetry": "a Schedule; in promises it is what `retry` is by default",
  "Consumer.makeControl": "the option `control`; in promises `consume` returns a Consumer",
  "Control#*": "in promises the Consumer that `consume` returns has the same members",
  "HandlerDefect#*": "the input of a Schedule; events in promises have the value that the handler threw",
  "Cursor#messages": "a Stream; in promises the cursor itself is an iterable",
  "Receiver#messages": "a Stream; in promises the receiver itself is an iterable",
  "Mqrt#*": "the seam of the backends",
  "Mqrt.*": "the seam of the backends",
  "MqrtFailure#*": "the seam of the backends",
  "MsmqError.reasonOf": "for the author of a backend",
  "QueueService.*": "classes for layers; in promises a program passes on what `openSender` and `openReceiver` give",
  "SecurityContexts.layerConfig": "a Layer; in promises a program reads its settings itself",
  "Senders#*": "a service; in promises the connection has the cache that its `send` and `reply` use",
  "Senders.*": "a Layer; in promises the option `senders` of `connect` has its settings",
  "Sender#sink": "a Sink; in promises `sendAll` takes any iterable",
  "Telemetry.PropagateTraceContext": "a Reference; in promises an option of `connect`",
  "Transaction.Current": "a Reference; in promises the calls of a function have its transaction",
  "Transaction.outside": 'a function of effects; in promises the option `transaction: "none"`',
  "Transaction.singleMessage": 'a function of effects; in promises the option `transaction: "singleMessage"`',
  "Transaction.within": "a function of effects; in promises the option `transaction`"
}

/** Members of the promise face that the one with Effect lacks, each with the reason. */
const onlyPromises: Readonly<Record<string, string>> = {
  connect: "an effect has its backend from a layer",
  "Connection#close": "a scope closes the backend",
  "Connection#isOpen": "a scope closes the backend",
  "Connection#acquireSecurityContext": "an effect waits or does not: SecurityContext.acquire",
  "Connection#messages": "a stream opens and closes a receiver by itself: Stream.unwrap",
  "Connection#queueManager": "the functions of QueueManager stand in a module",
  ...Object.fromEntries(
    ["concurrency", "isPaused", "pause", "progress", "resume", "running", "setConcurrency"].map((name) => [
      `Consumer#${name}`,
      "a Control has it"
    ])
  ),
  "Consumer#done": "an effect that consumes ends with its result",
  "Consumer#stop": "an interruption stops it",
  "Cursor#close": "a scope closes it",
  "MessageBody.decode": "the codec itself decodes, into a Result",
  "MessageBody.encode": "the codec itself encodes, into a Result",
  "Receiver#close": "a scope closes it",
  "Requester#close": "a scope closes it",
  "SecurityContext#close": "a scope closes it",
  "SecurityContexts#close": "a layer closes it",
  "SecurityContexts#isOpen": "a layer closes it",
  "Sender#close": "a scope closes it"
}

/** Options of the face with Effect that promises lack, each with the reason. */
const optionsOfEffect: Readonly<Record<string, string>> = {
  "Receiver#consume control": "in promises the Consumer that it returns is the control",
  "Receiver#consumeBatches control": "in promises the Consumer that it returns is the control"
}

/** Types of Effect that the promise face shows, by the way to them, each with the reason. */
const shown: ReadonlyArray<{ readonly type: RegExp; readonly path: RegExp; readonly reason: string }> = [
  { type: /^Layer$/, path: /^connect layer$/, reason: "a backend is a layer, which the program passes on as it is" },
  {
    type: /^Duration(Object)?$/,
    path: /^\S+ \S+$/,
    reason: "a duration that is given may be one of Effect's beside a number or a text"
  },
  { type: /^Brand$/, path: /sid$/i, reason: "a type alone: the value is a text" },
  { type: /^Cause$/, path: /\.reason\.cause$/, reason: "`cause` of the error is the value that was thrown" },
  {
    type: /^StandardSchemaV1$/,
    path: /^json schema$/,
    reason: "an interface that schemas of zod, valibot and others have"
  },
  {
    type: /^(Success|Failure)$/,
    path: /\.(en|de)code\(\)$/,
    reason: "codecs are made by functions, and the SDK calls them"
  }
]

const { effect, functions, promises, reached } = readFaces()

const inPromises = new Set(promises)
const counterpartOf = (name: string): string => renamed[name] ?? name
const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name

/** Names of the options of a function, at any depth. */
const optionsOf = (name: string): ReadonlySet<string> => {
  const namesIn = ({ shape }: Option): ReadonlyArray<string> =>
    shape.options.flatMap((option) => [
      option.name.replace("[0].", ""),
      ...namesIn(option).map((inner) => `${option.name}.${inner}`)
    ])
  return new Set(functions.filter((one) => one.name === name).flatMap(({ parameters }) => parameters.flatMap(namesIn)))
}

describe("the promise face", () => {
  it("has every member that the face with Effect has, or the reason for its absence is listed", () => {
    const missing = effect.filter(
      (name) =>
        !inPromises.has(counterpartOf(name)) && !Object.keys(onlyEffect).some((pattern) => matches(pattern, name))
    )
    assert.deepStrictEqual(
      missing,
      [],
      "add it to promises: by another name in docs/promises.md, or with a reason here"
    )
  })

  it("has no other member, or the reason for it is listed", () => {
    const counterparts = new Set(effect.map(counterpartOf))
    const more = promises.filter((name) => !counterparts.has(name) && !(name in onlyPromises))
    assert.deepStrictEqual(more, [], "name its counterpart in docs/promises.md, or the reason here")
  })

  it("lacks everything that is listed as missing, and has all that is listed under another name", () => {
    const counterparts = new Set(effect.map(counterpartOf))
    const stale = [
      ...Object.keys(onlyEffect).filter(
        (pattern) => !effect.some((name) => matches(pattern, name) && !inPromises.has(counterpartOf(name)))
      ),
      ...Object.entries(renamed).flatMap(([name, other]) =>
        effect.includes(name) && inPromises.has(other) && !inPromises.has(name) ? [] : [name]
      ),
      ...Object.keys(onlyPromises).filter((name) => !inPromises.has(name) || counterparts.has(name))
    ]
    assert.deepStrictEqual(stale, [])
    assert.isAbove(Object.keys(renamed).length, 40)
  })

  it("has every option that the face with Effect has, or the reason for its absence is listed", () => {
    const missing = effect.flatMap((name) => {
      const counterpart = optionsOf(`promises.${counterpartOf(name)}`)
      if (!inPromises.has(counterpartOf(name))) return []
      return [...optionsOf(name)].filter((option) => !counterpart.has(option)).map((option) => `${name} ${option}`)
    })
    assert.deepStrictEqual(
      missing.filter((option) => !(option in optionsOfEffect)),
      []
    )
    assert.deepStrictEqual(
      Object.keys(optionsOfEffect).filter((option) => !missing.includes(option)),
      []
    )
    const all = effect.reduce((count, name) => count + optionsOf(name).size, 0)
    assert.isAbove(all, 100)
  })

  it("neither takes nor returns a value of Effect, or the reason for it is listed", () => {
    const isShown = (one: (typeof reached)[number]) =>
      shown.some(({ path, type }) => type.test(one.type) && path.test(one.path))
    const unexplained = reached.filter((one) => !isShown(one))
    assert.deepStrictEqual(unexplained, [])
    const stale = shown.filter(({ path, type }) => !reached.some((one) => type.test(one.type) && path.test(one.path)))
    assert.deepStrictEqual(
      stale.map(({ reason }) => reason),
      []
    )
  })
})
