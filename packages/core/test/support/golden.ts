import { expect } from "@effect/vitest"
import { fileURLToPath } from "node:url"

/**
 * Compares what a program prints with a golden file, which a reader can review: the escape character is a sign. `vitest run --update`
 * writes the file. `url`: that of the test, beside which the folder `golden` is.
 */
export const expectGolden = (text: string, url: string, name: string): Promise<void> =>
  expect(`${text.replaceAll("\u001B", "␛").trimEnd()}\n`).toMatchFileSnapshot(
    fileURLToPath(new URL(`golden/${name}.txt`, url))
  )
