/** The backend that a program is told to use, by which `bundle` gives it the one of a file. */
export { backendOf } from "../../../core/test/programs/backend.ts"
