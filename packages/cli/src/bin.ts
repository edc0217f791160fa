#!/usr/bin/env node
/** The command `effect-msmq`. Only modules that every Node can read are imported before its version is known. */
import { isSupported, leastNode } from "./internal/nodeVersion.ts"

if (!isSupported(process.versions.node)) {
  console.error(`effect-msmq needs Node ${leastNode.join(".")} or later, and this is Node ${process.versions.node}`)
  process.exit(1)
}

const { main } = await import("./internal/main.ts")
main()
