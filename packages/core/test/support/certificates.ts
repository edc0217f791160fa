import { Certificate } from "@effect-msmq/core"
import { Effect } from "effect"
import { readFileSync } from "node:fs"

const read = (name: string): Certificate.Certificate =>
  Effect.runSync(
    Certificate.fromPem(readFileSync(new URL(`../../../core/test/certificates/${name}.pem`, import.meta.url), "utf8"))
  )

/** Two certificates that nobody trusts. */
export const alice = read("alice")
export const bob = read("bob")

/** Both in the store, with their private keys. */
export const certificates = [
  { certificate: alice.der, privateKey: true },
  { certificate: bob.der, privateKey: true }
]
