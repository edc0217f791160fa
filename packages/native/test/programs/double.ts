/** The backend over the double of `mqrt.dll` that the environment names, for programs that take a backend. */
import { NativeMqrt } from "@effect-msmq/native"

const { MQRT_IDENTITY_LIBRARY: identityLibrary, MQRT_LIBRARY: library = "" } = process.env

export const layer = NativeMqrt.layerWith({ library, identityLibrary })
