/** The double of `mqrt.dll`, for tests: where it lies, and what a test can ask of it. */
import koffi from "koffi"
import { buildForLinux } from "./double/buildDouble.ts"

const built = buildForLinux()

/** Reason why there is no double here, or `null`. */
export const missing: string | null = "missing" in built ? built.missing : null

if (missing !== null) console.warn(`skipped: there is no double of mqrt.dll (${missing})`)

/** The files for `NativeMqrt.layerWith`. */
export const files =
  "missing" in built ? { library: "", identityLibrary: "" } : { library: built.mqrt, identityLibrary: built.identity }

type Call = (...args: ReadonlyArray<unknown>) => unknown

const lazily = (file: () => string) => {
  let library: ReturnType<typeof koffi.load> | undefined
  const known = new Map<string, Call>()
  return (prototype: string, ...args: ReadonlyArray<unknown>): unknown => {
    // Never unloaded: the state of the double outlives the layers of the tests.
    library ??= koffi.load(file())
    const call = known.get(prototype) ?? library.func(prototype)
    known.set(prototype, call)
    return call(...args)
  }
}

const mqrt = lazily(() => files.library)
const identity = lazily(() => files.identityLibrary)

/** Reads a text that a function writes into a buffer of the caller's. */
const text = (call: (buffer: Uint8Array | null, size: number) => unknown): string => {
  const buffer = new Uint8Array(Number(call(null, 0)))
  call(buffer, buffer.length)
  return Buffer.from(buffer).toString("utf8").replace(/\0.*$/s, "")
}

interface Ledger {
  readonly counts: Readonly<
    Record<string, { readonly acquired: number; readonly freed: number; readonly open: number }>
  >
  readonly calls: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<string>
}

/** Certificate in a store of the double. */
export interface DoubleCertificate {
  readonly store: string
  /** 1 for the current user, 2 for the computer. */
  readonly location: number
  readonly der: Uint8Array
  /** SHA-1 of the bytes. */
  readonly thumbprint: Uint8Array
  readonly friendlyName: string | null
  /** Provider of the private key; `null` for none. */
  readonly provider: string | null
  readonly providerType: number
}

/** Functions of the double that tests call. */
export const control = {
  reset: () => {
    mqrt("void Double_Reset()")
    identity("void Double_IdentityReset()")
  },
  failNext: (name: string, code: number, nth = 1) =>
    mqrt("int Double_FailNext(const char *function, uint32_t nth, uint32_t result)", name, nth, code),
  setDelay: (name: string, milliseconds: number) =>
    mqrt("int Double_SetDelay(const char *function, double milliseconds)", name, milliseconds),
  /** Holds the calls of a function that begin from now on, until `letGo`. One on the main thread is a violation. */
  hold: (name: string) => mqrt("int Double_Hold(const char *function)", name),
  letGo: (name: string) => mqrt("int Double_SetDelay(const char *function, double milliseconds)", name, 0),
  /** Adds up the delays of the calls on this thread from now on. */
  watchThread: () => mqrt("void Double_WatchThread()"),
  /** Milliseconds that the delays of calls on the watched thread add up to. */
  watchedDelay: () => Number(mqrt("double Double_WatchedDelay()")),
  refusePorts: (refuses: boolean) => mqrt("void Double_RefusePorts(uint32_t on)", refuses ? 1 : 0),
  setHandleHighBits: (bits: number) => mqrt("void Double_SetHandleHighBits(uint32_t bits)", bits),
  threadOfLastCall: (name: string) => Number(mqrt("uint64_t Double_ThreadOfLastCall(const char *function)", name)),
  callCount: (name: string) => Number(mqrt("uint32_t Double_CallCount(const char *function)", name)),
  lastCertificateLength: () => Number(mqrt("uint32_t Double_LastCertificate(void *buffer, uint32_t size)", null, 0)),
  /** Number of messages in a queue, by its format name. */
  queueCount: (name: string) => Number(mqrt("uint32_t Double_QueueCount(str16 formatName)", name)),
  addPublicQueue: (path: string, label: string) =>
    mqrt("int Double_AddPublicQueue(str16 path, str16 label)", path, label),
  /** Adds a source of an exactly-once stream to a queue. */
  addSource: (formatName: string, sequenceId: bigint, sent: number, refused: number) =>
    mqrt(
      "int Double_AddSource(str16 formatName, uint64_t sequenceId, uint32_t sent, uint32_t refused)",
      formatName,
      sequenceId,
      sent,
      refused
    ),
  ledger: (): Ledger =>
    JSON.parse(text((buffer, size) => mqrt("uint32_t Double_LedgerJson(void *buffer, uint32_t size)", buffer, size))),
  identityLog: (): ReadonlyArray<string> =>
    text((buffer, size) => identity("uint32_t Double_IdentityLog(void *buffer, uint32_t size)", buffer, size))
      .split("\n")
      .filter((line) => line !== ""),
  /** Makes a call of a function of Windows fail; `error`: an error of Win32, by default the usual one of the function. */
  identityFailNext: (name: string, error = 0, nth = 1) =>
    identity("int Double_IdentityFailNext(const char *function, uint32_t nth, uint32_t error)", name, nth, error),
  openTokens: () => Number(identity("uint32_t Double_IdentityOpenTokens()")),
  openStores: () => Number(identity("uint32_t Double_IdentityOpenStores()")),
  openCertificates: () => Number(identity("uint32_t Double_IdentityOpenCertificates()")),
  identityViolations: () => Number(identity("uint32_t Double_IdentityViolations()")),
  addCertificate: ({ der, friendlyName, location, provider, providerType, store, thumbprint }: DoubleCertificate) =>
    identity(
      "int Double_AddCertificate(str16 store, uint32_t location, void *der, uint32_t size, void *hash, str16 friendlyName, str16 provider, uint32_t providerType)",
      store,
      location,
      der,
      der.length,
      thumbprint,
      friendlyName,
      provider,
      providerType
    )
}
