/**
 * Accounts and certificate stores of the Windows that this runs on, or of Wine, through the native backend: a line for each
 * promise, and the sum. `ownWindows LIBRARY CERTIFICATE`: a file for `mqrt.dll`, which may be the double, and a certificate in PEM,
 * which is put into the user's own store and removed again.
 */
import * as Certificate from "@effect-msmq/core/Certificate"
import * as Sid from "@effect-msmq/core/Sid"
import { NativeMqrt } from "@effect-msmq/native"
import type * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Effect from "effect/Effect"
import koffi from "koffi"
import * as assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { CallMemory } from "../../src/internal/CallMemory.ts"
import { layout } from "../../src/internal/layout.ts"
import { runContract, sumLine } from "../support/contractRun.ts"

const [library = "", file = ""] = process.argv.slice(2)

const provider = "Microsoft Enhanced RSA and AES Cryptographic Provider"
const friendlyName = "effect-msmq test"

const wide = (text: string): Buffer => Buffer.from(`${text}\0`, "utf16le")

/** Functions of Windows that change a store, which the backend has no use for. */
const stores = () => {
  const crypt32 = koffi.load("crypt32.dll")
  return {
    open: crypt32.func(
      "void *CertOpenStore(void *provider, uint32_t encoding, void *none, uint32_t flags, str16 name)"
    ),
    add: crypt32.func(
      "int CertAddEncodedCertificateToStore(void *store, uint32_t encoding, void *der, uint32_t size, uint32_t how, void *context)"
    ),
    set: crypt32.func(
      "int CertSetCertificateContextProperty(void *context, uint32_t property, uint32_t flags, void *data)"
    ),
    find: crypt32.func(
      "void *CertFindCertificateInStore(void *store, uint32_t encoding, uint32_t flags, uint32_t type, void *blob, void *previous)"
    ),
    control: crypt32.func("int CertControlStore(void *store, uint32_t flags, uint32_t type, void *parameter)"),
    free: crypt32.func("int CertFreeCertificateContext(void *context)"),
    remove: crypt32.func("int CertDeleteCertificateFromStore(void *context)"),
    close: crypt32.func("int CertCloseStore(void *store, uint32_t flags)")
  }
}

/** Opens the user's own store, changes it, writes it, and closes it. */
const changeStore = (change: (functions: ReturnType<typeof stores>, store: unknown) => void): void => {
  const functions = stores()
  const store: unknown = functions.open(BigInt(10), 0, null, 0x1_0000, "My")
  assert.ok(store, "the store of personal certificates does not open")
  change(functions, store)
  assert.ok(functions.control(store, 0, 3, null), "the store is not written")
  functions.close(store, 0)
}

/** Puts a certificate into the store, with a name and with a key that does not exist. */
const place = (der: Uint8Array): void =>
  changeStore(({ add, free, set }, store) => {
    const slot = new BigUint64Array(1)
    assert.ok(add(store, 0x1_0001, der, der.length, 3, slot), "the certificate cannot be put into the store")
    const [context = BigInt(0)] = slot
    const { CRYPT_HASH_BLOB, CRYPT_KEY_PROV_INFO } = layout
    const [container, name, shown] = [wide("effect-msmq-test"), wide(provider), wide(friendlyName)]
    const texts = [container, name, shown].map(({ length }) => length)
    const memory = new CallMemory([CRYPT_KEY_PROV_INFO.size, CRYPT_HASH_BLOB.size, ...texts])
    const [key, blob] = [memory.reserve(CRYPT_KEY_PROV_INFO.size), memory.reserve(CRYPT_HASH_BLOB.size)]
    memory.point(key + CRYPT_KEY_PROV_INFO.pwszContainerName, memory.copy(container))
    memory.point(key + CRYPT_KEY_PROV_INFO.pwszProvName, memory.copy(name))
    memory.view.setUint32(key + CRYPT_KEY_PROV_INFO.dwProvType, 24, true)
    memory.view.setUint32(key + CRYPT_KEY_PROV_INFO.dwKeySpec, 2, true)
    assert.ok(set(context, 2, 0, memory.addressOf(key)), "the certificate gets no key")
    memory.view.setUint32(blob + CRYPT_HASH_BLOB.cbData, shown.length, true)
    memory.point(blob + CRYPT_HASH_BLOB.pbData, memory.copy(shown))
    assert.ok(set(context, 11, 0, memory.addressOf(blob)), "the certificate gets no name")
    free(context)
  })

/** Removes a certificate from the store. */
const remove = (der: Uint8Array): void =>
  changeStore(({ find, remove }, store) => {
    const { CRYPT_HASH_BLOB } = layout
    const hash = createHash("sha1").update(der).digest()
    const memory = new CallMemory([CRYPT_HASH_BLOB.size, hash.length])
    const blob = memory.reserve(CRYPT_HASH_BLOB.size)
    memory.view.setUint32(blob + CRYPT_HASH_BLOB.cbData, hash.length, true)
    memory.point(blob + CRYPT_HASH_BLOB.pbData, memory.copy(hash))
    const context: unknown = find(store, 0x1_0001, 0, 0x1_0000, memory.addressOf(blob), null)
    assert.ok(context !== null && remove(context), "the certificate cannot be removed")
  })

const placed = Effect.acquireRelease(
  Effect.tap(Certificate.fromPem(readFileSync(file, "utf8")), ({ der }) => Effect.sync(() => place(der))),
  ({ der }) => Effect.sync(() => remove(der))
)

const promises: ReadonlyArray<MqrtContract.ContractPromise> = [
  {
    name: "Everyone has its SID, by its name in English or in the language of this Windows",
    needs: [],
    check: Effect.gen(function* () {
      const { kind, qualifiedName } = yield* Sid.accountOf(Sid.wellKnown.everyone)
      assert.deepEqual([yield* Sid.ofAccount(qualifiedName), kind], [Sid.wellKnown.everyone, "wellKnownGroup"])
    })
  },
  {
    name: "the current user has a name, whose SID is that of the user, with its domain and with a dot for this computer",
    needs: [],
    check: Effect.gen(function* () {
      const user = yield* Sid.current
      const account = yield* Sid.accountOf(user)
      assert.equal(yield* Sid.ofAccount(account.qualifiedName), user)
      const { COMPUTERNAME = "" } = process.env
      if (account.domain.toLowerCase() === COMPUTERNAME.toLowerCase()) {
        assert.equal(yield* Sid.ofAccount(`.\\${account.name}`), user)
      }
    })
  },
  {
    name: "a name and a SID without an account fail with reasons of their own",
    needs: [],
    check: Effect.gen(function* () {
      const name = yield* Effect.flip(Sid.ofAccount("no-such-account-at-all"))
      const sid = yield* Effect.flip(Sid.accountOf("S-1-5-21-1-1-1-4000000001"))
      assert.deepEqual([name.reason._tag, sid.reason._tag], ["AccountNotFound", "AccountNotFound"])
    })
  },
  {
    name: "a certificate that is in the store is found by its thumbprint and by its subject, with its key and its name",
    needs: [],
    check: Effect.gen(function* () {
      const certificate = yield* placed
      const thumbprint = `\u200e${certificate.thumbprint.replaceAll(/..(?!$)/g, "$& ").toLowerCase()}`
      for (const choice of [{ thumbprint }, { subject: certificate.subject }]) {
        const found = yield* Certificate.fromStore(choice)
        assert.equal(found.fingerprint, certificate.fingerprint)
        assert.deepEqual(
          [found.friendlyName, found.keyProvider, found.signingObstacles],
          [friendlyName, { name: provider, api: "CryptoAPI" }, []]
        )
      }
      const listed = yield* Certificate.listStore()
      assert.ok(
        listed.some((one) => one.fingerprint === certificate.fingerprint),
        "it is not in the list"
      )
    })
  },
  {
    name: "a certificate that was removed, and a store that does not exist, fail with reasons of their own",
    needs: [],
    check: Effect.gen(function* () {
      const certificate = yield* Effect.scoped(placed)
      const gone = yield* Effect.flip(Certificate.fromStore({ thumbprint: certificate.thumbprint }))
      assert.equal(gone.reason._tag, "CertificateNotFound", gone.message)
      const store = yield* Effect.flip(Certificate.listStore({ store: "effect-msmq no such store" }))
      assert.equal(store.reason._tag, "CertificateStoreNotFound", store.message)
    })
  }
]

const print = (line: string): void => console.log(line)

const sum = await Effect.runPromise(
  runContract({ promises, layer: NativeMqrt.layerWith({ library }), missing: new Map(), print })
)
print(sumLine(sum))
process.exitCode = sum.failed === 0 ? 0 : 1
