import { FormatName, PathName } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { element, elements, foreign, mutated, path, queueAlphabet, recased, refusal, single } from "./support/names.ts"

const guid = "ae0c5671-f190-12ce-ae10-00dd0114290f"
const parse = (input: string): FormatName.FormatName => Result.getOrThrow(FormatName.parse(input))
const refused = (input: string) => refusal(FormatName.parse(input))
const canonical = (input: string): string => FormatName.format(parse(input))

const either = (input: string) => Result.getOrThrow(FormatName.fromString(input))

const uses: ReadonlyArray<FormatName.NameUse> = [
  "create",
  "send",
  "receive",
  "move",
  "responseQueue",
  "adminQueue",
  "delete"
]
const usesOf = (input: string): string => {
  const name = either(input)
  return uses.filter((use) => FormatName.supports(name, use)).join(" ")
}

const directName = (pathName: string): string =>
  FormatName.format(FormatName.fromPathName(Result.getOrThrow(PathName.parse(pathName))))

describe("FormatName", () => {
  describe("reading and printing", () => {
    it("every kind of name is read into its parts (B-15)", () => {
      const whole = { journal: false, subqueue: null }
      const direct = { _tag: "Direct", protocol: "os", address: "server", isPrivate: false, queue: "orders", ...whole }
      const cases: ReadonlyArray<readonly [string, object]> = [
        ["DIRECT=OS:server\\orders", direct],
        ["DIRECT=OS:server\\private$\\orders", { ...direct, isPrivate: true }],
        ["DIRECT=OS:server\\orders;JOURNAL", { ...direct, journal: true }],
        ["DIRECT=OS:server\\orders;retry", { ...direct, subqueue: "retry" }],
        ["DIRECT=TCP:10.0.0.7\\orders", { ...direct, protocol: "tcp", address: "10.0.0.7" }],
        ["DIRECT=TCP:fe80::1\\orders", { ...direct, protocol: "tcp", address: "fe80::1" }],
        ["DIRECT=HTTP://server/MSMQ\\orders", { ...direct, protocol: "http" }],
        ["DIRECT=HTTPS://server:81/MSMQ\\orders", { ...direct, protocol: "https", address: "server:81" }],
        ["DIRECT=IPX:1:2a\\orders", { ...direct, protocol: "ipx", address: "1:2a" }],
        [
          "DIRECT=OS:server\\SYSTEM$;DEADXACT",
          { _tag: "DirectSystem", protocol: "os", address: "server", systemQueue: "deadxact" }
        ],
        [`PUBLIC=${guid}`, { _tag: "Public", queueGuid: guid, journal: false }],
        [`PUBLIC=${guid};JOURNAL`, { _tag: "Public", queueGuid: guid, journal: true }],
        [`PRIVATE=${guid}\\0000000d`, { _tag: "Private", computerGuid: guid, queueNumber: 13, journal: false }],
        [
          `PRIVATE=${guid}\\ffffffff;JOURNAL`,
          { _tag: "Private", computerGuid: guid, queueNumber: 0xffffffff, journal: true }
        ],
        [`DL=${guid}`, { _tag: "DistributionList", listGuid: guid, domain: null }],
        [`DL=${guid}@example.com`, { _tag: "DistributionList", listGuid: guid, domain: "example.com" }],
        [`MACHINE=${guid};DEADLETTER`, { _tag: "Machine", computerGuid: guid, systemQueue: "deadletter" }],
        [`CONNECTOR=${guid}`, { _tag: "Connector", connectorGuid: guid, xactOnly: false }],
        [`CONNECTOR=${guid};XACTONLY`, { _tag: "Connector", connectorGuid: guid, xactOnly: true }],
        ["MULTICAST=234.1.1.1:8001", { _tag: "Multicast", address: "234.1.1.1", port: 8001 }]
      ]
      for (const [input, name] of cases) {
        assert.deepStrictEqual<object>(parse(input), name)
        assert.strictEqual(canonical(input), input)
      }
    })

    it.prop("every name that is printed is read back as it was", [single], ([name]) => {
      assert.deepStrictEqual(parse(FormatName.format(name)), name)
    })

    it.prop("every list that is printed is read back as it was", [elements], ([elements]) => {
      const list = Result.getOrThrow(FormatName.multiple(elements))
      assert.deepStrictEqual<FormatName.FormatName>(parse(FormatName.format(list)), list)
    })

    it.prop(
      "any text is refused at a position within it, or read and printed back",
      [Schema.String, mutated(single.pipe(Arbitrary.map(FormatName.format)))],
      (inputs) => {
        for (const input of inputs) {
          const result = FormatName.parse(input)
          if (Result.isSuccess(result)) {
            assert.deepStrictEqual(parse(FormatName.format(result.success)), result.success)
          } else {
            const { position } = refusal(result)
            assert.isTrue(position >= 0 && position <= input.length)
          }
        }
      },
      { arbitrary: { runs: 1000 } }
    )

    it("a URL is read with either slash", () => {
      assert.strictEqual(
        canonical("DIRECT=HTTP://server/msmq/private$/orders"),
        "DIRECT=HTTP://server/MSMQ\\private$\\orders"
      )
      assert.strictEqual(canonical("DIRECT=HTTP://server/MSMQ/a/b"), "DIRECT=HTTP://server/MSMQ\\a/b")
      assert.strictEqual(canonical("DIRECT=HTTPS://[::1]:443/MSMQ\\q"), "DIRECT=HTTPS://[::1]:443/MSMQ\\q")
    })

    it("addresses must be addresses of their protocol", () => {
      const cases: ReadonlyArray<readonly [string, number]> = [
        ["DIRECT=TCP:server\\q", 11],
        ["DIRECT=TCP:10.0.0\\q", 17],
        ["DIRECT=TCP:10.0.0.256\\q", 18],
        ["DIRECT=TCP:10.0.0.07\\q", 18],
        ["DIRECT=TCP:10.0.0.7.8\\q", 19],
        ["DIRECT=TCP:1::2::3\\q", 11],
        ["DIRECT=TCP:1:2:3:4:5:6:7\\q", 11],
        ["DIRECT=TCP:12345::\\q", 11],
        ["DIRECT=TCP:1:2:3:4:5:6:7::8\\q", 11],
        ["DIRECT=IPX:123456789:1\\q", 11],
        ["DIRECT=IPX:1:1234567890123\\q", 11],
        ["DIRECT=IPX:12\\q", 11],
        ["DIRECT=OS:\\q", 10],
        ["DIRECT=HTTP:server\\q", 12],
        ["DIRECT=HTTP:///MSMQ\\q", 14],
        ["DIRECT=HTTP://server\\q", 20],
        ["DIRECT=HTTP://server:/MSMQ\\q", 21],
        ["DIRECT=HTTP://server:65536/MSMQ\\q", 21],
        ["DIRECT=HTTP://server/orders\\q", 20],
        ["DIRECT=HTTP://[::1/MSMQ\\q", 18],
        ["DIRECT=FTP:server\\q", 7],
        ["DIRECT=OS:server/q", 18]
      ]
      for (const [input, position] of cases) {
        assert.strictEqual(refused(input).position, position, input)
      }
    })

    it("identifiers and suffixes must be those of their kind", () => {
      const cases: ReadonlyArray<readonly [string, number]> = [
        ["", 0],
        ["orders", 0],
        ["DIRECT", 0],
        [".\\private$\\orders", 0],
        [`PUBLIC={${guid}}`, 7],
        [`PUBLIC=${guid}0`, 43],
        [`PUBLIC=${guid.slice(0, -1)}`, 42],
        [`PUBLIC=${guid.replace("-", "")}`, 15],
        [`PUBLIC=${guid};DEADLETTER`, 43],
        [`PUBLIC=${guid};JOURNAL;JOURNAL`, 51],
        [`PRIVATE=${guid}`, 44],
        [`PRIVATE=${guid}\\`, 45],
        [`PRIVATE=${guid}\\123456789`, 53],
        [`PRIVATE=${guid}\\1;retry`, 46],
        [`DL=${guid};JOURNAL`, 39],
        [`DL=${guid}@`, 40],
        [`DL=${guid}@${"d".repeat(256)}`, 295],
        [`MACHINE=${guid}`, 44],
        [`MACHINE=${guid};XACTONLY`, 45],
        [`CONNECTOR=${guid};JOURNAL`, 46],
        ["MULTICAST=223.1.1.1:1", 10],
        ["MULTICAST=240.1.1.1:1", 10],
        ["MULTICAST=234.1.1.1", 19],
        ["MULTICAST=234.1.1.1:65536", 20],
        ["MULTICAST=234.1.1.1:1;JOURNAL", 21]
      ]
      for (const [input, position] of cases) {
        assert.strictEqual(refused(input).position, position, input)
      }
    })

    it("a refusal carries the operation, the input and what to do", () => {
      const failure = Result.getOrThrow(Result.flip(FormatName.parse("DIRECT=OS:server\\my+orders")))
      assert.strictEqual(failure.operation, "FormatName.parse")
      assert.deepStrictEqual(failure.reason, {
        _tag: "IllegalName",
        input: "DIRECT=OS:server\\my+orders",
        position: 19,
        rule: 'a queue name has 1 to 124 characters without a line break, NUL or any of " + , ; \\, so not "+" here'
      })
    })

    it("a queue name has at most 124 characters (B-01)", () => {
      const name = `DIRECT=OS:server\\private$\\${"q".repeat(124)}`
      assert.strictEqual(canonical(name), name)
      assert.strictEqual(refused(`${name}q`).position, name.length)
    })

    it("a queue name holds no backslash, semicolon, plus, comma or double quote (B-02)", () => {
      for (const character of '\\+"') {
        assert.strictEqual(refused(`DIRECT=OS:server\\or${character}ders`).position, 19)
      }
      // These two begin a suffix and another element.
      assert.strictEqual(refused("DIRECT=OS:server\\or;").position, 20)
      assert.strictEqual(refused("DIRECT=OS:server\\or,ders").position, 20)
      assert.strictEqual(canonical(`DIRECT=OS:server\\${queueAlphabet}`), `DIRECT=OS:server\\${queueAlphabet}`)
    })

    it("a queue name holds spaces, characters beyond ASCII and all others but seven (B-03)", () => {
      for (const queue of ["my orders", " ", "a\tb", foreign, "\ud800", "a=b"]) {
        for (const at of ["DIRECT=OS:s\u00e9rver", "DIRECT=TCP:10.0.0.7", "DIRECT=HTTP://server/MSMQ"]) {
          for (const name of [`${at}\\${queue}`, `${at}\\private$\\${queue}`, `${at}\\q;${queue}`]) {
            assert.strictEqual(canonical(name), name)
          }
          assert.strictEqual(canonical(`${at}\\${queue};JOURNAL`), `${at}\\${queue};JOURNAL`)
        }
      }
      for (const character of ["\r", "\n", "\0"]) {
        assert.strictEqual(refused(`DIRECT=OS:server\\my${character}orders`).position, 19)
      }
      assert.strictEqual(refused("DIRECT=OS:ser ver\\orders").position, 13)
    })

    it.prop(
      "names that differ only in letter case are equal (B-04)",
      [
        Arbitrary.all([single, elements]).pipe(
          Arbitrary.flatMap(([single, elements]) =>
            Arbitrary.all(
              [single, Result.getOrThrow(FormatName.multiple(elements))].map((name) =>
                Arbitrary.all([Arbitrary.Constant(name), recased(FormatName.format(name))])
              )
            )
          )
        )
      ],
      ([names]) => {
        for (const [name, input] of names) {
          assert.isTrue(FormatName.equals(name, parse(input)))
          assert.isTrue(FormatName.equals(parse(input))(name))
        }
      }
    )

    it.prop("names that are equal print alike but for letter case", [element, element], ([one, other]) => {
      assert.strictEqual(
        FormatName.equals(one, other),
        FormatName.format(one).toLowerCase() === FormatName.format(other).toLowerCase()
      )
    })

    it("keywords are read in any case (B-05)", () => {
      assert.strictEqual(
        canonical("direct=os:Server\\PRIVATE$\\Orders;Journal"),
        "DIRECT=OS:Server\\private$\\Orders;JOURNAL"
      )
      assert.strictEqual(
        canonical("Direct=Https://Server/msmq\\system$;deadletter"),
        "DIRECT=HTTPS://Server/MSMQ\\SYSTEM$;DEADLETTER"
      )
      for (const input of [
        `dl=${guid}`,
        `machine=${guid};journal`,
        `connector=${guid};xactonly`,
        "multicast=234.1.1.1:1"
      ]) {
        assert.strictEqual(canonical(input), input.toUpperCase().replace(guid.toUpperCase(), guid))
      }
    })

    it("a dot is this computer (B-12)", () => {
      assert.strictEqual(canonical("DIRECT=OS:.\\private$\\orders"), "DIRECT=OS:.\\private$\\orders")
    })

    it("two addresses of one computer are two names (B-13)", () => {
      assert.isFalse(FormatName.equals(parse("DIRECT=TCP:127.0.0.1\\q"), parse("DIRECT=OS:localhost\\q")))
    })

    it("the number of a private queue is one number, however many zeros lead it", () => {
      assert.isTrue(FormatName.equals(parse(`PRIVATE=${guid}\\D`), parse(`PRIVATE=${guid}\\0000000d`)))
    })

    it("a computer name has at most 256 characters", () => {
      const name = `DIRECT=OS:${"c".repeat(256)}\\q`
      assert.strictEqual(canonical(name), name)
      assert.strictEqual(refused(`DIRECT=OS:c${"c".repeat(256)}\\q`).position, 266)
    })

    it("neither a journal nor a subqueue has subqueues (B-35)", () => {
      const { position, rule } = refused("DIRECT=OS:server\\orders;JOURNAL;retry")
      assert.strictEqual(position, 31)
      assert.include(rule, "neither a journal nor a subqueue has subqueues")
      assert.strictEqual(refused("DIRECT=OS:server\\orders;retry;retry").position, 29)
      assert.strictEqual(refused("DIRECT=OS:server\\SYSTEM$;JOURNAL;retry").position, 32)
    })

    it("retry and poison are ordinary subqueues (B-37)", () => {
      assert.strictEqual(canonical("DIRECT=OS:server\\orders;poison"), "DIRECT=OS:server\\orders;poison")
    })

    it("a reserved word is no subqueue (B-38)", () => {
      for (const word of ["deadletter", "DEADXACT", "XactOnly"]) {
        assert.strictEqual(refused(`DIRECT=OS:server\\orders;${word}`).position, 24)
      }
      assert.include(parse("DIRECT=OS:server\\orders;journal"), { journal: true, subqueue: null })
      assert.include(parse("DIRECT=OS:server\\orders;journals"), { journal: false, subqueue: "journals" })
    })

    it("a subqueue name has at most 32 characters (B-39)", () => {
      const name = `DIRECT=OS:server\\orders;${"s".repeat(32)}`
      assert.strictEqual(canonical(name), name)
      assert.strictEqual(refused(`${name}s`).position, name.length)
    })
  })

  describe("lists", () => {
    it("a list holds each name once, in order (B-19)", () => {
      assert.strictEqual(
        canonical(`PUBLIC=${guid},DIRECT=OS:b\\q,direct=os:A\\q,DIRECT=OS:B\\Q,public=${guid.toUpperCase()}`),
        `DIRECT=OS:A\\q,DIRECT=OS:b\\q,PUBLIC=${guid}`
      )
    })

    it("a list of one name is that name (B-19)", () => {
      assert.strictEqual(parse("DIRECT=OS:a\\q,direct=os:A\\Q")._tag, "Direct")
      const one: FormatName.Element = { _tag: "Multicast", address: "234.1.1.1", port: 1 }
      assert.deepStrictEqual(Result.getOrThrow(FormatName.multiple([one, one])), one)
    })

    it.prop("the order and number of mentions make no difference (B-19)", [elements], ([elements]) => {
      const list = Result.getOrThrow(FormatName.multiple(elements))
      const again = Result.getOrThrow(FormatName.multiple([...elements.toReversed(), ...elements]))
      assert.isTrue(FormatName.equals(list, again))
      const members = list._tag === "Multiple" ? list.elements : [list]
      const keys = members.map((member) => FormatName.format(member).toLowerCase())
      assert.deepStrictEqual(keys, Array.from(new Set(keys)).toSorted())
      assert.deepStrictEqual(
        new Set(keys),
        new Set(elements.map((element) => FormatName.format(element).toLowerCase()))
      )
    })

    it("a list holds no name that cannot be sent to (B-21)", () => {
      for (const name of [
        "DIRECT=OS:server\\orders;JOURNAL",
        "DIRECT=OS:server\\orders;retry",
        "DIRECT=OS:server\\SYSTEM$;DEADLETTER",
        `PUBLIC=${guid};JOURNAL`,
        `PRIVATE=${guid}\\1;JOURNAL`,
        `MACHINE=${guid};JOURNAL`
      ]) {
        assert.strictEqual(refused(`DIRECT=OS:server\\orders,${name}`).position, 24)
        assert.strictEqual(refused(`${name},DIRECT=OS:server\\orders`).position, 0)
        assert.strictEqual(parse(name)._tag === "Multiple", false)
      }
    })

    it("such a list does not compile either (B-21)", () => {
      const journal: FormatName.Machine = { _tag: "Machine", computerGuid: guid, systemQueue: "journal" }
      // @ts-expect-error a machine's queues are read-only
      assert.strictEqual(refusal(FormatName.multiple([journal])).position, 0)
      const both = { _tag: "Direct", protocol: "os", address: "a", isPrivate: false, queue: "q" } as const
      // @ts-expect-error a journal has no subqueue
      const name: FormatName.Direct = { ...both, journal: true, subqueue: "retry" }
      assert.strictEqual(name._tag, "Direct")
    })

    it("an empty list, or an empty place in a list, is refused", () => {
      assert.strictEqual(refusal(FormatName.multiple([])).position, 0)
      assert.strictEqual(refused("DIRECT=OS:a\\q,").position, 14)
      assert.strictEqual(refused("DIRECT=OS:a\\q,,DIRECT=OS:b\\q").position, 14)
    })
  })

  describe("what a name is good for", () => {
    it("a path name is good for creating a queue, and no more (B-06)", () => {
      assert.strictEqual(usesOf("server\\orders"), "create")
      assert.strictEqual(usesOf(".\\private$\\orders"), "create")
      assert.strictEqual(usesOf(".\\system$;JOURNAL"), "")
    })

    it("a list can be sent to, and answered to, and no more (B-16)", () => {
      assert.strictEqual(usesOf("DIRECT=OS:a\\q,DIRECT=OS:b\\q"), "send responseQueue adminQueue")
      assert.strictEqual(usesOf(`DL=${guid}`), "send responseQueue adminQueue")
    })

    it("every element of a list can be sent to by itself (B-18)", () => {
      assert.strictEqual(usesOf(`CONNECTOR=${guid}`), "send receive")
    })

    it.prop("whatever may be an element can be sent to (B-18)", [element], ([element]) => {
      assert.isTrue(FormatName.supports(element, "send"))
    })

    it("a distribution list may be an element (B-20)", () => {
      assert.strictEqual(parse(`DL=${guid},DIRECT=OS:a\\q`)._tag, "Multiple")
    })

    it("nothing is received by HTTP, HTTPS or multicast (B-22)", () => {
      assert.strictEqual(usesOf("DIRECT=HTTP://server/MSMQ\\q"), "send responseQueue adminQueue")
      assert.strictEqual(usesOf("DIRECT=HTTPS://server/MSMQ\\q"), "send responseQueue adminQueue")
      assert.strictEqual(usesOf("DIRECT=HTTPS://server/MSMQ\\q;JOURNAL"), "")
      assert.strictEqual(usesOf("DIRECT=HTTPS://server/MSMQ\\SYSTEM$;JOURNAL"), "")
      assert.strictEqual(usesOf("MULTICAST=234.1.1.1:1"), "send responseQueue")
    })

    it("the journals and dead-letter queues of a machine are only received from (B-23)", () => {
      for (const name of [`MACHINE=${guid};DEADXACT`, "DIRECT=OS:server\\SYSTEM$;DEADLETTER"]) {
        assert.strictEqual(usesOf(name), "receive")
      }
    })

    it("the journal of a queue is only received from", () => {
      for (const name of [`PUBLIC=${guid};JOURNAL`, `PRIVATE=${guid}\\1;JOURNAL`, "DIRECT=OS:server\\q;JOURNAL"]) {
        assert.strictEqual(usesOf(name), "receive")
      }
    })

    it("a queue is deleted by its GUID, not by a direct name (B-24)", () => {
      assert.strictEqual(usesOf("DIRECT=OS:server\\q"), "send receive move responseQueue adminQueue")
      assert.strictEqual(usesOf("DIRECT=TCP:10.0.0.7\\q"), "send receive move responseQueue adminQueue")
      assert.strictEqual(usesOf(`PUBLIC=${guid}`), "send receive move responseQueue adminQueue delete")
      assert.strictEqual(usesOf(`PRIVATE=${guid}\\1`), "send receive move responseQueue adminQueue delete")
    })

    it("a subqueue is received from and moved to, but not sent to (B-32)", () => {
      assert.strictEqual(usesOf("DIRECT=OS:server\\q;retry"), "receive move")
    })

    it("a subqueue is not created by name (B-33)", () => {
      assert.strictEqual(usesOf("server\\q;retry"), "")
    })
  })

  describe("path names", () => {
    it("a keyword before any backslash tells a format name from a path name", () => {
      assert.strictEqual(either("direct=os:server\\orders")._tag, "Direct")
      assert.strictEqual(either("server\\orders")._tag, "QueuePath")
      assert.strictEqual(either("server\\a=b")._tag, "QueuePath")
      const failure = Result.getOrThrow(Result.flip(FormatName.fromString("DIRCT=OS:server\\orders")))
      assert.strictEqual(failure.operation, "FormatName.parse")
    })

    it.prop("what is printed is told apart and read back", [path, single], ([path, single]) => {
      assert.deepStrictEqual<unknown>(either(PathName.format(path)), path)
      assert.deepStrictEqual<unknown>(either(FormatName.format(single)), single)
      assert.isTrue(PathName.isPathName(path))
      assert.isFalse(PathName.isPathName(single))
    })

    it("a path name becomes a direct name by computer name (B-07)", () => {
      assert.strictEqual(directName("server\\private$\\orders;retry"), "DIRECT=OS:server\\private$\\orders;retry")
      assert.strictEqual(directName(".\\system$;journal"), "DIRECT=OS:.\\SYSTEM$;JOURNAL")
    })

    it.prop("every path name becomes a legal format name (B-07)", [path], ([path]) => {
      const name = FormatName.fromPathName(path)
      assert.deepStrictEqual<unknown>(parse(FormatName.format(name)), name)
    })
  })

  describe("constructors", () => {
    const make: {
      readonly [Name in FormatName.SingleFormatName as Name["_tag"]]: (
        name: Name
      ) => Result.Result<FormatName.FormatName, unknown>
    } = {
      Direct: FormatName.direct,
      DirectSystem: FormatName.directSystem,
      Public: FormatName.public,
      Private: FormatName.private,
      DistributionList: FormatName.distributionList,
      Machine: FormatName.machine,
      Connector: FormatName.connector,
      Multicast: FormatName.multicast
    }

    it.prop("a name that is made of the fields of one is that one", [single], ([name]) => {
      const constructor = make[name._tag] as (name: FormatName.SingleFormatName) => Result.Result<unknown, unknown>
      assert.deepStrictEqual(Result.getOrThrow(constructor(name)), name)
    })

    it("what is left out has its usual value", () => {
      assert.strictEqual(
        FormatName.format(Result.getOrThrow(FormatName.direct({ address: "server", queue: "orders" }))),
        "DIRECT=OS:server\\orders"
      )
      assert.strictEqual(
        FormatName.format(Result.getOrThrow(FormatName.connector({ connectorGuid: guid }))),
        `CONNECTOR=${guid}`
      )
    })

    it("each field is checked by itself, so none reaches into the next", () => {
      const cases = [
        [FormatName.direct({ address: "server\\private$", queue: "q" }), "server\\private$", 6],
        [FormatName.direct({ address: "server", queue: "q;JOURNAL" }), "q;JOURNAL", 1],
        [FormatName.direct({ address: "server", queue: "q", subqueue: "journal" }), "journal", 0],
        [FormatName.direct({ protocol: "tcp", address: "server", queue: "q" }), "server", 0],
        [FormatName.direct({ address: "server", queue: "q,DIRECT=OS:evil\\q" }), "q,DIRECT=OS:evil\\q", 1],
        [FormatName.directSystem({ address: "a;b", systemQueue: "journal" }), "a;b", 1],
        [FormatName.public({ queueGuid: `{${guid}}` }), `{${guid}}`, 0],
        [FormatName.private({ computerGuid: guid, queueNumber: -1 }), "-1", 0],
        [FormatName.private({ computerGuid: guid, queueNumber: 2 ** 32 }), "100000000", 8],
        [FormatName.private({ computerGuid: guid, queueNumber: 0.5 }), "0.8", 1],
        [FormatName.distributionList({ listGuid: guid, domain: "a,b" }), "a,b", 1],
        [FormatName.machine({ computerGuid: "", systemQueue: "journal" }), "", 0],
        [FormatName.connector({ connectorGuid: `${guid};XACTONLY` }), `${guid};XACTONLY`, 36],
        [FormatName.multicast({ address: "10.0.0.7", port: 1 }), "10.0.0.7", 0],
        [FormatName.multicast({ address: "234.1.1.1", port: 65536 }), "65536", 0]
      ] as const
      for (const [result, input, position] of cases) {
        const reason = refusal<FormatName.FormatName>(result)
        assert.deepStrictEqual([reason.input, reason.position], [input, position])
      }
    })

    it("what is no number at all is refused as an option", () => {
      const result = FormatName.private({ computerGuid: guid, queueNumber: Number.NaN })
      assert(Result.isFailure(result) && result.failure.reason._tag === "IllegalOption")
      assert.deepStrictEqual([result.failure.reason.option, result.failure.reason.actual], ["queueNumber", "NaN"])
    })
  })
})
