import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { Mqrt } from "../../Mqrt.ts"
import { guarded } from "./Rule.ts"

export const backend = guarded(
  "a layer that provides Mqrt, such as NativeMqrt.layer or InMemoryMqrt.layer",
  Layer.isLayer
)

/** Returns the backend of a layer; without types, any layer can be given. */
export const backendContext = guarded(
  backend.allowed,
  (value): value is Context.Context<Mqrt> => Context.isContext(value) && value.mapUnsafe.has(Mqrt.key)
)
