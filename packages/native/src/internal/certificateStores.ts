import type { StoredCertificateProperties, StoredKeyProperties } from "@effect-msmq/core/mqrt/CertificateProperties"
import { storeLocations } from "@effect-msmq/core/mqrt/CertificateProperties"
import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import type { MqrtFailure, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import koffi from "koffi"
import type { Bindings } from "./bindings.ts"
import { CallMemory, countSlot } from "./CallMemory.ts"
import { failure } from "./calls.ts"
import { callForLastError, hresultFromWin32, type Returned } from "./lastError.ts"
import { layout, readPointer } from "./layout.ts"

const { CERT_CONTEXT, CRYPT_HASH_BLOB, CRYPT_KEY_PROV_INFO } = layout

/** `CERT_STORE_PROV_SYSTEM_W`. */
const systemProvider = BigInt(10)
/** `CERT_STORE_READONLY_FLAG` and `CERT_STORE_OPEN_EXISTING_FLAG`. */
const onlyToRead = 0x8000 | 0x4000
/** `X509_ASN_ENCODING` and `PKCS_7_ASN_ENCODING`. */
const encodings = 0x0001_0001
/** `CERT_FIND_SHA1_HASH`. */
const findByHash = 0x0001_0000

/** Properties of a certificate: `CERT_KEY_PROV_INFO_PROP_ID`, `CERT_FRIENDLY_NAME_PROP_ID`. */
const properties = { keyProvider: 2, friendlyName: 11 }

/** `CRYPT_E_NOT_FOUND`, and `ERROR_NO_MORE_FILES`: there is no further certificate. */
const ends: ReadonlySet<number> = new Set([0x8009_2004, hresultFromWin32(18)])

/** Bytes of the hash of a thumbprint. */
const hashSize = 20

/** Certificate that was found: the address of its `CERT_CONTEXT`. */
type Context = bigint

/** Returns the functions of the certificate stores of Windows. Each store and each context is freed exactly once. */
export const certificateStores = (bindings: Bindings): Pick<MqrtFunctions, "findCertificates"> => {
  const { calls, identity } = bindings

  /** Reads a property of a certificate; `undefined` where it has none. */
  const propertyOf = (context: Context, property: number): CallMemory | undefined => {
    const size = countSlot(0)
    if (identity.CertGetCertificateContextProperty(context, property, null, size.buffer) === 0) return undefined
    const memory = new CallMemory([size[0] ?? 0])
    memory.reserve(size[0] ?? 0)
    return identity.CertGetCertificateContextProperty(context, property, memory.buffer, size.buffer) === 0
      ? undefined
      : memory
  }

  const keyOf = (context: Context): StoredKeyProperties | null => {
    const memory = propertyOf(context, properties.keyProvider)
    if (memory === undefined) return null
    const name = readPointer(memory.view, CRYPT_KEY_PROV_INFO.pwszProvName)
    return {
      provider: name === BigInt(0) ? "" : textAt(memory, Number(name - memory.addressOf(0))),
      providerType: memory.view.getUint32(CRYPT_KEY_PROV_INFO.dwProvType, true)
    }
  }

  const friendlyNameOf = (context: Context): string | null => {
    const memory = propertyOf(context, properties.friendlyName)
    return memory === undefined ? null : textAt(memory, 0)
  }

  /** Copies a certificate, which lives only as long as its context. */
  const copy = (context: Context): StoredCertificateProperties => {
    const view = new DataView(koffi.view(context, CERT_CONTEXT.size))
    const size = view.getUint32(CERT_CONTEXT.cbCertEncoded, true)
    const der = new Uint8Array(koffi.view(readPointer(view, CERT_CONTEXT.pbCertEncoded), size)).slice()
    return { der, friendlyName: friendlyNameOf(context), key: keyOf(context) }
  }

  /**
   * Reads certificates one after the other. `next` returns the context after another one, which it frees, as Windows' functions
   * do. It may wait for the next turn of the event loop between two; an interruption there frees the last context.
   */
  const readAll = (
    name: string,
    next: (previous: Context | null) => Context | null
  ): Effect.Effect<ReadonlyArray<StoredCertificateProperties>, MqrtFailure> =>
    Effect.suspend(() => {
      const found: Array<StoredCertificateProperties> = []
      const { GetLastError } = identity
      let current: Context | null = null
      const step = (): MqrtFailure | undefined => {
        const previous = current
        // The call frees the previous context, also where it fails.
        current = null
        current = next(previous)
        if (current !== null) {
          found.push(copy(current))
          return undefined
        }
        const code = hresultFromWin32(GetLastError())
        return ends.has(code) ? undefined : failure(name, code)
      }
      const loop: Effect.Effect<void, MqrtFailure> = EventLoopTurn.within(() =>
        Effect.suspend(() => {
          const failed = step()
          if (failed !== undefined) return Effect.fail(failed)
          return current === null ? Effect.void : loop
        })
      )
      return loop.pipe(
        Effect.as(found),
        Effect.ensuring(
          Effect.sync(() => {
            if (current !== null) identity.CertFreeCertificateContext(current)
            current = null
          })
        )
      )
    })

  const findByThumbprint = (store: bigint, thumbprint: Uint8Array) =>
    Effect.suspend(() => {
      const memory = new CallMemory([CRYPT_HASH_BLOB.size, hashSize])
      const blob = memory.reserve(CRYPT_HASH_BLOB.size)
      const hash = memory.copy(thumbprint.subarray(0, hashSize))
      memory.view.setUint32(blob + CRYPT_HASH_BLOB.cbData, thumbprint.length, true)
      memory.point(blob + CRYPT_HASH_BLOB.pbData, hash)
      return readAll("CertFindCertificateInStore", (previous) =>
        orNull(identity.CertFindCertificateInStore(store, encodings, 0, findByHash, memory.buffer, previous))
      )
    })

  const enumerate = (store: bigint) =>
    readAll("CertEnumCertificatesInStore", (previous) => orNull(identity.CertEnumCertificatesInStore(store, previous)))

  return {
    findCertificates: (store, location, thumbprint) =>
      calls.together(
        Effect.suspend(() => {
          // It is known here as soon as the call has returned, so that an interruption at that moment closes it, too.
          let handle: bigint | null = null
          const open = callForLastError(
            bindings,
            "CertOpenStore",
            ({ lastError, result }: Returned<bigint | null>) => {
              handle = orNull(result)
              return handle === null ? Result.fail(failure("CertOpenStore", lastError)) : Result.succeed(handle)
            },
            () => identity.CertOpenStore,
            systemProvider,
            0,
            null,
            (storeLocations[location] << 16) | onlyToRead,
            store
          )
          return Effect.flatMap(open, Effect.fromResult).pipe(
            Effect.flatMap((opened) =>
              thumbprint === null ? enumerate(opened) : findByThumbprint(opened, thumbprint)
            ),
            Effect.ensuring(
              Effect.sync(() => {
                if (handle !== null) identity.CertCloseStore(handle, 0)
              })
            )
          )
        })
      )
  }
}

/** Returns a handle; `null` for none, also of a function that this system does not have. */
const orNull = (handle: bigint | null | undefined): bigint | null =>
  handle === undefined || handle === BigInt(0) ? null : handle

/** Reads a text of UTF-16 from an offset of some memory up to its NUL. */
const textAt = (memory: CallMemory, offset: number): string => {
  const { buffer } = memory
  if (offset < 0 || offset >= buffer.byteLength) return ""
  return Buffer.from(buffer, offset).toString("utf16le").replace(/\0.*$/s, "")
}
