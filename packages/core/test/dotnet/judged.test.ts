import type { MessageBody } from "@effect-msmq/core"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readFileSync, writeFileSync } from "node:fs"
import type { Comparison, Example } from "./comparison.ts"
import { agrees, print } from "./comparison.ts"
import { differences } from "./differences.ts"
import { page, renewed } from "./documentation.ts"
import { dotnets, program, timeZone } from "./dotnets.ts"
import type { DotNet } from "./dotnets.ts"
import type { Answer } from "./Judge.ts"
import { Judge } from "./Judge.ts"
import { damage } from "./mutations.ts"
import type { Row, Sample } from "./Row.ts"
import { activeXRows, xmlRows } from "./Row.ts"

const count = Number(process.env["JUDGED_VALUES"] ?? 2000)
const seed = process.env["JUDGED_SEED"] ?? "a seed"

/** Starts the judge in a .NET; one that is not there is skipped, with the reason, unless it is required. */
const start = async ({ column, command, env, isRequired }: DotNet) => {
  const judge = new Judge(command, [program], { ...process.env, ...env, TZ: timeZone })
  try {
    const [description] = await judge.ask([["describe"]])
    assert(description !== undefined && "parts" in description)
    return [{ column, judge, name: column === "Core 2" ? ".NET Core 2.0" : description.parts[0] }]
  } catch (error) {
    if (isRequired) throw error
    console.log(`skipped: .NET ${column}: ${(error as Error).message}`)
    return []
  }
}

const started = (await Promise.all(dotnets.map(start))).flat()
afterAll(() => {
  for (const { judge } of started) judge.stop()
})

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8")

const resultOf = (answer: Answer | undefined): Result.Result<string, string> => {
  assert(answer !== undefined)
  return "parts" in answer ? Result.succeed(answer.parts[0]) : Result.fail(answer.refusal)
}

/** Fails where two disagree in a way that is not known, with the shortest documents that show it. */
const areAgreed = (comparisons: ReadonlyArray<Comparison>): void => {
  const unknown = comparisons.filter((one) => !agrees(one) && !differences.some(({ covers }) => covers(one)))
  const shortest = unknown.toSorted((one, other) => one.document.length - other.document.length).slice(0, 3)
  if (shortest.length > 0) {
    assert.fail(
      `${unknown.length} of ${comparisons.length} differ (--seed ${seed}), such as\n${shortest.map(print).join("\n")}`
    )
  }
}

interface Written {
  /** In the judge's notation. */
  readonly value: string
  readonly encoded: MessageBody.EncodedBody
}

const written = (samples: ReadonlyArray<Sample>): ReadonlyArray<Written> =>
  samples.map(({ encoded, value }) => ({
    value,
    encoded: Result.getOrThrowWith(encoded, (rule) => new Error(`The SDK does not write ${value}: it ${rule}`))
  }))

const withoutZeros = (value: string): string => value.replace(/^(dec:.*?\d)\.?0*$/, "$1")

/** Asks what .NET makes of documents. */
const readings = (judge: Judge, type: string, documents: ReadonlyArray<Uint8Array>) =>
  Effect.promise(() => judge.ask(documents.map((document) => ["read", type, base64(document)])))

const compared = (row: Row, dotnet: string, documents: ReadonlyArray<Uint8Array>, answers: ReadonlyArray<Answer>) =>
  documents.map((body, index): Comparison => ({
    row: row.name,
    dotnet,
    work: "reading",
    document: textOf(body),
    ours: row.read({ body, bodyType: 0 }),
    theirs: resultOf(answers[index])
  }))

/** Compares the documents of one value, but for the line breaks of the platform. */
const lettersOf = ({ name }: Row, dotnet: string, ours: string, theirs: string): Comparison => ({
  row: name,
  dotnet,
  work: "letters",
  document: ours,
  ours: Result.succeed(ours.replaceAll("\r\n", "\n")),
  theirs: Result.succeed(theirs.replaceAll("\r\n", "\n"))
})

for (const row of xmlRows) {
  const { name, type } = row
  describe(`XmlMessageFormatter, ${name}`, () => {
    let sampled: Effect.Effect<ReadonlyArray<Written>, Arbitrary.SampleError> = Effect.succeed([])
    beforeAll(() => {
      sampled = Effect.runSync(Effect.cached(Effect.map(row.samples(count, seed), written)))
    })
    afterAll(() => {
      sampled = Effect.succeed([])
    })

    for (const { column, judge, name: dotnet } of started) {
      it.effect(`${dotnet} reads what the SDK writes`, () =>
        Effect.gen(function* () {
          const all = yield* sampled
          const answers = yield* readings(
            judge,
            type,
            all.map(({ encoded }) => encoded.body)
          )
          areAgreed(
            all.map(({ encoded, value }, index) => ({
              row: name,
              dotnet,
              work: "writing",
              document: textOf(encoded.body),
              ours: Result.succeed(value),
              theirs: resultOf(answers[index])
            }))
          )
        })
      )

      it.effect(`the SDK reads what ${dotnet} writes`, () =>
        Effect.gen(function* () {
          const all = yield* sampled
          const answers = yield* Effect.promise(() => judge.ask(all.map(({ value }) => ["write", type, value])))
          const comparisons: Array<Comparison> = []
          for (const [index, { encoded, value }] of all.entries()) {
            const answer = answers[index]!
            // .NET 10 does not write control characters.
            if ("refusal" in answer) {
              assert.include(answer.refusal, "is an invalid character", value)
              continue
            }
            const body = bytesOf(answer.parts[0])
            const document = textOf(body)
            const ours = row.read({ body, bodyType: 0 })
            // What .NET does not read back from its own text, the SDK may read.
            if (!Result.isSuccess(ours) || ours.success !== value) {
              comparisons.push({
                row: name,
                dotnet,
                work: "reading",
                document,
                ours,
                theirs: Result.succeed(answer.parts[1])
              })
            }
            // The text itself is that of .NET Framework, but for the time zone of the machine.
            if (column === "Core 2" && !value.includes(":Local")) {
              comparisons.push(lettersOf(row, dotnet, textOf(encoded.body), document))
            }
          }
          areAgreed(comparisons)
        })
      )

      it.effect(`${dotnet} and the SDK read or refuse the same damaged documents`, () =>
        Effect.gen(function* () {
          const all = yield* sampled
          const damages = yield* Arbitrary.sampleEffect(damage, { count, seed: `${seed}/damage/${name}` })
          const documents = all.map(({ encoded }, index) => Buffer.from(damages[index]!(textOf(encoded.body))))
          areAgreed(compared(row, dotnet, documents, yield* readings(judge, type, documents)))
        })
      )
    }
  })
}

for (const row of activeXRows) {
  const { name, type } = row
  describe(`ActiveXMessageFormatter, ${name}`, () => {
    for (const { judge, name: dotnet } of started) {
      it.effect(`${dotnet} and the SDK read and write the same bytes`, () =>
        Effect.gen(function* () {
          const all = written(yield* row.samples(count, seed))
          const [reads, writes] = yield* Effect.promise(() =>
            Promise.all([
              judge.ask(all.map(({ encoded }) => ["readActiveX", String(encoded.bodyType), base64(encoded.body)])),
              judge.ask(all.map(({ value }) => ["writeActiveX", type, value]))
            ])
          )
          for (const [index, { encoded, value }] of all.entries()) {
            const read = Result.getOrThrow(resultOf(reads[index]))
            // Amounts of money equal each other whatever their zeros.
            assert.strictEqual(withoutZeros(read), withoutZeros(value))
            const answer = writes[index]!
            assert("parts" in answer, value)
            const [bodyType, body] = answer.parts
            assert.strictEqual(Number(bodyType), encoded.bodyType)
            assert.deepStrictEqual(row.read({ body: bytesOf(body), bodyType: Number(bodyType) }), Result.succeed(value))
            // Of NaN there are many.
            if (!value.endsWith("NaN")) assert.strictEqual(body, base64(encoded.body), value)
          }
        })
      )
    }
  })
}

/** Tries an example of what is known. */
const shown = (judge: Judge, dotnet: string, row: Row, { document, value = "", work }: Example) =>
  Effect.gen(function* () {
    const body = typeof document === "string" ? Buffer.from(document) : Result.getOrThrow(document).body
    const text = textOf(body)
    if (work === "letters") {
      const [answer] = yield* Effect.promise(() => judge.ask([["write", row.type, value]]))
      return lettersOf(row, dotnet, text, textOf(bytesOf(Result.getOrThrow(resultOf(answer)))))
    }
    const [reading] = compared(row, dotnet, [body], yield* readings(judge, row.type, [body]))
    return work === "reading" ? reading! : { ...reading!, work, ours: Result.succeed(value) }
  })

describe("what is meant to differ", () => {
  const rows = new Map(xmlRows.map((row) => [row.name, row]))
  for (const { covers, example, name } of differences) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const row = rows.get(example.row)
        assert(row !== undefined, `there is no row ${example.row}`)
        for (const { judge, name: dotnet } of started) {
          if (example.onlyIn?.test(dotnet) === false) continue
          const comparison = yield* shown(judge, dotnet, row, example)
          assert.isFalse(agrees(comparison), `it is so no longer: delete it\n${print(comparison)}`)
          assert.isTrue(covers(comparison), print(comparison))
        }
      })
    )
  }
})

it("docs/bodies.md shows what each .NET writes and loses", async () => {
  const shownOnPage = started.filter(({ column, name }) => column === "Core 2" || name.startsWith(`.NET ${column}.`))
  const judges = Object.fromEntries(shownOnPage.map(({ column, judge }) => [column, judge]))
  const text = readFileSync(page, "utf8")
  const now = await renewed(text, judges)
  if (process.env["JUDGED_DOCS"] === "write") writeFileSync(page, now)
  else assert.strictEqual(text, now, "npx --yes pnpm@12 test:dotnet -- --write-docs writes it anew")
})
