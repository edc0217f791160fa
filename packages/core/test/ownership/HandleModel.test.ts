import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch, Queue, Schema, Scope } from "effect"
import type { MsmqError } from "../../src/MsmqError.ts"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { settled, start } from "../support/settled.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"

const isRelease = (event: string): boolean => event.startsWith("release ")

describe("any operations in any order", () => {
  const index = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 9 })))
  const Step = Schema.Union([
    Schema.TaggedStruct("Own", { parent: index, slow: Schema.Boolean }),
    Schema.TaggedStruct("Acquired", { handle: index }),
    Schema.TaggedStruct("Close", { handle: index, by: Schema.Literals(["hand", "owner"]) }),
    Schema.TaggedStruct("CloseNow", { handle: index }),
    Schema.TaggedStruct("Lease", { handle: index }),
    Schema.TaggedStruct("Call", { lease: index }),
    Schema.TaggedStruct("EndLease", { lease: index, by: Schema.Literals(["itself", "interruption"]) })
  ])

  /** Model of a handle: the whole theory of ownership, without fibers. */
  class Model {
    state: "acquiring" | "open" | "closing" | "disposed" | "released" = "acquiring"
    /** Its owner is gone, or its scope is closed: it is closed as soon as it is acquired. */
    unwanted = false
    draining = false
    /** The child that is being closed: the next one has its turn after it. */
    closingChild: Model | undefined
    readonly children: Array<Model> = []
    readonly leases = new Set<object>()
    calls = 0

    readonly id: number
    readonly parent: Model | undefined

    constructor(id: number, parent: Model | undefined) {
      this.id = id
      this.parent = parent
      if (parent === undefined) this.state = "open"
      else parent.leases.add(this)
    }

    acquired(): void {
      this.state = "open"
      this.parent?.leases.delete(this)
      this.parent?.children.push(this)
      if (this.unwanted) this.close()
    }

    close(): void {
      if (this.state === "open") this.state = "closing"
      if (this.state === "acquiring") this.unwanted = true
    }

    /** Goes as far as it can without anybody doing anything. */
    settle(released: Array<number>): void {
      for (const child of this.children) child.settle(released)
      if (this.closingChild?.state === "released") this.closingChild = undefined
      const youngest = this.closingChild ?? this.children.findLast(({ state }) => state !== "released")
      if (this.state === "closing" && !this.draining) this.closingChild = youngest
      // A child that comes while the uses end stays until the last of them has ended: it is still the youngest.
      this.draining = this.state === "closing" && this.leases.size > 0 && (this.draining || youngest === undefined)
      if (this.draining) return
      if (this.state === "closing" && youngest?.state === "open") {
        youngest.close()
        this.settle(released)
      } else if (
        (this.state === "closing" && youngest === undefined && this.leases.size === 0) ||
        (this.state === "disposed" && this.calls === 0)
      ) {
        this.state = "released"
        released.push(this.id)
      }
    }
  }

  interface Lease {
    readonly model: Model
    readonly fiber: Fiber.Fiber<void, MsmqError>
    readonly orders: Queue.Queue<"call" | "end">
    readonly latch: Latch.Latch
    calling: boolean
    interrupted: boolean
  }

  it.effect.prop(
    "every handle is released exactly once, at the time of the model, never during a call, and never used afterwards",
    { steps: Schema.Array(Step).pipe(Schema.check(Schema.isMinLength(10), Schema.isMaxLength(60))) },
    ({ steps }) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const root = yield* Scope.provide(OwnedHandle.makeRoot(undefined), scope)
        const events: Array<string> = []
        const note = (event: string) => Effect.sync(() => events.push(event))
        const rootModel = new Model(0, undefined)
        const models: Array<Model> = [rootModel]
        const handles: Array<OwnedHandle.OwnedHandle<unknown> | undefined> = [root]
        const owners: Array<Fiber.Fiber<unknown, unknown> | undefined> = [undefined]
        const acquiring: Array<Latch.Latch | undefined> = [undefined]
        const leases: Array<Lease> = []
        const others: Array<Fiber.Fiber<unknown, unknown>> = []

        const handleAt = (at: number) => {
          const id = at % models.length
          return { id, model: models[id]!, handle: handles[id] }
        }

        const end = (lease: Lease) => {
          lease.model.leases.delete(lease)
          leases.splice(leases.indexOf(lease), 1)
        }

        const own = Effect.fnUntraced(function* (at: number, slow: boolean) {
          const parent = handleAt(at)
          if (parent.handle === undefined) return
          const id = models.length
          const latch = yield* Latch.make(!slow)
          const owned = OwnedHandle.scoped(parent.handle, Operation.make("Test.own"), {
            kind: "handle",
            name: String(id),
            acquire: Effect.as(Effect.andThen(latch.await, note(`acquire ${id}`)), id),
            release: (native) => note(`release ${native}`)
          })
          const owner = yield* owned.pipe(
            Effect.tap((handle) =>
              Effect.sync(() => {
                handles[id] = handle
              })
            ),
            Effect.uninterruptible,
            Effect.andThen(Effect.never),
            Effect.scoped,
            start
          )
          if (parent.model.state !== "open") {
            assert.isTrue(Exit.isFailure(yield* Fiber.await(owner)))
            return
          }
          models.push(new Model(id, parent.model))
          owners.push(owner)
          acquiring.push(latch)
          if (!slow) models[id]!.acquired()
        })

        const begin = Effect.fnUntraced(function* (at: number) {
          const { handle, id, model } = handleAt(at)
          if (handle === undefined) return
          const orders = yield* Queue.unbounded<"call" | "end">()
          const latch = yield* Latch.make()
          const call = OwnedHandle.call(handle, Operation.make("Test.call"), () =>
            note(`call ${id}`).pipe(Effect.andThen(latch.await), Effect.andThen(note(`called ${id}`)))
          )
          const obey: Effect.Effect<void> = Effect.flatMap(Queue.take(orders), (order) =>
            order === "end" ? Effect.void : Effect.andThen(Effect.exit(call), obey)
          )
          const fiber = yield* start(
            OwnedHandle.lease(handle, Operation.make("Test.use"), () => Effect.andThen(note(`use ${id}`), obey))
          )
          if (model.state !== "open") {
            assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
            return
          }
          const lease: Lease = { model, fiber, orders, latch, calling: false, interrupted: false }
          model.leases.add(lease)
          leases.push(lease)
        })

        /** Begins a call, or ends the one that runs. */
        const toggleCall = Effect.fnUntraced(function* (lease: Lease) {
          if (lease.calling) {
            lease.calling = false
            lease.model.calls--
            yield* lease.latch.open
            yield* settled
            yield* lease.latch.close
            if (lease.interrupted) end(lease)
          } else {
            yield* Queue.offer(lease.orders, "call")
            lease.calling = lease.model.state === "open" || lease.model.state === "closing"
            if (lease.calling) lease.model.calls++
          }
        })

        const take = Effect.fnUntraced(function* (step: typeof Step.Type) {
          switch (step._tag) {
            case "Own":
              return yield* own(step.parent, step.slow)
            case "Lease":
              return yield* begin(step.handle)
            case "Acquired": {
              const { id, model } = handleAt(step.handle)
              if (model.state !== "acquiring") return
              yield* acquiring[id]!.open
              return model.acquired()
            }
            case "Close": {
              const { handle, id, model } = handleAt(step.handle)
              const owner = owners[id]
              if (step.by === "owner" && owner !== undefined) others.push(yield* start(Fiber.interrupt(owner)))
              else if (handle === undefined) return
              else others.push(yield* start(OwnedHandle.close(handle)))
              return model.close()
            }
            case "CloseNow": {
              const { handle, model } = handleAt(step.handle)
              const isParent = model.children.some(({ state }) => state !== "released")
              const isToBe = models.some(({ parent, state }) => parent === model && state === "acquiring")
              if (handle === undefined || handle === root || isParent || isToBe) return
              OwnedHandle.closeNow(handle)
              if (model.state !== "released") model.state = "disposed"
              return
            }
            case "Call": {
              const lease = leases[step.lease % leases.length]
              return lease === undefined ? undefined : yield* toggleCall(lease)
            }
            case "EndLease": {
              const lease = leases[step.lease % leases.length]
              if (lease === undefined) return
              if (step.by === "interruption") {
                lease.interrupted = true
                others.push(yield* start(Fiber.interrupt(lease.fiber)))
              } else if (!lease.calling) yield* Queue.offer(lease.orders, "end")
              else return
              return lease.calling ? undefined : end(lease)
            }
          }
        })

        const expected: Array<number> = []
        const compare = Effect.fnUntraced(function* (after: string) {
          yield* settled
          rootModel.settle(expected)
          assert.sameMembers(
            events.filter(isRelease),
            expected.filter((id) => id !== 0).map((id) => `release ${id}`),
            after
          )
          const states = models.map(({ state }, id) => (state === "acquiring" ? state : handles[id]?.state))
          assert.deepStrictEqual(
            states,
            models.map(({ state }) => state),
            after
          )
        })

        for (const step of steps) {
          yield* take(step)
          yield* compare(JSON.stringify(step))
        }

        // At the end everything is let go, and the whole tree closes.
        for (const [id, model] of models.entries()) {
          if (model.state === "acquiring") yield* take({ _tag: "Acquired", handle: id })
        }
        yield* settled
        for (const lease of leases.slice()) {
          if (lease.calling) yield* toggleCall(lease)
          if (!lease.interrupted) {
            yield* Queue.offer(lease.orders, "end")
            end(lease)
          }
        }
        rootModel.close()
        yield* Scope.close(scope, Exit.void)
        yield* compare("the end")
        yield* Fiber.awaitAll(others)
        assert.isTrue(models.every(({ state }) => state === "released"))
        for (const { id, parent } of models.slice(1)) {
          const of = events.filter((event) => event.endsWith(` ${id}`))
          assert.strictEqual(of.at(0), `acquire ${id}`)
          assert.strictEqual(of.filter(isRelease).length, 1)
          assert.notMatch(of.slice(of.findIndex(isRelease)).join(), /call|use/)
          const child = events.indexOf(`release ${id}`)
          if (parent !== rootModel) assert.isBelow(child, events.indexOf(`release ${parent!.id}`))
        }
      }),
    { arbitrary: { runs: 200 } }
  )
})
