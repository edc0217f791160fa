/** Folders of the site, and the repository that its links lead to. */
import { join, resolve } from "node:path"

export const repository = resolve(import.meta.dirname, "..")

/** Pages in Markdown that VitePress reads: made anew by each build. */
export const pages = join(import.meta.dirname, ".pages")

/** Folder of the reference in the pages, and in the addresses of the site. */
export const reference = "reference"

/** The built site. */
export const built = join(import.meta.dirname, "dist")

export const github = "https://github.com/effect-msmq/effect-msmq"
