/** Limits and goals of all figures, by room and name. A figure that has neither need not stand here. */

/** Limit and goal of the median of a figure. One with `atLeast` improves upwards. */
export type Limit =
  | { readonly atMost: number; readonly goal?: number }
  | { readonly atLeast: number; readonly goal?: number }
  /** Goal of a figure that is reported and has no limit. */
  | { readonly goal: number }

/** Limits by the names of rooms and figures. */
export type Limits = Readonly<Record<string, Readonly<Record<string, Limit>>>>

export const limits: Limits = {
  sends: {
    "sendAll, native": { atMost: 1.7, goal: 1.25 },
    "sendAll, native, how many times as fast": { atLeast: 20, goal: 35 },
    "sendAll, in memory": { atMost: 3, goal: 1.75 },
    "send, native": { atMost: 2, goal: 1.5 },
    "send, in memory": { atMost: 2, goal: 1.5 }
  }
}
