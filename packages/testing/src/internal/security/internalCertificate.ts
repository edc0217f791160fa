/** Self-signed certificate (CN=MSMQ, P-256) in place of the one that MSMQ makes for a user. Nobody has its key. */
const base64 =
  "MIIBdTCCARugAwIBAgIUNjV4mM6mUaDl+Vc4o0aMDyM1h6IwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwETVNNUTAgFw0yNjExMjMw" +
  "MzIxMDRaGA8yMTI2MTAzMDAzMjEwNFowDzENMAsGA1UEAwwETVNNUTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABD35xI9umYqW" +
  "QV92QUs3R19DnTPYhNzxP0KvSqGVXhaq8TaGrVT/6WYR8p1eV57syQrM9zjBaYOu+Rz7atQxxZWjUzBRMB0GA1UdDgQWBBRPL+JQ" +
  "zS62oxrMjlF/ah6wmLDhjDAfBgNVHSMEGDAWgBRPL+JQzS62oxrMjlF/ah6wmLDhjDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49" +
  "BAMCA0gAMEUCIAjqE/jrAz0OpewG2LtAbhiu+nYMlrhKOfuFyVW68e7/AiEAg03lLxs4cc7eqZdRWmD0KVATnpYqb8aLPl8OjObe" +
  "piA="

const first: Uint8Array = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

/** Offset of the last four bytes of the serial number. */
const serialNumberTail = 31

/** Returns the internal certificate after a number of renewals: each has a serial number of its own. */
export const internalCertificate = (renewals: number): Uint8Array => {
  if (renewals === 0) return first
  const renewed = new Uint8Array(first)
  new DataView(renewed.buffer).setUint32(serialNumberTail, renewals)
  return renewed
}
