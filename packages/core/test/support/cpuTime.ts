/** Cell that nothing writes to. */
const cell = new Int32Array(new SharedArrayBuffer(4))

/**
 * Returns the milliseconds that this thread has worked since it began. What else the machine does counts for nothing, unlike
 * in the time that a clock shows.
 */
export const cpuTime = (): number => {
  // Linux counts the work of a thread when the thread stops, or else every few milliseconds.
  Atomics.wait(cell, 0, 0, 0.001)
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}
