/** The backend behind the gateway that the environment names, for programs that take a backend. */
import { RemoteMqrt } from "@effect-msmq/remote"

export const layer = RemoteMqrt.layer({ url: process.env["GATEWAY_URL"] ?? "" })
