import { ownershipPromises } from "../support/ownershipPromises.ts"

ownershipPromises({ openings: 400 })
