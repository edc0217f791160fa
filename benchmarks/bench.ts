/**
 * Measures the SDK against what one would write by hand. `node benchmarks/bench.ts --help` lists the options, and README.md beside
 * this file says how to read what it prints.
 */
import { main } from "./harness/command.ts"

main(import.meta.resolve("./catalogue.ts"), import.meta.resolve("./libraryCatalogue.ts"))
