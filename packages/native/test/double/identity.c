/*
 * A double of the calls that concern users: those that change the identity of a thread (LogonUserW, ImpersonateLoggedOnUser and
 * RevertToSelf of advapi32), those that know accounts (accounts.h), those of crypt32 that read certificate stores
 * (certificates.h), and CloseHandle, GetLastError and others of kernel32. It keeps the order of the calls and the thread each came
 * from.
 */
#include "abi.h"
#include "platform.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum Call {
  Call_Logon,
  Call_Impersonate,
  Call_Revert,
  Call_Close,
  Call_LookupName,
  Call_LookupSid,
  Call_ComputerName,
  Call_OpenToken,
  Call_TokenInformation,
  Call_OpenStore,
  Call_Find,
  Call_Enumerate,
  Call_End
};
static const char *const callNames[] = {
  "LogonUserW",       "ImpersonateLoggedOnUser", "RevertToSelf",
  "CloseHandle",      "LookupAccountNameW",      "LookupAccountSidW",
  "GetComputerNameW", "OpenProcessToken",        "GetTokenInformation",
  "CertOpenStore",    "CertFindCertificateInStore", "CertEnumCertificatesInStore"
};

#define ERROR_OF_LOGON 1326u /* ERROR_LOGON_FAILURE */
#define ERROR_OF_REST 5u     /* ERROR_ACCESS_DENIED */

#define MAX_TOKENS 4096u
#define TOKEN_BASE 0x2000u
#define LOG_SIZE 65536u

/* The exported names are those of Windows, whose headers declare them already. */
EXPORT int32_t logonUser(const Char16 *user, const Char16 *domain, const Char16 *password, uint32_t type,
                         uint32_t provider, Handle *token) __asm__("LogonUserW");
EXPORT int32_t impersonate(Handle token) __asm__("ImpersonateLoggedOnUser");
EXPORT int32_t revert(void) __asm__("RevertToSelf");
EXPORT int32_t closeToken(Handle token) __asm__("CloseHandle");
#if defined(_WIN32)
/* The runtime of this DLL calls the real one by that name; only whoever looks it up here gets the other. */
__asm__(".section .drectve,\"yn\"\n\t.ascii \" -export:GetLastError=Double_IdentityLastError\"\n\t.text");
EXPORT uint32_t lastErrorOfThread(void) __asm__("Double_IdentityLastError");
#else
EXPORT uint32_t lastErrorOfThread(void) __asm__("GetLastError");
#endif

static uint32_t failIn[Call_End];
/* The error of a failure that a test planned; 0 for the usual one. */
static uint32_t failWith[Call_End];
static uint8_t tokenIsOpen[MAX_TOKENS];
static uint32_t tokenCount, openTokens, violationTotal;
static char record[LOG_SIZE];
static size_t recordLength;
static _Thread_local Handle impersonated;
static _Thread_local uint32_t lastError;

/* Each line is "call thread details result"; what does not fit any more is dropped. */
__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(record + recordLength, LOG_SIZE - recordLength, format, arguments);
  va_end(arguments);
  if (length > 0 && recordLength + (size_t)length < LOG_SIZE) recordLength += (size_t)length;
  else record[recordLength] = '\0';
}

/* Whether a test planned this call to fail. */
static int planned(enum Call call) {
  if (failIn[call] == 0) return 0;
  return --failIn[call] == 0;
}

static int isToken(Handle token) {
  uint64_t index = token - TOKEN_BASE;
  return token >= TOKEN_BASE && (index & 3u) == 0 && index / 4u < tokenCount && tokenIsOpen[index / 4u];
}

/*
 * koffi carries the last error of a call on another thread over to the callback on Windows, and errno elsewhere, where it marks
 * an error of this double.
 */
#define MARK 0x40000000

static void setLastError(uint32_t error) {
  lastError = error;
#if defined(_WIN32)
  SetLastError(error);
#else
  errno = (int)(error | MARK);
#endif
}

/* Ends a call with an error for a result that is none; 0: the error of a failure that was planned. */
static int32_t endWith(enum Call call, uint64_t detail, int result, uint32_t error) {
  note("%s thread=%llu handle=0x%llx %s\n", callNames[call], (unsigned long long)threadId(), (unsigned long long)detail,
       result ? "ok" : "failed");
  uint32_t planned = failWith[call] != 0 ? failWith[call] : call == Call_Logon ? ERROR_OF_LOGON : ERROR_OF_REST;
  unlockAll();
  if (!result) setLastError(error != 0 ? error : planned);
  return result;
}

static int32_t end(enum Call call, uint64_t detail, int result) { return endWith(call, detail, result, 0); }

static void flaw(const char *what) {
  violationTotal++;
  note("violation: %s\n", what);
}

EXPORT int32_t logonUser(const Char16 *user, const Char16 *domain, const Char16 *password, uint32_t type,
                         uint32_t provider, Handle *token) {
  (void)domain, (void)provider;
  lockAll();
  if (user == NULL || password == NULL || token == NULL) flaw("LogonUserW was given NULL");
  if (type < 2 || type > 9) flaw("LogonUserW was given an unknown logon type");
  if (planned(Call_Logon) || user == NULL || token == NULL || tokenCount == MAX_TOKENS) return end(Call_Logon, 0, 0);
  *token = TOKEN_BASE + (Handle)tokenCount * 4u;
  tokenIsOpen[tokenCount++] = 1;
  openTokens++;
  return end(Call_Logon, *token, 1);
}

EXPORT int32_t impersonate(Handle token) {
  lockAll();
  int known = isToken(token);
  if (!known) flaw("ImpersonateLoggedOnUser was given no open token");
  if (planned(Call_Impersonate) || !known) return end(Call_Impersonate, token, 0);
  if (impersonated != 0) flaw("the thread impersonates already");
  impersonated = token;
  return end(Call_Impersonate, token, 1);
}

EXPORT int32_t revert(void) {
  lockAll();
  Handle was = impersonated;
  if (planned(Call_Revert)) return end(Call_Revert, was, 0);
  impersonated = 0;
  return end(Call_Revert, was, 1);
}

EXPORT int32_t closeToken(Handle token) {
  lockAll();
  int known = isToken(token);
  if (!known) flaw("CloseHandle was given no open token");
  if (planned(Call_Close) || !known) return end(Call_Close, token, 0);
  tokenIsOpen[(token - TOKEN_BASE) / 4u] = 0;
  openTokens--;
  return end(Call_Close, token, 1);
}

/* What the last call that failed on this thread left; a success leaves it as it is. It is no step of its own. */
EXPORT uint32_t lastErrorOfThread(void) {
#if defined(_WIN32)
  return GetLastError();
#else
  return (errno & MARK) != 0 ? (uint32_t)errno & ~(uint32_t)MARK : lastError;
#endif
}

#include "accounts.h"
#include "certificates.h"

EXPORT void Double_IdentityReset(void) {
  lockAll();
  memset(failIn, 0, sizeof failIn);
  memset(failWith, 0, sizeof failWith);
  memset(tokenIsOpen, 0, sizeof tokenIsOpen);
  tokenCount = openTokens = violationTotal = 0;
  recordLength = 0;
  record[0] = '\0';
  impersonated = 0;
  lastError = 0;
  resetCertificates();
  unlockAll();
}

/* The calls so far, one a line; returns the length needed including the terminator. */
EXPORT uint32_t Double_IdentityLog(char *buffer, uint32_t size) {
  lockAll();
  uint32_t needed = (uint32_t)recordLength + 1;
  if (buffer != NULL && size > 0) {
    size_t length = recordLength < size ? recordLength : size - 1;
    memcpy(buffer, record, length);
    buffer[length] = '\0';
  }
  unlockAll();
  return needed;
}

/* The nth call from now fails with an error, 0 for the usual one; 1 is the next, 0 takes a plan back. */
EXPORT int32_t Double_IdentityFailNext(const char *function, uint32_t nth, uint32_t error) {
  int known = 0;
  lockAll();
  for (int call = 0; function != NULL && call < Call_End; call++) {
    if (strcmp(callNames[call], function) != 0) continue;
    failIn[call] = nth;
    failWith[call] = error;
    known = 1;
  }
  unlockAll();
  return known;
}

EXPORT uint32_t Double_IdentityOpenTokens(void) {
  lockAll();
  uint32_t count = openTokens;
  unlockAll();
  return count;
}

EXPORT uint32_t Double_IdentityViolations(void) {
  lockAll();
  uint32_t count = violationTotal;
  unlockAll();
  return count;
}

/* The token that the calling thread impersonates, 0 for none. */
EXPORT uint64_t Double_IdentityCurrent(void) { return impersonated; }
