/*
 * A double of the calls that change the identity of a thread: LogonUserW, ImpersonateLoggedOnUser and RevertToSelf
 * of advapi32, CloseHandle and GetLastError of kernel32. It keeps the order of the calls and the thread each came from.
 */
#include "abi.h"
#include "platform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum Call { Call_Logon, Call_Impersonate, Call_Revert, Call_Close, Call_End };
static const char *const callNames[] = { "LogonUserW", "ImpersonateLoggedOnUser", "RevertToSelf", "CloseHandle" };

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

static int32_t end(enum Call call, uint64_t detail, int result) {
  note("%s thread=%llu handle=0x%llx %s\n", callNames[call], (unsigned long long)threadId(), (unsigned long long)detail,
       result ? "ok" : "failed");
  if (!result) lastError = call == Call_Logon ? ERROR_OF_LOGON : ERROR_OF_REST;
  unlockAll();
  return result;
}

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
EXPORT uint32_t lastErrorOfThread(void) { return lastError; }

EXPORT void Double_IdentityReset(void) {
  lockAll();
  memset(failIn, 0, sizeof failIn);
  memset(tokenIsOpen, 0, sizeof tokenIsOpen);
  tokenCount = openTokens = violationTotal = 0;
  recordLength = 0;
  record[0] = '\0';
  impersonated = 0;
  lastError = 0;
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

/* The nth call from now fails; 1 is the next, 0 takes a plan back. */
EXPORT int32_t Double_IdentityFailNext(const char *function, uint32_t nth) {
  int known = 0;
  lockAll();
  for (int call = 0; function != NULL && call < Call_End; call++) {
    if (strcmp(callNames[call], function) != 0) continue;
    failIn[call] = nth;
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
