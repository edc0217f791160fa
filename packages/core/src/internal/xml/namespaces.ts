export const instance = "http://www.w3.org/2001/XMLSchema-instance"
export const schema = "http://www.w3.org/2001/XMLSchema"

/** Older ones, in which .NET knows a nil too. */
export const instances: ReadonlyArray<string> = [
  instance,
  "http://www.w3.org/2000/10/XMLSchema-instance",
  "http://www.w3.org/1999/XMLSchema-instance"
]

const names = /^[\p{L}_][\p{L}\p{M}\p{N}._-]*$/u

/** Whether an element may be called so, without a prefix. */
export const isName = (name: string): boolean => names.test(name)
