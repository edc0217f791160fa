/** Authorities, certificates and revocation lists for tests. */
import "reflect-metadata"
import * as X509 from "@peculiar/x509"
import { createHash, webcrypto } from "node:crypto"

X509.cryptoProvider.set(webcrypto as never)

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

/** Certificate and key in PEM, with the fingerprint. */
export interface Credentials {
  readonly pair: { readonly cert: string; readonly key: string }
  readonly fingerprint: string
  readonly serialNumber: string
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>

const pemOf = async (key: webcrypto.CryptoKey): Promise<string> =>
  X509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")

const day = 24 * 60 * 60 * 1000
const daysFromNow = (days: number): Date => new Date(Date.now() + days * day)

/** Authority that issues certificates, and revokes them. */
export class Authority {
  readonly #keys: webcrypto.CryptoKeyPair
  readonly #certificate: X509.X509Certificate

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: X509.X509Certificate) {
    this.#keys = keys
    this.#certificate = certificate
  }

  static async make(name: string): Promise<Authority> {
    const keys = await newKeys()
    const certificate = await X509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      notBefore: daysFromNow(-10),
      notAfter: daysFromNow(10),
      extensions: [
        new X509.BasicConstraintsExtension(true, 1, true),
        new X509.KeyUsagesExtension(X509.KeyUsageFlags.keyCertSign | X509.KeyUsageFlags.cRLSign, true)
      ]
    })
    return new Authority(keys, certificate)
  }

  /** Its certificate in PEM. */
  get pem(): string {
    return this.#certificate.toString("pem")
  }

  /** Issues a certificate. `days`: until it ends, which may be in the past. */
  async issue(name: string, days = 5): Promise<Credentials> {
    const keys = await newKeys()
    const certificate = await X509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: this.#certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      notBefore: daysFromNow(-9),
      notAfter: daysFromNow(days),
      extensions: [
        new X509.SubjectAlternativeNameExtension([
          { type: "ip", value: "127.0.0.1" },
          { type: "dns", value: "localhost" }
        ])
      ]
    })
    return {
      pair: { cert: certificate.toString("pem"), key: await pemOf(keys.privateKey) },
      fingerprint: createHash("sha256").update(Buffer.from(certificate.rawData)).digest("hex"),
      serialNumber: certificate.serialNumber
    }
  }

  /** Makes a list of certificates that are revoked. */
  async revocationList(...revoked: ReadonlyArray<Credentials>): Promise<string> {
    const list = await X509.X509CrlGenerator.create({
      issuer: this.#certificate.subject,
      thisUpdate: daysFromNow(-1),
      nextUpdate: daysFromNow(5),
      entries: revoked.map(({ serialNumber }) => ({ serialNumber, revocationDate: daysFromNow(-1) })),
      signingAlgorithm: algorithm,
      signingKey: this.#keys.privateKey
    })
    // The tag that OpenSSL reads.
    return list.toString("pem").replaceAll("BEGIN CRL", "BEGIN X509 CRL").replaceAll("END CRL", "END X509 CRL")
  }
}
