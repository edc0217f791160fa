import koffi, { type LibraryHandle } from "koffi"
import { failOn } from "./failOn.ts"

/** Methods of `ITransaction`: their slots in its table of functions, and their types. */
const methods = {
  release: { slot: 2, type: koffi.proto("uint32_t Release(uintptr_t transaction)") },
  commit: {
    slot: 3,
    type: koffi.proto("uint32_t Commit(uintptr_t transaction, int32_t retaining, uint32_t grfTC, uint32_t grfRM)")
  },
  abort: {
    slot: 4,
    type: koffi.proto("uint32_t Abort(uintptr_t transaction, uintptr_t reason, int32_t retaining, int32_t isAsync)")
  }
} as const

const pointerSize = 8

/** Returns the calls of an internal transaction on this thread, with nothing around them. A transaction is its address. */
export const transactionsByHand = (library: LibraryHandle) => {
  const beginTransaction = library.func("uint32_t MQBeginTransaction(void *slot)")
  const slot = new BigUint64Array(1)
  const begin = (): number => {
    failOn("MQBeginTransaction", beginTransaction(slot))
    return Number(slot[0] ?? 0n)
  }
  const first = begin()
  const table = koffi.decode(BigInt(first), "void *")
  const method = ({ slot, type }: (typeof methods)[keyof typeof methods]) =>
    koffi.decode(koffi.decode(table, slot * pointerSize, "void *"), type)
  const [release, commit, abort] = [method(methods.release), method(methods.commit), method(methods.abort)]
  release(first)
  return {
    begin,
    commit: (transaction: number): void => failOn("Commit", commit(transaction, 0, 0, 0)),
    abort: (transaction: number): void => failOn("Abort", abort(transaction, 0, 0, 0)),
    release: (transaction: number): void => {
      release(transaction)
    }
  }
}
