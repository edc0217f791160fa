import koffi, { type KoffiFunc } from "koffi"
import * as assert from "node:assert/strict"

interface Ledger {
  readonly counts: Readonly<
    Record<string, { readonly acquired: number; readonly freed: number; readonly open: number }>
  >
  readonly violationCount: number
  readonly violations: ReadonlyArray<string>
}

/**
 * Account of the test double at a path. It is loaded here too and stays so: what one layer after the other
 * does with it is added up.
 */
export const doubleLedger = (library: string) => {
  const double = koffi.load(library)
  const ledgerJson = double.func("Double_LedgerJson", "uint32_t", ["void *", "uint32_t"]) as KoffiFunc<
    (buffer: Buffer | null, size: number) => number
  >
  const read = (): Ledger => {
    // Its length with the terminator; the second call may find no more than the first one said.
    const buffer = Buffer.alloc(ledgerJson(null, 0))
    ledgerJson(buffer, buffer.length)
    return JSON.parse(buffer.toString("utf8", 0, buffer.length - 1)) as Ledger
  }
  return {
    read,
    /** Asserts that everything was released, and that no call was illegal. */
    assertClean: (): void => {
      const { counts, violations } = read()
      assert.deepEqual(violations, [], "violations")
      const open = Object.entries(counts).filter(([, count]) => count.open !== 0)
      assert.deepEqual(open, [], "handles that are open")
      assert.ok((counts["queue"]?.acquired ?? 0) > 0, "no queue was ever opened: this is not the library in use")
    }
  }
}
