import { Sid } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { mutated } from "./support/names.ts"
import { sid, sidBytes } from "./support/securityDescriptors.ts"

const parse = (text: string) => Result.getOrThrow(Sid.parse(text))
const refused = (text: string) => {
  const { reason } = Result.getOrThrow(Result.flip(Sid.parse(text)))
  assert(reason._tag === "IllegalSddl")
  return reason
}

describe("Sid", () => {
  it.prop("every SID is read back from its text, from its short form and from its bytes", [sid], ([sid]) => {
    assert.strictEqual(parse(sid), sid)
    assert.strictEqual(parse(Sid.format(sid)), sid)
    assert.strictEqual(parse(sid.toLowerCase()), sid)
    assert.deepStrictEqual([...Sid.toBytes(sid)], [...sidBytes(sid)])
    assert.deepStrictEqual(Sid.fromBytes(Sid.toBytes(sid)), Option.some(sid))
  })

  it.prop("bytes that are cut short are none", [sid], ([sid]) => {
    const bytes = Sid.toBytes(sid)
    for (let size = 0; size < bytes.length; size++) {
      assert.deepStrictEqual(Sid.fromBytes(bytes.subarray(0, size)), Option.none())
    }
  })

  it("bytes of another revision, or with none or too many numbers, are none", () => {
    const bytes = (revision: number, count: number) => {
      const all = new Uint8Array(8 + 4 * 16)
      all.set([revision, count])
      return all
    }
    assert.isTrue(Option.isSome(Sid.fromBytes(bytes(1, 15))))
    for (const [revision, count] of [
      [0, 1],
      [2, 1],
      [1, 0],
      [1, 16]
    ] as const) {
      assert.deepStrictEqual(Sid.fromBytes(bytes(revision, count)), Option.none())
    }
  })

  it.each([
    ["WD", "S-1-1-0"],
    ["an", "S-1-5-7"],
    ["AU", "S-1-5-11"],
    ["SY", "S-1-5-18"],
    ["BA", "S-1-5-32-544"],
    ["UD", "S-1-5-84-0-0-0-0-0"]
  ])("the alias %s is %s", (alias, sid) => {
    assert.strictEqual(parse(alias), sid)
    assert.strictEqual(Sid.format(parse(sid)), alias.toUpperCase())
  })

  it.each(Object.entries(Sid.wellKnown))("%s is a SID in its one form", (_, sid) => {
    assert.strictEqual(parse(sid), sid)
  })

  it("an authority is in hexadecimal digits from 32 bits on", () => {
    assert.strictEqual(parse("S-1-0x5-18"), "S-1-5-18")
    assert.strictEqual(parse("S-1-4294967296-1"), "S-1-0x000100000000-1")
    assert.deepStrictEqual([...Sid.toBytes(parse("S-1-0x010203040506-7"))], [1, 1, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0])
  })

  it("an alias that means something else in each domain says how to write the SID", () => {
    const { position, rule } = refused("DA")
    assert.strictEqual(position, 0)
    assert.include(rule, "S-1-5-21-1-2-3-512")
  })

  it.each([
    ["", 0],
    ["S-2-5-18", 2],
    ["S-1-5", 5],
    ["S-1-05-18", 4],
    ["S-1-5-4294967296", 6],
    ["S-1-5-18-", 9],
    ["S-1-0x0000000000000-1", 6],
    [`S-1-5${"-1".repeat(16)}`, 5],
    ["everyone", 0],
    ["BAx", 2]
  ])("%j is refused at %i", (text, position) => {
    assert.strictEqual(refused(text).position, position)
  })

  it.prop(
    "any text is refused at a position within it, or read",
    [Schema.String, mutated(sid.pipe(Arbitrary.map(String)))],
    (texts) => {
      for (const text of texts) {
        const result = Sid.parse(text)
        if (Result.isSuccess(result)) assert.strictEqual(parse(result.success), result.success)
        else assert.isTrue(refused(text).position >= 0 && refused(text).position <= text.length)
      }
    }
  )
})
