/** Least version of Node that the packages support: its major and minor number. */
export const leastNode = [22, 19] as const

/** Returns `true` for a version of Node that the packages support. */
export const isSupported = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
}
