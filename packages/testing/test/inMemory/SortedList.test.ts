import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SortedList } from "../../src/internal/queue/SortedList.ts"

const ascending = (a: number, b: number): number => a - b

/** Makes a generator of numbers below a limit, which look random and depend on the seed alone. */
const numbers = (seed: number) => {
  let state = seed >>> 0
  return (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** Asserts that a list has the items of a plain array, and finds the same neighbours of each key. */
const agree = (list: SortedList<number, number>, plain: ReadonlyArray<number>, keys: ReadonlyArray<number>): void => {
  assert.deepStrictEqual(list.all, plain)
  assert.deepStrictEqual([...list], plain)
  const backwards: Array<number> = []
  for (let item = list.last; item !== undefined; item = list.before(item)) backwards.push(item)
  assert.deepStrictEqual(backwards, plain.toReversed())
  assert.deepStrictEqual([list.first, list.last], [plain.at(0), plain.at(-1)])
  for (const key of keys) {
    assert.strictEqual(
      list.get(key),
      plain.find((one) => one === key)
    )
    assert.strictEqual(
      list.after(key),
      plain.find((one) => one > key)
    )
    assert.strictEqual(
      list.before(key),
      plain.findLast((one) => one < key)
    )
  }
}

describe("a sorted list", () => {
  it.effect.prop(
    "has the same items as an array that is sorted after each change, wherever it grows or shrinks",
    {
      seed: Schema.Int,
      phases: Schema.Array(
        Schema.Struct({
          adds: Schema.Literals([0.1, 0.5, 0.9]),
          where: Schema.Literals(["anywhere", "front", "back"])
        })
      ).check(Schema.isMaxLength(8))
    },
    ({ phases, seed }) =>
      Effect.sync(() => {
        const random = numbers(seed)
        const list = new SortedList<number, number>(ascending)
        const plain = new Set<number>()
        for (const { adds, where } of phases) {
          for (let step = 0; step < 2000; step++) {
            const isAdded = random(100) < adds * 100
            if (isAdded) {
              const ends = { anywhere: random(10_000), front: (list.first ?? 0) - 1, back: (list.last ?? 0) + 1 }
              if (plain.has(ends[where])) continue
              list.add(ends[where])
              plain.add(ends[where])
            } else {
              const near = list.after(random(10_000)) ?? -1
              const gone = { anywhere: near, front: list.first ?? -1, back: list.last ?? -1 }[where]
              list.delete(gone)
              plain.delete(gone)
            }
          }
          agree(
            list,
            [...plain].toSorted(ascending),
            Array.from({ length: 30 }, () => random(10_000))
          )
        }
      }),
    { arbitrary: { runs: 30, size: 8 } }
  )

  it("is iterated from the first to the last item while items are added and removed", () => {
    const list = new SortedList<number, number>(ascending)
    for (let item = 0; item < 3000; item++) list.add(item)
    const seen: Array<number> = []
    for (const item of list) {
      seen.push(item)
      list.delete(item)
      if (item < 10 && Number.isInteger(item)) list.add(item + 0.5)
    }
    assert.strictEqual(seen.length, 3010)
    assert.deepStrictEqual(seen, seen.toSorted(ascending))
    assert.deepStrictEqual([list.first, list.last, list.all], [undefined, undefined, []])
  })

  it("ignores the removal of an item that it does not have", () => {
    const list = new SortedList<number, number>(ascending)
    list.delete(1)
    assert.deepStrictEqual([list.get(1), list.after(1), list.before(1)], [undefined, undefined, undefined])
    list.add(2)
    list.delete(1)
    list.delete(3)
    assert.deepStrictEqual(list.all, [2])
    list.clear()
    assert.deepStrictEqual(list.all, [])
  })
})
