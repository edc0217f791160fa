import { assert, describe, it } from "@effect/vitest"
import { interleaved, ratios, differences, speedUps, type Way } from "../harness/rounds.ts"
import { quantile } from "../harness/statistics.ts"

const timing = { rounds: 4, warmUp: 0, time: 0, iterations: 1 }

/** Way that notes what it does. */
const noting = (name: string, notes: Array<string>): Way => ({
  prepare: () => void notes.push(`prepare ${name}`),
  run: () => void notes.push(name),
  tidy: () => void notes.push(`tidy ${name}`),
  operations: 1
})

/** Work that takes the same time whenever it is done. */
const work = (times: number): Way => ({
  run: () => {
    let sum = 0
    for (let index = 0; index < times * 20_000; index++) sum += Math.sqrt(index)
    if (sum < 0) throw new Error("a sum of roots is not negative")
  },
  operations: 10
})

describe("interleaved", () => {
  it("runs both ways in each round, in the other order in each second one, after one that does not count", async () => {
    const notes: Array<string> = []
    const rounds = await interleaved(noting("way", notes), noting("floor", notes), timing)
    const ways = notes.filter((note) => !note.includes(" "))
    assert.deepStrictEqual(ways.slice(0, 2), ["way", "floor"])
    assert.deepStrictEqual(ways.slice(2), ["way", "floor", "floor", "way", "way", "floor", "floor", "way"])
    assert.deepStrictEqual([rounds.way.length, rounds.floor.length], [4, 4])
  })

  it("prepares and tidies each run", async () => {
    const notes: Array<string> = []
    await interleaved(noting("way", notes), noting("floor", notes), { ...timing, rounds: 1 })
    assert.deepStrictEqual(notes.slice(-6), ["prepare way", "way", "tidy way", "prepare floor", "floor", "tidy floor"])
  })

  it("fails with the failure of a way", async () => {
    const broken: Way = { run: () => Promise.reject(new Error("the queue is full")), operations: 1 }
    const failure = await interleaved(broken, broken, timing).catch((error: unknown) => error)
    assert.include(String(failure), "the queue is full")
  })

  it("measures about 1 for a way beside itself, about 2 for twice the work, and nothing that is prepared", async () => {
    const busy = { ...timing, rounds: 15, warmUp: 20, iterations: 3 }
    const same = ratios(await interleaved(work(1), work(1), busy))
    const prepared = { ...work(1), prepare: work(5).run, tidy: work(5).run }
    const twice = ratios(await interleaved(work(2), prepared, busy))
    assert.closeTo(quantile(same.values, 0.5), 1, 0.3)
    assert.closeTo(quantile(twice.values, 0.5), 2, 0.6)
  })
})

describe("ratios, speed-ups and differences", () => {
  const rounds = { way: [3000, 6000], floor: [1000, 3000] }

  it("compare the two ways round by round", () => {
    assert.deepStrictEqual(ratios(rounds).values, [3, 2])
    assert.deepStrictEqual(speedUps({ way: rounds.floor, floor: rounds.way }).values, [3, 2])
  })

  it("give a difference in microseconds", () => {
    assert.deepStrictEqual(differences(rounds).values, [2, 3])
  })

  it("tell the nanoseconds for each operation of both ways as details", () => {
    assert.deepStrictEqual(ratios(rounds).details, { "ns each": 4500, "ns each, against": 2000 })
  })
})
