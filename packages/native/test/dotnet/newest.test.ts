/** A process has one .NET at most: each has a file of its own, which runs in a process of its own. */
import { describeClient } from "./clientPromises.ts"

describeClient("10")
