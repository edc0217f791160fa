/** The backend that a program is told to use: in memory, or what another file exports as `layer`. */
import type { Mqrt } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import type { Layer } from "effect"

export type Backend = Layer.Layer<Mqrt.Mqrt, unknown>

/** Imports the backend of a file; `undefined`: in memory. */
export const backendOf = async (file: string | undefined): Promise<Backend> => {
  if (file === undefined) return InMemoryMqrt.layer
  const { layer } = (await import(file)) as { readonly layer: Backend }
  return layer
}
