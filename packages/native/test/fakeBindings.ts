/** Bindings whose functions are written in TypeScript, for what no library can be made to do. */
import type { Bindings } from "../src/internal/bindings.ts"
import type { Bound, Functions } from "../src/internal/declarations.ts"
import { makeLanes } from "../src/internal/lanes.ts"
import { RunningCalls } from "../src/internal/RunningCalls.ts"

/** A function as koffi binds it: `async` answers in a later turn of the event loop. */
const bound = <Arguments extends ReadonlyArray<unknown>, Result>(
  call: (...args: Arguments) => Result
): Bound<Arguments, Result> => {
  const anyCall = call as (...args: ReadonlyArray<unknown>) => Result
  return Object.assign((...args: Arguments) => call(...args), {
    async: (...args: ReadonlyArray<unknown>) => {
      const done = args.at(-1) as (error: unknown, result: Result) => void
      setImmediate(() => done(null, anyCall(...args.slice(0, -1))))
    }
  })
}

/** Functions as plain ones. */
export type FakeFunctions = {
  readonly [Name in keyof Functions]?: (...args: Parameters<Functions[Name]>) => ReturnType<Functions[Name]>
}

type AnyFunction = (...args: ReadonlyArray<never>) => unknown

/** Bindings of a few functions; any other is `undefined`, and to call it is a mistake of the test. */
export const fakeBindings = (fakes: FakeFunctions): Bindings => {
  const entries = Object.entries<AnyFunction>(fakes).map(([name, fake]) => [name, bound(fake)])
  const functions = Object.fromEntries(entries) as Functions
  return { functions, identity: functions, calls: new RunningCalls(makeLanes(4)) }
}

/** Leaves a handle in the slot that a function was given. */
export const returnHandle = (slot: bigint | ArrayBuffer | Uint8Array | null, handle: bigint): number => {
  if (!(slot instanceof ArrayBuffer)) throw new Error("the slot is not memory")
  const bytes = new DataView(slot)
  if (bytes.byteLength !== 8 || bytes.getBigUint64(0) !== 0n) throw new Error("the slot is not 8 zeroed bytes")
  bytes.setBigUint64(0, handle, true)
  return 0
}
