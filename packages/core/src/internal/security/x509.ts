import type { X509Certificate } from "node:crypto"

/**
 * Reads a certificate from its DER, and throws for bytes that are not a certificate. Node's cryptography is loaded by the first call: an
 * import of it is a tenth of what an import of the package costs.
 */
export const x509Of = (der: Uint8Array): X509Certificate => {
  const { X509Certificate } = process.getBuiltinModule("node:crypto")
  return new X509Certificate(der)
}
