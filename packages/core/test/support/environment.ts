/**
 * Variables that a program of a test inherits: what the machine needs to find programs and folders. What else is set where the
 * tests run (`CI`, `FORCE_COLOR`, `TERM`, `NODE_OPTIONS`) does not decide what the program prints.
 */
const needed = "PATH HOME TMPDIR LD_LIBRARY_PATH NODE_COMPILE_CACHE"
const neededOnWindows = "Path PATHEXT SystemRoot ComSpec USERPROFILE APPDATA LOCALAPPDATA TEMP TMP COMPUTERNAME"

/** Environment of a program that a test runs. */
export const environment: Readonly<Record<string, string>> = Object.fromEntries(
  `${needed} ${neededOnWindows}`.split(" ").flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
)
