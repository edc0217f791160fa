/** What the program tells at its end. */
import { Table } from "console-table-printer"

export interface Report {
  readonly sent: number
  readonly received: number
  readonly authenticated: number
  /** Messages that came back in another order or with other bytes. */
  readonly different: number
  readonly bytes: number
  readonly batches: number
  readonly contextsAcquired: number
  readonly contextsFreed: number
  readonly openHandles: number
  readonly keyFetches: number
  readonly signatures: number
  readonly messagesPerSecond: number
}

export const isFaultless = (report: Report): boolean =>
  report.received === report.sent &&
  report.authenticated === report.sent &&
  report.different === 0 &&
  report.openHandles === 0

const number = new Intl.NumberFormat("en")

export const table = (report: Report): string => {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["messages sent", number.format(report.sent)],
    ["messages received", number.format(report.received)],
    ["  authenticated", number.format(report.authenticated)],
    ["  in another order or with other bytes", number.format(report.different)],
    ["bytes", number.format(report.bytes)],
    ["batches", number.format(report.batches)],
    ["security contexts acquired", number.format(report.contextsAcquired)],
    ["security contexts freed", number.format(report.contextsFreed)],
    ["handles open at the end", number.format(report.openHandles)],
    ["key fetches", number.format(report.keyFetches)],
    ["signatures", number.format(report.signatures)],
    ["messages sent per second", number.format(report.messagesPerSecond)]
  ]
  const table = new Table({
    shouldDisableColors: !process.stdout.isTTY,
    columns: [
      { name: "what", title: "authenticated batch", alignment: "left" },
      { name: "value", title: "", alignment: "right" }
    ]
  })
  for (const [what, value] of rows) table.addRow({ what, value })
  return table.render()
}
