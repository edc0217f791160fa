/** The backend over the double of `mqrt.dll` that the environment names, for programs that take a backend. */
import { NativeMqrt } from "@effect-msmq/native"

export const layer = NativeMqrt.layerWith({ library: process.env["MQRT_LIBRARY"] ?? "" })
