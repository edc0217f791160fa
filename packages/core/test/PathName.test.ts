import { PathName } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { computerAlphabet, foreign, mutated, path, queueAlphabet, recased, refusal } from "./support/names.ts"

const parse = (input: string): PathName.PathName => Result.getOrThrow(PathName.parse(input))
const refused = (input: string) => refusal(PathName.parse(input))

describe("PathName", () => {
  it("a private queue of this computer is read", () => {
    const orders = parse(".\\private$\\orders")
    assert.deepStrictEqual(orders, {
      _tag: "QueuePath",
      computer: ".",
      isPrivate: true,
      queue: "orders",
      subqueue: null
    })
    assert.isTrue(PathName.isLocal(orders))
  })

  it("public queues, subqueues and system queues of other computers are read", () => {
    assert.deepStrictEqual(parse("server\\orders;retry"), {
      _tag: "QueuePath",
      computer: "server",
      isPrivate: false,
      queue: "orders",
      subqueue: "retry"
    })
    assert.deepStrictEqual(parse("server\\system$;DEADXACT"), {
      _tag: "SystemQueuePath",
      computer: "server",
      systemQueue: "deadxact"
    })
    assert.isFalse(PathName.isLocal(parse("server\\orders")))
  })

  it.prop("every path name that is printed is read back as it was", [path], ([name]) => {
    assert.deepStrictEqual(parse(PathName.format(name)), name)
  })

  it.prop(
    "any text is refused at a position within it, or read and printed back",
    [Schema.String, mutated(path.pipe(Arbitrary.map(PathName.format)))],
    (inputs) => {
      for (const input of inputs) {
        const result = PathName.parse(input)
        if (Result.isSuccess(result)) {
          assert.deepStrictEqual(parse(PathName.format(result.success)), result.success)
          assert.strictEqual(PathName.format(result.success).toLowerCase(), input.toLowerCase())
        } else {
          const { position } = refusal(result)
          assert.isTrue(position >= 0 && position <= input.length)
        }
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it("a queue name has at most 124 characters (B-01)", () => {
    const queue = "q".repeat(124)
    assert.strictEqual(PathName.format(parse(`.\\private$\\${queue}`)), `.\\private$\\${queue}`)
    const { position, rule } = refused(`.\\private$\\${queue}q`)
    assert.strictEqual(position, `.\\private$\\${queue}`.length)
    assert.include(rule, "at most 124 characters")
    assert.include(refused(".\\private$\\").rule, "1 to 124")
  })

  it("a queue name holds no backslash, semicolon, plus, comma or double quote (B-02)", () => {
    for (const character of '\\;+,"') {
      const { position } = refused(`server\\or${character}`)
      assert.include([9, 10], position)
    }
    assert.strictEqual(refused("server\\or+ders").position, 9)
    assert.strictEqual(parse(`server\\${queueAlphabet}`)._tag, "QueuePath")
  })

  it("a queue name holds spaces, characters beyond ASCII and all others but seven (B-03)", () => {
    for (const queue of ["my orders", " ", "a\tb", "a\u001fb", "a\u0085b", foreign, "\ud800", "=", "a=b", "[x]"]) {
      for (const name of [`server\\${queue}`, `.\\private$\\${queue}`, `.\\private$\\q;${queue}`]) {
        assert.strictEqual(PathName.format(parse(name)), name)
        assert.strictEqual(PathName.format(parse(PathName.format(parse(name)))), name)
      }
      assert.strictEqual(Result.getOrThrow(PathName.queuePath({ queue, subqueue: queue })).queue, queue)
    }
    for (const character of ["\r", "\n", "\0", "+", '"']) {
      assert.strictEqual(refused(`server\\my${character}queue`).position, 9)
      assert.strictEqual(refused(`server\\q;my${character}queue`).position, 11)
    }
    assert.strictEqual(parse(`.\\private$\\${"\u4e2d".repeat(124)}`)._tag, "QueuePath")
    assert.include(
      refused(`.\\private$\\${"\ud83d\udce6".repeat(63)}`).rule,
      "at most 124 characters, and this one has 126"
    )
  })

  it("a computer name holds characters beyond ASCII, but no spaces", () => {
    assert.strictEqual(parse(`${foreign}\\q`).computer, foreign)
    for (const character of [" ", "\t", "\0", "\u0085", "\u00a0", "=", ",", ";"]) {
      assert.strictEqual(refused(`ser${character}ver\\q`).position, 3)
    }
  })

  it.prop(
    "names that differ only in letter case name the same queue (B-04)",
    [path.pipe(Arbitrary.flatMap((name) => Arbitrary.all([Arbitrary.Constant(name), recased(PathName.format(name))])))],
    ([[name, input]]) => {
      assert.isTrue(PathName.equals(name, parse(input)))
      assert.isFalse(PathName.equals(name, { ...name, computer: `${name.computer}x` }))
    }
  )

  it("keywords are read in any case (B-05)", () => {
    assert.deepStrictEqual(parse("server\\PRIVATE$\\orders"), parse("server\\private$\\orders"))
    assert.deepStrictEqual(parse("server\\System$;Journal"), parse("server\\system$;JOURNAL"))
  })

  it("a computer name has at most 256 characters", () => {
    const computer = "c".repeat(256)
    assert.strictEqual(parse(`${computer}\\q`).computer, computer)
    assert.strictEqual(refused(`c${computer}\\q`).position, 256)
    assert.strictEqual(refused("\\q").position, 0)
    assert.strictEqual(parse(`${computerAlphabet}\\q`).computer, computerAlphabet)
  })

  it("a subqueue has no subqueue (B-35)", () => {
    assert.strictEqual(refused("server\\orders;retry;retry").position, 19)
  })

  it("retry and poison are ordinary subqueues (B-37)", () => {
    for (const subqueue of ["retry", "poison", "POISON"]) {
      assert.strictEqual(PathName.format(parse(`server\\orders;${subqueue}`)), `server\\orders;${subqueue}`)
    }
  })

  it("no subqueue bears a reserved word (B-38)", () => {
    for (const word of ["journal", "DeadLetter", "DEADXACT", "xactonly"]) {
      assert.strictEqual(refused(`server\\orders;${word}`).position, 14)
      assert.strictEqual(refusal(PathName.queuePath({ queue: "orders", subqueue: word })).input, word)
    }
    assert.strictEqual(PathName.format(parse("server\\orders;journals")), "server\\orders;journals")
  })

  it("a subqueue name has at most 32 characters (B-39)", () => {
    const name = `server\\orders;${"s".repeat(32)}`
    assert.strictEqual(PathName.format(parse(name)), name)
    assert.strictEqual(refused(`${name}s`).position, name.length)
    assert.strictEqual(refused("server\\orders;").position, 14)
  })

  it("no queue is called private$ or system$", () => {
    assert.strictEqual(refused(".\\private$").position, 2)
    assert.strictEqual(refused(".\\Private$;retry").position, 2)
    assert.strictEqual(refused(".\\system$").position, 2)
    assert.strictEqual(refused(".\\system$;poison").position, 10)
  })

  it("backslashes lost in a string literal are explained", () => {
    // oxlint-disable-next-line no-useless-escape
    assert.include(refused(".\private$\orders").rule, "write each one twice")
  })

  it("a format name is no path name", () => {
    assert.strictEqual(refused("DIRECT=OS:server\\orders").position, 6)
  })

  it("constructors check each field and name this computer by default", () => {
    assert.deepStrictEqual(Result.getOrThrow(PathName.queuePath({ queue: "orders" })), parse(".\\orders"))
    assert.deepStrictEqual(
      Result.getOrThrow(
        PathName.queuePath({ computer: "server", isPrivate: true, queue: "orders", subqueue: "retry" })
      ),
      parse("server\\private$\\orders;retry")
    )
    assert.deepStrictEqual(
      Result.getOrThrow(PathName.systemQueuePath({ systemQueue: "journal" })),
      parse(".\\system$;JOURNAL")
    )
    const { input, position } = refusal(PathName.queuePath({ computer: "server", queue: "private$\\orders" }))
    assert.deepStrictEqual([input, position], ["private$\\orders", 0])
    assert.strictEqual(refusal(PathName.queuePath({ computer: "a\\b", queue: "q" })).position, 1)
    assert.strictEqual(refusal(PathName.systemQueuePath({ computer: "", systemQueue: "journal" })).position, 0)
  })

  it.prop("a path name that is made of the fields of one is that one", [path], ([name]) => {
    const made = name._tag === "QueuePath" ? PathName.queuePath(name) : PathName.systemQueuePath(name)
    assert.deepStrictEqual(Result.getOrThrow<PathName.PathName, unknown>(made), name)
  })
})
