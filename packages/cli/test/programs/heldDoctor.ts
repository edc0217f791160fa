/** The doctor over the double of `mqrt.dll`, of which one function never returns. */
import { control, files } from "../../../native/test/theDouble.ts"
import { main } from "../../src/internal/main.ts"

control.hold(process.argv[2] ?? "")
process.argv.splice(2, Infinity, "doctor", "--json", "--library", files.library, "--timeout", "200 millis")
main()
