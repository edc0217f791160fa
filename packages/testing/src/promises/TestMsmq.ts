/**
 * The in-memory MSMQ, its control, faults and ledger for tests of programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Given from "@effect-msmq/core/mqrt/Options"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import type { ConnectOptions } from "@effect-msmq/core/promises"
import { connect, Connection } from "@effect-msmq/core/promises"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scheduler from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import { FaultInjection } from "../FaultInjection.ts"
import { HandleLedger, leakFree } from "../HandleLedger.ts"
import type { MachineContext } from "../MsmqControl.ts"
import { MsmqControl } from "../MsmqControl.ts"
import type { Options as MsmqOptions, Services } from "../TestMsmq.ts"
import { layerWith } from "../TestMsmq.ts"
import type { InPromises } from "./inPromises.ts"
import { inPromises } from "./inPromises.ts"

interface ClockOption {
  /**
   * Clock of the MSMQ and of the connections to it. `"system"`, by default; or `"manual"`, which begins on 1 January 1970 and stands
   * still until {@link TestMsmq.advance}.
   */
  readonly clock?: "system" | "manual" | undefined
}

/**
 * Options of the in-memory MSMQ: those of one machine, or of several in a network, and the clock.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = MsmqOptions & ClockOption

const clockRule = Given.oneOf(["system", "manual"])

/** Reads the clock of the options, and returns it with the other options, which the layer checks. */
const clockAndOthers = (options: Options): Effect.Effect<readonly [ClockOption["clock"], MsmqOptions], MsmqError> => {
  if (typeof options !== "object" || options === null || !("clock" in options))
    return Effect.succeed(["system", options])
  const { clock = "system", ...others } = options
  return Effect.map(Given.checkArgument({ operation: "TestMsmq.start" }, "clock", clockRule, clock), (read) => [
    read,
    others
  ])
}

const manual = Given.oneOf(["manual"])

const layerOf = (options: Options): Layer.Layer<Services, MsmqError> =>
  Layer.unwrap(
    Effect.map(clockAndOthers(options), ([clock, others]) =>
      clock === "manual" ? Layer.provideMerge(layerWith(others), TestClock.layer()) : layerWith(others)
    )
  )

/**
 * Control over one machine: `MsmqControl`, whose functions return promises. An argument that is not allowed rejects with an
 * `MsmqError` for `IllegalOption`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Control extends InPromises<Omit<MsmqControl["Service"], "machine">> {}

/**
 * Faults of the calls of a test: `FaultInjection`, whose functions return promises.
 *
 * @category models
 * @since 0.1.0
 */
export interface Faults extends InPromises<FaultInjection["Service"]> {}

/**
 * Ledger of the handles of a test: `HandleLedger`, whose functions return promises.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ledger extends InPromises<HandleLedger["Service"]> {}

type Runtime = ManagedRuntime.ManagedRuntime<Services, unknown>

/** Returns the options of a connection, whose cache of senders closes each after its use: one that is kept would be a leak. */
const withoutKeptSenders = (options: ConnectOptions | undefined): ConnectOptions | undefined => {
  const senders = { idleTimeToLive: 0 }
  if (options === undefined) return { senders }
  try {
    const isPlain = options !== null && Object.getPrototypeOf(options) === Object.prototype
    return isPlain && options.senders === undefined ? { ...options, senders } : options
  } catch {
    // The connection refuses what cannot be read.
    return options
  }
}

/** Connections of a test, which are closed with its MSMQ. */
class Connections {
  readonly #all = new Set<Connection>()
  /** Clock of the MSMQ, and the scheduler that goes with it. */
  readonly #time: Context.Context<never>

  constructor(context: Context.Context<Services>) {
    this.#time = Context.make(Clock.Clock, Context.get(context, Clock.Clock)).pipe(
      Context.add(Scheduler.Scheduler, Context.get(context, Scheduler.Scheduler))
    )
  }

  async open(context: MachineContext, options: ConnectOptions | undefined): Promise<Connection> {
    const mqrt = Layer.effect(Mqrt.Mqrt, Mqrt.make(Context.get(context, Mqrt.Mqrt)))
    const layer = Layer.provideMerge(mqrt, Layer.succeedContext(this.#time))
    const connection = await connect(layer, withoutKeptSenders(options))
    for (const known of this.#all) if (!known.isOpen) this.#all.delete(known)
    this.#all.add(connection)
    return connection
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.close()))
  }
}

/**
 * Machine of the in-memory MSMQ of a test: see `machine` of a {@link TestMsmq}.
 *
 * See the example of {@link TestMsmq}.
 *
 * @category models
 * @since 0.1.0
 */
export class TestMachine {
  /** Connection to the machine, which closes with the MSMQ. */
  readonly connection: Connection
  /** Control over the machine: restarts, full disks, users and their certificates. */
  readonly control: Control
  readonly #context: MachineContext
  readonly #connections: Connections

  /** @internal */
  constructor(connection: Connection, context: MachineContext, connections: Connections, runtime: Runtime) {
    if (!(connection instanceof Connection)) {
      throw new TypeError(
        "an MSMQ for tests is not made with new: await TestMsmq.start() gives one, and TestMsmq.run(test)"
      )
    }
    this.connection = connection
    this.control = inPromises(Context.get(context, MsmqControl), (effect) => runtime.runPromise(effect))
    this.#context = context
    this.#connections = connections
    this.connect = this.connect.bind(this)
  }

  /**
   * Opens a further connection to the machine: as another program on it, it sees the same queues, and its handles are its own. It
   * closes with the MSMQ, if not before. As with the first connection, `send` and `reply` close the queue after each message, so that
   * it does not count as left open; the option `senders` keeps it open as elsewhere.
   */
  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#connections.open(this.#context, options)
  }
}

/**
 * Fixture of Vitest: see `fixture` of {@link TestMsmq}.
 *
 * @category models
 * @since 0.1.0
 */
export type Fixture = (
  context: {
    /** Test that runs, as Vitest describes it. */
    readonly task: {
      /** Result of the test, once it has one. */
      readonly result?: {
        /** State of the test: `"fail"` for one that failed. */
        readonly state: string
      }
    }
  },
  use: (msmq: TestMsmq) => Promise<void>
) => Promise<void>

/**
 * The in-memory MSMQ of a test, with a connection to its first machine: see {@link TestMsmq.start} and {@link TestMsmq.run}. A test
 * can take its members apart: `async ({ connection, connect }) => { ... }`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { TestMsmq } from "@effect-msmq/testing/promises"
 *
 * const label = await TestMsmq.run(async ({ connection }) => {
 *   await connection.createQueue(".\\private$\\orders")
 *   await connection.send(".\\private$\\orders", { label: "order 1" })
 *   await using receiver = await connection.openReceiver(".\\private$\\orders")
 *   return (await receiver.receive()).label
 * })
 * label // => "order 1"
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class TestMsmq extends TestMachine implements AsyncDisposable {
  /** Faults of the calls to the first machine: error codes, stalls and interruptions. */
  readonly faults: Faults
  /** Ledger of the handles of the first machine: those that are open, and those that were used wrongly. */
  readonly ledger: Ledger
  readonly #runtime: Runtime
  readonly #services: Context.Context<Services>
  readonly #all: Connections

  private constructor(
    connection: Connection,
    context: Context.Context<Services>,
    connections: Connections,
    runtime: Runtime
  ) {
    super(connection, context, connections, runtime)
    const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect)
    this.faults = inPromises(Context.get(context, FaultInjection), run)
    this.ledger = inPromises(Context.get(context, HandleLedger), run)
    this.#runtime = runtime
    this.#services = context
    this.#all = connections
    this.leakFree = this.leakFree.bind(this)
    this.machine = this.machine.bind(this)
    this.advance = this.advance.bind(this)
    this.close = this.close.bind(this)
  }

  /**
   * Starts an in-memory MSMQ of one machine or of several, and connects to its first machine: own it with `await using` or
   * `close()`. See `InMemoryMqrt.layerWith` for the options.
   *
   * Rejects with `IllegalOption` for an option that does not exist or is not allowed.
   *
   * @example
   * ```ts import.meta.vitest
   * import { TestMsmq } from "@effect-msmq/testing/promises"
   *
   * await using msmq = await TestMsmq.start()
   * await msmq.connection.createQueue(".\\private$\\orders")
   * await msmq.control.stopService()
   * const code = await msmq.connection.openSender(".\\private$\\orders").catch((error) => error.code)
   * code // => "MQ_ERROR_SERVICE_NOT_AVAILABLE"
   * ```
   */
  static async start(options?: Options): Promise<TestMsmq> {
    const runtime: Runtime = ManagedRuntime.make(layerOf(options ?? {}))
    try {
      const context = await runtime.context()
      const connections = new Connections(context)
      return new TestMsmq(await connections.open(context, undefined), context, connections, runtime)
    } catch (error) {
      await runtime.dispose()
      throw error
    }
  }

  /**
   * Runs a test on an in-memory MSMQ of its own, and rejects with `HandlesLeaked` if the test leaves something open. It works with
   * every test runner, such as Vitest and `node:test`. Rejects as the test does, which is not checked for leaks then.
   *
   * @example
   * ```ts import.meta.vitest
   * import { TestMsmq } from "@effect-msmq/testing/promises"
   *
   * const forgetful = TestMsmq.run(async ({ connection }) => {
   *   await connection.createQueue(".\\private$\\orders")
   *   await connection.openSender(".\\private$\\orders")
   * })
   * await forgetful.catch((error) => error._tag) // => "HandlesLeaked"
   * ```
   */
  static async run<A>(test: (msmq: TestMsmq) => Promise<A>, options?: Options): Promise<A> {
    await using msmq = await TestMsmq.start(options)
    return await msmq.#leakFree("TestMsmq.run", test)
  }

  /**
   * Returns a fixture of Vitest, which gives each test an MSMQ of its own and fails a test that leaves something open:
   * `const it = test.extend({ msmq: TestMsmq.fixture() })`. A test that fails by itself is not checked for leaks.
   */
  static fixture(options?: Options): Fixture {
    return async ({ task }, use) => {
      await using msmq = await TestMsmq.start(options)
      await use(msmq)
      if (task.result?.state !== "fail") await msmq.ledger.expectNoLeaks()
    }
  }

  /**
   * Runs a function, and rejects with `HandlesLeaked` if it leaves a handle open that was not open before, or uses one wrongly: for
   * a test that shares the MSMQ with others. Rejects as the function does, which is not checked then.
   */
  leakFree<A>(test: () => Promise<A>): Promise<A> {
    return this.#leakFree("TestMsmq.leakFree", test)
  }

  /**
   * Returns another machine of the network, with a connection to it. Rejects with a `RangeError` for a name that no machine has.
   */
  async machine(name: string): Promise<TestMachine> {
    const context = await this.#runtime.runPromise(Context.get(this.#services, MsmqControl).machine(name))
    return new TestMachine(await this.#all.open(context, undefined), context, this.#all, this.#runtime)
  }

  /**
   * Lets time pass on a clock that stands still: everything that is due in it happens, such as the end of a message's time, a retry, or
   * the end of a wait. `duration` is in milliseconds, or such as `"1 hour"`.
   *
   * Rejects with an `MsmqError` for `IllegalOption` where the clock is that of the system.
   *
   * @example
   * ```ts import.meta.vitest
   * import { TestMsmq } from "@effect-msmq/testing/promises"
   *
   * await using msmq = await TestMsmq.start({ clock: "manual" })
   * await msmq.connection.createQueue(".\\private$\\orders")
   * await using sender = await msmq.connection.openSender(".\\private$\\orders")
   * await sender.send({ label: "order 1", timeToBeReceived: "1 hour" })
   * await msmq.advance("2 hours")
   * await msmq.connection.queueManager.messageCount(".\\private$\\orders") // => 0
   * ```
   */
  advance(duration: Duration.Input): Promise<void> {
    const call = { operation: "TestMsmq.advance" }
    return this.#runtime.runPromise(
      Effect.flatMap(Given.checkArgument(call, "duration", Given.durations, duration), (time) =>
        Effect.clockWith((clock) =>
          Effect.andThen(
            Given.checkArgument(call, "clock", manual, "adjust" in clock ? "manual" : "system"),
            TestClock.adjust(time)
          )
        )
      )
    )
  }

  #leakFree<A>(operation: string, test: (msmq: TestMsmq) => Promise<A>): Promise<A> {
    // Not in the runtime: the test may close it.
    return Effect.runPromise(
      Effect.flatMap(Given.checkArgument({ operation }, "test", Given.functions, test), () =>
        leakFree(Effect.promise(async () => await test(this)))
      ).pipe(Effect.provideContext(this.#services))
    )
  }

  /** Closes all connections with what they have open, and ends the MSMQ; a second call does nothing. */
  async close(): Promise<void> {
    await this.#all.close()
    await this.#runtime.dispose()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
