/* Certificate stores: CertOpenStore and the functions that read a store. Each store and each context is closed exactly once. */
#ifndef MQRT_DOUBLE_CERTIFICATES_H
#define MQRT_DOUBLE_CERTIFICATES_H

typedef struct { uint32_t encoding; uint8_t *encoded; uint32_t size; void *info; Handle store; } CertContext;
typedef struct { Char16 *container, *provider; uint32_t type, flags, parameters; void *list; uint32_t spec; } KeyInfo;
typedef struct { uint32_t size; const uint8_t *bytes; } HashBlob;

_Static_assert(sizeof(CertContext) == 40 && offsetof(CertContext, size) == 16, "CERT_CONTEXT");
_Static_assert(sizeof(KeyInfo) == 48 && offsetof(KeyInfo, type) == 16 && offsetof(KeyInfo, spec) == 40,
               "CRYPT_KEY_PROV_INFO");

EXPORT Handle openStore(const void *provider, uint32_t encoding, Handle cryptography, uint32_t flags,
                        const Char16 *name) __asm__("CertOpenStore");
EXPORT CertContext *findCertificate(Handle store, uint32_t encoding, uint32_t flags, uint32_t type, const HashBlob *hash,
                                    CertContext *previous) __asm__("CertFindCertificateInStore");
EXPORT CertContext *nextCertificate(Handle store, CertContext *previous) __asm__("CertEnumCertificatesInStore");
EXPORT int32_t certificateProperty(CertContext *context, uint32_t property, uint8_t *to, uint32_t *size) __asm__(
    "CertGetCertificateContextProperty");
EXPORT int32_t freeCertificate(CertContext *context) __asm__("CertFreeCertificateContext");
EXPORT int32_t closeStore(Handle store, uint32_t flags) __asm__("CertCloseStore");

#define ERROR_OF_STORE 2u           /* ERROR_FILE_NOT_FOUND */
#define ERROR_OF_PROPERTY_SIZE 234u /* ERROR_MORE_DATA */
#define CRYPT_NOT_FOUND 0x80092004u /* CRYPT_E_NOT_FOUND */
#define SYSTEM_PROVIDER 10u         /* CERT_STORE_PROV_SYSTEM_W */
#define ONLY_READING 0x8000u
#define ONLY_EXISTING 0x4000u
#define FIND_BY_HASH 0x10000u
#define KEY_INFO 2u
#define FRIENDLY_NAME 11u
#define HASH_SIZE 20u
#define STORE_BASE 0x6000u
#define MAX_STORES 256u
#define MAX_CERTIFICATES 4096u
#define MAX_STORE_NAME 64u

typedef struct {
  Char16 store[MAX_STORE_NAME];
  uint32_t location;
  uint8_t *der;
  uint32_t size;
  uint8_t hash[HASH_SIZE];
  Char16 *friendlyName, *provider;
  uint32_t providerType;
} Stored;

static Stored stored[MAX_CERTIFICATES];
static uint32_t storedCount;

static struct { Char16 name[MAX_STORE_NAME]; uint32_t location; int isOpen; } stores[MAX_STORES];
static uint32_t openStores;

static struct { CertContext *context; uint32_t certificate; } contexts[MAX_CERTIFICATES];
static uint32_t openContexts;

static int isSameName(const Char16 *one, const Char16 *other) {
  for (;; one++, other++) {
    Char16 first = *one >= 'A' && *one <= 'Z' ? (Char16)(*one + 32) : *one;
    Char16 second = *other >= 'A' && *other <= 'Z' ? (Char16)(*other + 32) : *other;
    if (first != second) return 0;
    if (first == 0) return 1;
  }
}

static Char16 *copyWide(const Char16 *text) {
  if (text == NULL) return NULL;
  size_t size = (lengthOf(text) + 1) * sizeof *text;
  return memcpy(malloc(size), text, size);
}

static int storeOf(Handle handle) {
  uint64_t index = (handle - STORE_BASE) / 4u;
  return handle >= STORE_BASE && index < MAX_STORES && stores[index].isOpen ? (int)index : -1;
}

static int contextOf(const CertContext *context) {
  for (int at = 0; at < (int)MAX_CERTIFICATES; at++) {
    if (context != NULL && contexts[at].context == context) return at;
  }
  return -1;
}

/* Frees a context; returns the place of its certificate, or -1 for one that is not open. */
static int64_t release(CertContext *context) {
  int at = contextOf(context);
  if (at < 0) {
    flaw("a certificate context was freed that is not open");
    return -1;
  }
  int64_t certificate = contexts[at].certificate;
  contexts[at].context = NULL;
  openContexts--;
  memset(context->encoded, 0xdd, context->size);
  free(context->encoded);
  memset(context, 0xdd, sizeof *context);
  free(context);
  return certificate;
}

static void resetCertificates(void) {
  for (uint32_t at = 0; at < storedCount; at++) {
    free(stored[at].der);
    free(stored[at].friendlyName);
    free(stored[at].provider);
  }
  storedCount = 0;
  for (uint32_t at = 0; at < MAX_CERTIFICATES; at++) if (contexts[at].context != NULL) release(contexts[at].context);
  memset(stores, 0, sizeof stores);
  openStores = 0;
}

static int storeExists(const Char16 *name, uint32_t location) {
  static const Char16 my[] = { 'm', 'y', 0 };
  if (isSameName(name, my)) return 1;
  for (uint32_t at = 0; at < storedCount; at++) {
    if (stored[at].location == location && isSameName(stored[at].store, name)) return 1;
  }
  return 0;
}

EXPORT Handle openStore(const void *provider, uint32_t encoding, Handle cryptography, uint32_t flags, const Char16 *name) {
  lockAll();
  if ((uintptr_t)provider != SYSTEM_PROVIDER || encoding != 0 || cryptography != 0) flaw("CertOpenStore: another provider");
  if ((flags & (ONLY_READING | ONLY_EXISTING)) != (ONLY_READING | ONLY_EXISTING)) flaw("CertOpenStore: a store could be changed");
  uint32_t location = flags >> 16 & 0xff;
  if (planned(Call_OpenStore) || name == NULL || lengthOf(name) >= MAX_STORE_NAME) return (Handle)end(Call_OpenStore, 0, 0);
  if (!storeExists(name, location)) return (Handle)endWith(Call_OpenStore, 0, 0, ERROR_OF_STORE);
  uint32_t at = 0;
  while (at < MAX_STORES && stores[at].isOpen) at++;
  if (at == MAX_STORES) return (Handle)end(Call_OpenStore, 0, 0);
  memcpy(stores[at].name, name, (lengthOf(name) + 1) * sizeof *name);
  stores[at].location = location;
  stores[at].isOpen = 1;
  openStores++;
  Handle handle = STORE_BASE + 4u * at;
  end(Call_OpenStore, handle, 1);
  return handle;
}

/* The first certificate of a store behind another one that has the hash, if there is one to have. */
static CertContext *next(enum Call call, Handle handle, CertContext *previous, const uint8_t *hash) {
  int store = storeOf(handle);
  if (store < 0) flaw("a store was read that is not open");
  int64_t from = previous == NULL ? 0 : release(previous) + 1;
  if (planned(call) || store < 0) {
    end(call, handle, 0);
    return NULL;
  }
  for (uint32_t at = (uint32_t)from; at < storedCount; at++) {
    const Stored *one = &stored[at];
    if (one->location != stores[store].location || !isSameName(one->store, stores[store].name)) continue;
    if (hash != NULL && memcmp(hash, one->hash, HASH_SIZE) != 0) continue;
    uint32_t place = 0;
    while (place < MAX_CERTIFICATES && contexts[place].context != NULL) place++;
    CertContext *made = malloc(sizeof *made);
    *made = (CertContext){ 1, memcpy(malloc(one->size), one->der, one->size), one->size, NULL, handle };
    contexts[place].context = made;
    contexts[place].certificate = at;
    openContexts++;
    end(call, handle, 1);
    return made;
  }
  endWith(call, handle, 0, CRYPT_NOT_FOUND);
  return NULL;
}

EXPORT CertContext *findCertificate(Handle store, uint32_t encoding, uint32_t flags, uint32_t type, const HashBlob *hash,
                                    CertContext *previous) {
  lockAll();
  if ((encoding & 1u) == 0 || flags != 0 || type != FIND_BY_HASH) flaw("CertFindCertificateInStore: another search");
  if (hash == NULL || hash->size != HASH_SIZE) flaw("CertFindCertificateInStore: no hash of 20 bytes");
  return next(Call_Find, store, previous, hash == NULL ? NULL : hash->bytes);
}

EXPORT CertContext *nextCertificate(Handle store, CertContext *previous) {
  lockAll();
  return next(Call_Enumerate, store, previous, NULL);
}

/* Gives a property to a buffer, or its size; `text`: NULL for one that there is not. */
static int32_t giveProperty(const void *bytes, uint32_t length, uint8_t *to, uint32_t *size) {
  uint32_t room = *size;
  *size = length;
  if (to == NULL) return 1;
  if (room < length) return 0;
  memcpy(to, bytes, length);
  return 1;
}

EXPORT int32_t certificateProperty(CertContext *context, uint32_t property, uint8_t *to, uint32_t *size) {
  lockAll();
  int at = contextOf(context);
  if (at < 0 || size == NULL) flaw("CertGetCertificateContextProperty was given no open certificate, or NULL");
  const Stored *one = at < 0 ? NULL : &stored[contexts[at].certificate];
  const Char16 *text = one == NULL ? NULL : property == KEY_INFO ? one->provider : one->friendlyName;
  if (text == NULL || size == NULL || (property != KEY_INFO && property != FRIENDLY_NAME)) {
    unlockAll();
    setLastError(CRYPT_NOT_FOUND);
    return 0;
  }
  uint32_t length = (lengthOf(text) + 1) * (uint32_t)sizeof *text;
  int32_t result;
  if (property == FRIENDLY_NAME) result = giveProperty(text, length, to, size);
  else {
    static const Char16 container[] = { 'k', 'e', 'y', 0 };
    uint32_t whole = (uint32_t)(sizeof(KeyInfo) + sizeof container) + length;
    result = to == NULL || *size >= whole;
    *size = whole;
    if (to != NULL && result) {
      Char16 *name = (Char16 *)(void *)(to + sizeof(KeyInfo)), *provider = name + sizeof container / sizeof *container;
      KeyInfo info = { name, provider, one->providerType, 0, 0, NULL, 2 };
      memcpy(to, &info, sizeof info);
      memcpy(name, container, sizeof container);
      memcpy(provider, text, length);
    }
  }
  unlockAll();
  if (!result) setLastError(ERROR_OF_PROPERTY_SIZE);
  return result;
}

EXPORT int32_t freeCertificate(CertContext *context) {
  lockAll();
  if (context != NULL) release(context);
  unlockAll();
  return 1;
}

EXPORT int32_t closeStore(Handle handle, uint32_t flags) {
  lockAll();
  int store = storeOf(handle);
  if (store < 0 || flags != 0) flaw("CertCloseStore was given no open store, or flags");
  else {
    stores[store].isOpen = 0;
    openStores--;
  }
  unlockAll();
  return store >= 0;
}

/* Puts a certificate into a store, which then exists. `provider`: NULL for one without a private key. */
EXPORT int32_t Double_AddCertificate(const Char16 *store, uint32_t location, const uint8_t *der, uint32_t size,
                                     const uint8_t *hash, const Char16 *friendlyName, const Char16 *provider,
                                     uint32_t providerType) {
  lockAll();
  int fits = storedCount < MAX_CERTIFICATES && lengthOf(store) < MAX_STORE_NAME;
  if (fits) {
    Stored *one = &stored[storedCount++];
    *one = (Stored){ .location = location, .size = size, .providerType = providerType };
    memcpy(one->store, store, (lengthOf(store) + 1) * sizeof *store);
    memcpy(one->hash, hash, HASH_SIZE);
    one->der = memcpy(malloc(size), der, size);
    one->friendlyName = copyWide(friendlyName);
    one->provider = copyWide(provider);
  }
  unlockAll();
  return fits;
}

EXPORT uint32_t Double_IdentityOpenStores(void) {
  lockAll();
  uint32_t count = openStores;
  unlockAll();
  return count;
}

EXPORT uint32_t Double_IdentityOpenCertificates(void) {
  lockAll();
  uint32_t count = openContexts;
  unlockAll();
  return count;
}

#endif
