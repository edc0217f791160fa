import { win32 } from "node:path"

/** Folder of Windows where the environment has none that can be used. */
const usualFolder = "C:\\Windows"

/** Path of a folder on a drive, such as `D:\WINNT`. */
const onDrive = /^[a-z]:[\\/]/i

/**
 * Returns the path of a file in the system's directory of Windows, where the loader looks for a bare name only after the
 * program's own folder. On other systems it returns the name as it is.
 */
export const systemFile = (
  name: string,
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env
): string => {
  if (platform !== "win32") return name
  // In a worker the case of a variable's name matters, unlike elsewhere on Windows.
  const [, folder = ""] = Object.entries(env).find(([variable]) => variable.toLowerCase() === "systemroot") ?? []
  return win32.join(onDrive.test(folder) ? folder : usualFolder, "System32", name)
}
