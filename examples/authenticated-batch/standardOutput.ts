/** The exit code of a program that a broken pipe ends, in every shell: 128 + `SIGPIPE`. */
const brokenPipe = 141

/**
 * Ends the process when standard output cannot be written: silently where its reader has gone, as in `| head -1`, otherwise
 * with a sentence on standard error. `console.log` says nothing of either.
 */
export const endWithStandardOutput = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(brokenPipe)
    console.error(`authenticated-batch: cannot write to standard output: ${error.message}`)
    process.exit(1)
  })
}
