/** Fetches the runtimes beside Node that tests run the native backend in. On a system without packages of them, it says so. */
import { folder, noPackages, packages } from "../packages/native/test/support/runtimes.ts"
import { fetchPackages } from "./fetchPackages.ts"

if (noPackages !== null) console.log(`skipped: ${noPackages}`)
else {
  await fetchPackages(folder, packages).catch(({ message }: Error) => {
    console.error(message)
    process.exitCode = 1
  })
}
