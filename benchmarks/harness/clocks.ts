/** Clocks in milliseconds. */
import koffi from "koffi"
import type { Clock } from "./Figure.ts"

/** Returns milliseconds since some moment. */
export type Now = () => number

/** Numbers of `clock_gettime`. */
const linuxClocks = { process: 2, thread: 3 } as const

/** Returns a clock of Linux, which counts the work of a thread or process to the nanosecond. */
const linuxClock = (clock: keyof typeof linuxClocks): Now => {
  const getTime = koffi.load("libc.so.6").func("int clock_gettime(int clock, void *time)")
  const [words, number] = [new Uint32Array(4), linuxClocks[clock]]
  return () => {
    getTime(number, words)
    return (words[0] ?? 0) * 1000 + (words[2] ?? 0) / 1e6
  }
}

const millisecondsOf = ({ system, user }: NodeJS.CpuUsage): number => (system + user) / 1000

/** Other systems count work in larger steps. */
const otherClocks = {
  process: () => millisecondsOf(process.cpuUsage()),
  thread: () => millisecondsOf(process.threadCpuUsage())
}

const workClock = (clock: keyof typeof linuxClocks): Now =>
  process.platform === "linux" ? linuxClock(clock) : otherClocks[clock]

/** Clocks by their names. What else the machine does counts for nothing on those of the thread and of the process. */
export const clocks: Readonly<Record<Exclude<Clock, "none">, Now>> = {
  process: workClock("process"),
  thread: workClock("thread"),
  wall: () => performance.now()
}
