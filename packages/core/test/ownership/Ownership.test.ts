import { ownershipPromises } from "../support/ownershipPromises.ts"

ownershipPromises()
