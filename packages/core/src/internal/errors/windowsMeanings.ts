/** Errors of Windows outside Message Queuing, as HRESULTs, each with its meaning and the remedy. */
export const windowsMeanings: ReadonlyMap<number, string> = new Map([
  [0x8007_0005, "access is denied: this user may not read what was asked for"],
  [0x8007_06ba, "the server is not available: the domain controller could not be reached, so check the network"],
  [
    0x8007_06fd,
    "the trust relationship between this computer and the domain failed, so that its accounts cannot be found"
  ],
  [
    0x8007_06fc,
    "the trust relationship between the domains failed, so that the accounts of the other one cannot be found"
  ],
  [
    0x8007_054b,
    "there is no such domain, or none of its domain controllers could be reached: check the name and the network"
  ],
  [0x8007_0525, "there is no such user"]
])
