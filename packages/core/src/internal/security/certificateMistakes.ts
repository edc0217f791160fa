/**
 * Common mistakes in place of a certificate: errors name them and say what to give instead. No part of the text or bytes is
 * shown, since they may hold a private key.
 */
import { isUint8Array } from "node:util/types"
import { describeValue } from "../errors/describeValue.ts"

const privateKey =
  "it holds a private key and no certificate. Give the certificate alone: its private key stays in the certificate store of Windows"

const pkcs12 =
  "it is a PKCS#12 file (.pfx, .p12), which holds a private key, too. Write its certificate to a file with " +
  "openssl pkcs12 -in file.pfx -clcerts -nokeys -out certificate.pem"

const pkcs7 =
  "it is a PKCS#7 file (.p7b), which holds a chain. Write its certificates to a file with " +
  "openssl pkcs7 -in file.p7b -print_certs -out chain.pem (with -inform DER for bytes), and give the one to sign with"

const request = "it is a request for a certificate: give the certificate that the authority made of it"

/** Rule for `TRUSTED CERTIFICATE`, whose bytes have OpenSSL's own settings behind the certificate. */
export const trusted =
  "it is a TRUSTED CERTIFICATE of OpenSSL, which has settings of trust behind the certificate. Write it without them with " +
  "openssl x509 -in trusted.pem -out certificate.pem"

const inText: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /-----BEGIN[^\n]*-----\\[rn]|\\[rn]-----END/,
    'its line breaks are written as \\n, as in an environment variable: make them line breaks with text.replaceAll("\\\\n", "\\n")'
  ],
  [
    /-\0-\0|\0-\0-/,
    'it has NUL between its characters, as a UTF-16 file read as UTF-8 has: read the file with the encoding "utf16le"'
  ],
  [/-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/, request],
  [/-----BEGIN (?:PKCS7|CMS)-----/, pkcs7],
  [/-----BEGIN PKCS12-----/, pkcs12],
  [
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(?![^]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----)/,
    "its -----BEGIN CERTIFICATE----- has no -----END CERTIFICATE----- behind it: the text is cut off"
  ],
  [
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/,
    "between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- it has other characters than base64"
  ],
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/, privateKey],
  [/-----BEGIN [A-Z0-9 ]*PUBLIC KEY-----/, "it holds a public key and no certificate"],
  [
    /^\s*MI[A-Za-z0-9+/=\s]+$/,
    "it is base64 without the lines around it: give the bytes to Certificate.fromDer, as in " +
      'Certificate.fromDer(Buffer.from(text, "base64"))'
  ],
  [/^0[^]?[\x80-\xff\ufffd]/, "it is DER read as text: read the file as bytes, and give them to Certificate.fromDer"],
  [
    /^[^\n]{1,260}\.(?:pem|cer|crt|der|p7b|pfx|p12)\s*$/i,
    "it is the name of a file: read the file, and give its content"
  ]
]

/** Returns the mistake in a text without a block of a certificate. */
export const mistakeInText = (text: unknown): string => {
  if (isUint8Array(text)) {
    return text[0] === 0x30
      ? "it is given as bytes in DER: they go to Certificate.fromDer"
      : 'it is given as bytes: read the file as text, as readFile(path, "utf8") does, or give DER to Certificate.fromDer'
  }
  if (typeof text !== "string") return `PEM is a string, not ${describeValue(text)}`
  const mistake = inText.find(([pattern]) => pattern.test(text))
  return mistake?.[1] ?? "there is no -----BEGIN CERTIFICATE----- block in the text"
}

/** Returns where the content of a DER element begins. */
const contentAt = (der: Uint8Array): number => 2 + ((der[1] ?? 0) > 0x80 ? (der[1] ?? 0) - 0x80 : 0)

const inDer: ReadonlyArray<readonly [ReadonlyArray<number>, string]> = [
  [[0x02, 0x01, 0x03], pkcs12],
  [[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02], pkcs7],
  [[0x02, 0x01, 0x00], privateKey],
  [[0x02, 0x01, 0x01], privateKey]
]

const startsWith = (bytes: Uint8Array, start: ReadonlyArray<number>, at = 0): boolean =>
  start.every((byte, index) => bytes[at + index] === byte)

/** Returns the mistake in bytes in DER that are no certificate; `undefined` where none is known. */
export const mistakeInDer = (der: Uint8Array): string | undefined =>
  inDer.find(([start]) => startsWith(der, start, contentAt(der)))?.[1]

/** Returns the mistake in bytes that are no DER. */
export const notDer = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return "there are no bytes"
  const isMarked =
    startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]) || startsWith(bytes, [0xef, 0xbb, 0xbf])
  const isText = isMarked || Buffer.from(bytes.subarray(0, 1000)).includes("-----BEGIN ")
  return isText
    ? "the bytes are text in PEM, and no DER: give the text to Certificate.fromPem"
    : "the bytes are not ASN.1 DER, which starts with 0x30 (text in PEM goes to fromPem)"
}
