import { Flag } from "effect/cli"

/** Refuses numbers below 1. */
export const atLeastOne: (flag: Flag.Flag<number>) => Flag.Flag<number> = Flag.filter(
  (number) => number >= 1,
  () => "a whole number from 1 on"
)
