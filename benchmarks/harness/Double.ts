/** Test double of mqrt.dll, set so that its own work is as little as it can be. */
import { Data, Effect } from "effect"
import koffi, { type LibraryHandle } from "koffi"
import { buildForLinux } from "../../packages/native/test/double/buildDouble.ts"

/** Failure for want of a test double, such as where there is no C compiler. */
export class NoDouble extends Data.TaggedError("NoDouble")<{ readonly message: string }> {}

/** Double that is loaded, and its controls. */
export interface Double {
  /** Path of the library. */
  readonly path: string
  readonly library: LibraryHandle
  /** Library of loops in C. */
  readonly loops: LibraryHandle
  /** Checks sends and numbers them, and does not keep them. */
  readonly setDiscard: (on: boolean) => void
  /** Makes each call of a function take so many milliseconds. */
  readonly setDelay: (name: string, milliseconds: number) => void
  /** Returns the number of calls of a function. */
  readonly callCount: (name: string) => number
  /** Watches the thread that calls it. */
  readonly watchThread: () => void
  /** Returns the milliseconds that calls with a delay have kept the watched thread waiting. */
  readonly watchedDelay: () => number
}

/** Loads the double and empties it. What it holds then is that of one figure. */
export const open: Effect.Effect<Double, NoDouble> = Effect.suspend(() => {
  const built = buildForLinux()
  if ("missing" in built)
    return Effect.fail(new NoDouble({ message: `it needs the test double of mqrt.dll: ${built.missing}` }))
  const library = koffi.load(built.mqrt)
  const setDiscard = library.func("void Double_SetDiscard(uint32_t on)")
  const setDelay = library.func("int32_t Double_SetDelay(const char *function, double milliseconds)")
  const callCount = library.func("uint32_t Double_CallCount(const char *function)")
  library.func("void Double_Reset()")()
  library.func("void Double_SetRecording(uint32_t on)")(0)
  return Effect.succeed({
    path: built.mqrt,
    library,
    loops: koffi.load(built.floor),
    setDiscard: (on) => setDiscard(on ? 1 : 0),
    setDelay: (name, milliseconds) => setDelay(name, milliseconds),
    callCount: (name) => callCount(name),
    watchThread: library.func("void Double_WatchThread()"),
    watchedDelay: library.func("double Double_WatchedDelay()")
  })
})
