/**
 * Returns the milliseconds that this thread has worked since it began. What else the machine does counts for nothing, unlike
 * in the time that a clock shows.
 */
export const cpuTime = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}
