import { SecurityDescriptor } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { mutated } from "./support/names.ts"
import { descriptorBytes, securityDescriptor } from "./support/securityDescriptors.ts"

const parse = (text: string) => Result.getOrThrow(SecurityDescriptor.parse(text))
const format = (descriptor: SecurityDescriptor.SecurityDescriptor) =>
  Result.getOrThrow(SecurityDescriptor.format(descriptor))
const fromBytes = (bytes: Uint8Array) => Result.getOrThrow(SecurityDescriptor.fromBytes(bytes))

const refused = (text: string) => {
  const { reason } = Result.getOrThrow(Result.flip(SecurityDescriptor.parse(text)))
  assert(reason._tag === "IllegalSddl")
  return reason
}
const unreadable = <A>(result: Result.Result<A, { readonly reason: { readonly _tag: string } }>) => {
  const { reason } = Result.getOrThrow(Result.flip(result))
  assert.strictEqual(reason._tag, "UnreadableSecurityDescriptor")
  return "rule" in reason ? String(reason.rule) : ""
}

/** The example of MS-DTYP 2.5.1.4: a text, and the bytes that Windows makes of it. */
const published = {
  text: "O:BAG:BAD:P(A;CIOI;GRGX;;;BU)(A;CIOI;GA;;;BA)(A;CIOI;GA;;;SY)(A;CIOI;GA;;;CO)S:P(AU;FA;GR;;;WD)",
  bytes: `
    01 00 14 b0 90 00 00 00 a0 00 00 00 14 00 00 00 30 00 00 00 02 00 1c 00 01 00 00 00 02 80 14 00
    00 00 00 80 01 01 00 00 00 00 00 01 00 00 00 00 02 00 60 00 04 00 00 00 00 03 18 00 00 00 00 a0
    01 02 00 00 00 00 00 05 20 00 00 00 21 02 00 00 00 03 18 00 00 00 00 10 01 02 00 00 00 00 00 05
    20 00 00 00 20 02 00 00 00 03 14 00 00 00 00 10 01 01 00 00 00 00 00 05 12 00 00 00 00 03 14 00
    00 00 00 10 01 01 00 00 00 00 00 03 00 00 00 00 01 02 00 00 00 00 00 05 20 00 00 00 20 02 00 00
    01 02 00 00 00 00 00 05 20 00 00 00 20 02 00 00`
}

describe("text and bytes of a security descriptor", () => {
  it("the published example has the published bytes, both ways", () => {
    const bytes = Buffer.from(published.bytes.replaceAll(/\s/g, ""), "hex")
    assert.strictEqual(
      Buffer.from(SecurityDescriptor.toBytes(parse(published.text))).toString("hex"),
      bytes.toString("hex")
    )
    assert.strictEqual(format(fromBytes(bytes)), published.text.replaceAll("CIOI", "OICI"))
  })

  it.prop("bytes, text and bytes again are the same", [securityDescriptor], ([descriptor]) => {
    const bytes = descriptorBytes(descriptor)
    const read = fromBytes(bytes)
    assert.deepStrictEqual(read, descriptor)
    assert.deepStrictEqual(SecurityDescriptor.toBytes(parse(format(read))), bytes)
  })

  it.prop(
    "any text is refused at a position within it, or has one text from then on",
    [
      Schema.String,
      mutated(securityDescriptor.pipe(Arbitrary.map(format))),
      mutated(Arbitrary.Constant(published.text))
    ],
    (texts) => {
      for (const text of texts) {
        const result = SecurityDescriptor.parse(text)
        if (Result.isSuccess(result)) {
          const printed = format(result.success)
          assert.strictEqual(format(fromBytes(SecurityDescriptor.toBytes(parse(printed)))), printed)
        } else {
          const { position } = refused(text)
          assert.isTrue(position >= 0 && position <= text.length)
        }
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it.prop(
    "bytes that are cut short, or of which one is changed, are refused or read, never a crash",
    [securityDescriptor, Schema.Natural],
    ([descriptor, at]) => {
      const bytes = descriptorBytes(descriptor)
      for (const broken of [bytes.subarray(0, at % bytes.length), bytes.with(at % bytes.length, 0xff)]) {
        const result = SecurityDescriptor.fromBytes(broken)
        if (Result.isSuccess(result)) SecurityDescriptor.toBytes(result.success)
        else assert.isNotEmpty(unreadable(result))
      }
    }
  )
})

describe("reading", () => {
  it.each([
    ["letters", "GRGW", 0xc000_0000],
    ["letters in lower case", "grgw", 0xc000_0000],
    ["the standard ones", "RCSDWDWO", 0x000f_0000],
    ["those of keys and directories", "KA", 0x000f_003f],
    ["and CC", "CCDC", 3],
    ["hexadecimal digits", "0x2002B", 0x2_002b],
    ["decimal digits", "36", 36],
    ["octal digits", "044", 36],
    ["zero", "0", 0],
    ["nothing", "", 0],
    ["32 bits", "0xffffffff", 0xffff_ffff]
  ])("rights are %s: %s", (_, rights, mask) => {
    const [entry] = parse(`D:(A;;${rights};;;WD)`).dacl?.entries ?? []
    assert(entry !== undefined && entry.kind !== "other")
    assert.strictEqual(entry.rights, mask)
  })

  it("parts may be in any order, with lines between them and their entries", () => {
    const text = `
      D:PAI
        (A;;GA;;;BA)
        (D;OICIIO;0x4;;;AN)
      O:SY
    `
    assert.strictEqual(format(parse(text)), "O:SYD:PAI(A;;GA;;;BA)(D;OICIIO;0x4;;;AN)")
  })

  it("no list, an empty list and no word of a list are told apart", () => {
    assert.isNull(parse("D:NO_ACCESS_CONTROL").dacl?.entries)
    assert.deepStrictEqual(parse("D:").dacl?.entries, [])
    assert.isUndefined(parse("").dacl)
    for (const text of ["D:NO_ACCESS_CONTROL", "D:PNO_ACCESS_CONTROL", "D:", ""]) {
      assert.strictEqual(format(fromBytes(SecurityDescriptor.toBytes(parse(text)))), text)
    }
  })

  it("types of objects are GUIDs, and only of entries that have such", () => {
    const guid = "BF967ABA-0DE6-11D0-A285-00AA003049E2"
    assert.strictEqual(format(parse(`D:(OA;;0x10;${guid};;AU)`)), `D:(OA;;0x10;${guid.toLowerCase()};;AU)`)
    assert.strictEqual(refused(`D:(A;;0x10;${guid};;AU)`).position, 11)
  })

  it.each([
    ["hello", 0, "O:, G:, D: or S:"],
    ["O:BAO:SY", 4, "twice"],
    ["O:DA", 2, "S-1-5-21"],
    ["D:(X;;GA;;;BA)", 3, "A, D, AU"],
    ["D:(XA;;GA;;;BA;(Title==1))", 3, "not supported"],
    ["D:(A;ZZ;GA;;;BA)", 5, "OI CI"],
    ["D:(A;OIC;GA;;;BA)", 7, "two letters"],
    ["D:(A;;read;;;BA)", 6, "two letters"],
    ["D:(A;;0x1ffffffff;;;BA)", 6, "32 bits"],
    ["D:(A;;0x;;;BA)", 6, "32 bits"],
    ["D:(A;;09;;;BA)", 6, "32 bits"],
    ["D:(A;;GA;;BA)", 10, "leave it out"],
    ["D:(A;;GA;;;)", 11, "alias"],
    ["D:(A;;GA;;;BA;(x))", 13, "conditions"],
    ["D:(A;;GA;;;BA", 13, '")"'],
    ["D:NO_ACCESS_CONTROL(A;;GA;;;BA)", 19, "no list"]
  ])("%s is refused at %i: %s", (text, position, said) => {
    const { position: found, rule } = refused(text)
    assert.strictEqual(found, position)
    assert.include(rule, said)
  })

  it("a list of more than 65,535 bytes is refused, one of just as many is read", () => {
    const entries = (count: number) => `D:${"(A;;GA;;;WD)".repeat(count)}`
    assert.strictEqual(parse(entries(3276)).dacl?.entries?.length, 3276)
    assert.include(refused(entries(3277)).rule, "65535 bytes at most")
    const descriptor = parse(entries(1))
    const dacl = { ...descriptor.dacl!, entries: Array.from({ length: 3277 }, () => descriptor.dacl!.entries![0]!) }
    assert.throws(() => SecurityDescriptor.toBytes({ dacl }), RangeError)
  })
})

describe("an entry that only its bytes say", () => {
  const conditional = { kind: "other", type: 9, flags: 0, data: Uint8Array.of(1, 2, 3, 4) } as const
  const descriptor = { dacl: { ...parse("D:").dacl!, entries: [conditional] } }

  it("keeps its bytes", () => {
    assert.deepStrictEqual(fromBytes(SecurityDescriptor.toBytes(descriptor)), descriptor)
    assert.deepStrictEqual(SecurityDescriptor.toBytes(descriptor), descriptorBytes(descriptor))
  })

  it("has no text, and the error says so", () => {
    assert.include(unreadable(SecurityDescriptor.format(descriptor)), "type 0x09")
  })
})

describe("bytes", () => {
  it.each([
    ["too few", (bytes: Uint8Array) => bytes.subarray(0, 19), "20 bytes at least"],
    ["another revision", (bytes: Uint8Array) => bytes.with(0, 2), "revision is 1"],
    ["not self-relative", (bytes: Uint8Array) => bytes.with(3, 0), "not self-relative"],
    ["an owner in the header", (bytes: Uint8Array) => bytes.with(4, 4), "owner is not a SID"],
    ["a list outside", (bytes: Uint8Array) => bytes.with(17, 0xff), "D: is not an access control list"]
  ])("%s: refused", (_, broken, said) => {
    const bytes = SecurityDescriptor.toBytes(parse("O:BAD:(A;;GA;;;BA)"))
    assert.include(unreadable(SecurityDescriptor.fromBytes(broken(bytes))), said)
  })
})
