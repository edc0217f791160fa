import { reasonOf } from "../fetchPackages.ts"
import { runProcess } from "../runProcess.ts"
import { succeeding } from "./expecting.ts"

/**
 * Runs a command that may need the registry of npm to its end. Where it fails and the registry does not answer, that is the
 * reason, in one sentence: what package managers say then may name anything else.
 */
export const withRegistry = async (...args: Parameters<typeof runProcess>): Promise<void> => {
  try {
    await succeeding(...args)
  } catch (error) {
    const { code, stderr } = await runProcess("npm", ["ping", "--fetch-retries=0", "--loglevel=error"])
    if (code === 0) throw error
    throw new Error(`packing and installing need the registry of npm, which does not answer: ${reasonOf(stderr)}`, {
      cause: error
    })
  }
}
