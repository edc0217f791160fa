/* Accounts: LookupAccountNameW, LookupAccountSidW, OpenProcessToken, GetTokenInformation, GetCurrentProcess, GetComputerNameW. */
#ifndef MQRT_DOUBLE_ACCOUNTS_H
#define MQRT_DOUBLE_ACCOUNTS_H

EXPORT int32_t lookupName(const Char16 *system, const Char16 *name, uint8_t *sid, uint32_t *sidSize, Char16 *domain,
                          uint32_t *domainSize, uint32_t *use) __asm__("LookupAccountNameW");
EXPORT int32_t lookupSid(const Char16 *system, const uint8_t *sid, Char16 *name, uint32_t *nameSize, Char16 *domain,
                         uint32_t *domainSize, uint32_t *use) __asm__("LookupAccountSidW");
EXPORT int32_t openToken(Handle process, uint32_t access, Handle *token) __asm__("OpenProcessToken");
EXPORT int32_t tokenInformation(Handle token, uint32_t class, uint8_t *to, uint32_t size, uint32_t *needed) __asm__(
    "GetTokenInformation");
EXPORT Handle currentProcess(void) __asm__("GetCurrentProcess");
EXPORT int32_t computerName(Char16 *to, uint32_t *size) __asm__("GetComputerNameW");

#define ERROR_OF_BUFFER 122u /* ERROR_INSUFFICIENT_BUFFER */
#define ERROR_OF_NAME 1332u  /* ERROR_NONE_MAPPED */
#define THIS_PROCESS UINT64_MAX
#define TOKEN_QUERY_ACCESS 8u
#define TOKEN_USER_CLASS 1u

enum Use { Use_User = 1, Use_Domain = 3, Use_Alias = 4, Use_WellKnownGroup = 5 };

typedef struct { const char *domain, *name, *sid; enum Use use; } Account;

static const char computer[] = "DOUBLE";

#define SID_OF_USER "S-1-5-21-1-2-3-1001"
#define HUNDRED "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjj"

/* In the order in which Windows looks for a name. The SID of the user is that of the senders of mqrt.c. */
static const Account accounts[] = {
  { "", "Everyone", "S-1-1-0", Use_WellKnownGroup },
  { "NT AUTHORITY", "ANONYMOUS LOGON", "S-1-5-7", Use_WellKnownGroup },
  { "NT AUTHORITY", "Authenticated Users", "S-1-5-11", Use_WellKnownGroup },
  { "NT AUTHORITY", "SYSTEM", "S-1-5-18", Use_WellKnownGroup },
  { "NT AUTHORITY", "LOCAL SERVICE", "S-1-5-19", Use_WellKnownGroup },
  { "NT AUTHORITY", "NETWORK SERVICE", "S-1-5-20", Use_WellKnownGroup },
  { "BUILTIN", "Administrators", "S-1-5-32-544", Use_Alias },
  { "BUILTIN", "Users", "S-1-5-32-545", Use_Alias },
  { computer, "user", SID_OF_USER, Use_User },
  { computer, "alice", "S-1-5-21-1-2-3-1002", Use_User },
  { "CONTOSO", "alice", "S-1-5-21-4-5-6-1002", Use_User },
  { "CONTOSO", HUNDRED HUNDRED HUNDRED, "S-1-5-21-4-5-6-1003", Use_User },
  { computer, "", "S-1-5-21-1-2-3", Use_Domain },
  { "CONTOSO", "", "S-1-5-21-4-5-6", Use_Domain }
};
#define ACCOUNT_COUNT (sizeof accounts / sizeof *accounts)

/* Writes a SID from its text; returns its size. */
static uint32_t sidFromText(const char *text, uint8_t *to) {
  uint8_t count = 0;
  char *at;
  (void)strtoul(text + 2, &at, 10);
  uint32_t authority = (uint32_t)strtoul(at + 1, &at, 10);
  memset(to, 0, 8);
  for (int byte = 0; byte < 4; byte++) to[7 - byte] = (uint8_t)(authority >> (8 * byte));
  while (*at == '-') {
    uint32_t part = (uint32_t)strtoul(at + 1, &at, 10);
    memcpy(to + 8 + 4 * count++, &part, sizeof part);
  }
  to[0] = 1;
  to[1] = count;
  return 8u + 4u * count;
}

static uint32_t lengthOf(const Char16 *text) {
  uint32_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

/* Compares letters of ASCII in any case. */
static int isSame(const Char16 *text, uint32_t length, const char *other) {
  if (length != strlen(other)) return 0;
  for (uint32_t at = 0; at < length; at++) {
    unsigned one = text[at], two = (unsigned char)other[at];
    if (one >= 'A' && one <= 'Z') one += 32;
    if (two >= 'A' && two <= 'Z') two += 32;
    if (one != two) return 0;
  }
  return 1;
}

/* A domain by its name, or by the first label of its DNS name. */
static int isDomain(const Char16 *text, uint32_t length, const char *domain) {
  uint32_t label = 0;
  while (label < length && text[label] != '.') label++;
  return isSame(text, length, domain) || (label > 0 && isSame(text, label, domain));
}

static int isNamed(const Account *account, const Char16 *text) {
  uint32_t length = lengthOf(text), back = 0, sign = length;
  while (back < length && text[back] != '\\') back++;
  if (back < length) {
    return isDomain(text, back, account->domain) && isSame(text + back + 1, length - back - 1, account->name);
  }
  for (uint32_t at = 0; at < length; at++) if (text[at] == '@') sign = at;
  if (sign < length) {
    return isDomain(text + sign + 1, length - sign - 1, account->domain) && isSame(text, sign, account->name);
  }
  return isSame(text, length, account->use == Use_Domain ? account->domain : account->name);
}

/* Writes a text and its NUL where it fits, and its length without it; otherwise the room that it needs. */
static int writeCounted(Char16 *to, uint32_t *size, const char *text) {
  uint32_t length = (uint32_t)strlen(text);
  if (*size <= length || to == NULL) {
    *size = length + 1;
    return 0;
  }
  for (uint32_t at = 0; at <= length; at++) to[at] = (unsigned char)text[at];
  *size = length;
  return 1;
}

EXPORT int32_t lookupName(const Char16 *system, const Char16 *name, uint8_t *sid, uint32_t *sidSize, Char16 *domain,
                          uint32_t *domainSize, uint32_t *use) {
  lockAll();
  if (system != NULL) flaw("LookupAccountNameW was given a system");
  if (name == NULL || sidSize == NULL || domainSize == NULL || use == NULL) {
    flaw("LookupAccountNameW was given NULL");
    return endWith(Call_LookupName, 0, 0, 87);
  }
  if (planned(Call_LookupName)) return end(Call_LookupName, 0, 0);
  for (uint32_t at = 0; at < ACCOUNT_COUNT; at++) {
    const Account *account = &accounts[at];
    if (!isNamed(account, name)) continue;
    uint8_t bytes[68];
    uint32_t size = sidFromText(account->sid, bytes);
    int fits = *sidSize >= size && sid != NULL;
    *sidSize = size;
    if (!writeCounted(domain, domainSize, account->domain) || !fits) return endWith(Call_LookupName, 0, 0, ERROR_OF_BUFFER);
    memcpy(sid, bytes, size);
    *use = account->use;
    return end(Call_LookupName, 0, 1);
  }
  return endWith(Call_LookupName, 0, 0, ERROR_OF_NAME);
}

EXPORT int32_t lookupSid(const Char16 *system, const uint8_t *sid, Char16 *name, uint32_t *nameSize, Char16 *domain,
                         uint32_t *domainSize, uint32_t *use) {
  lockAll();
  if (system != NULL) flaw("LookupAccountSidW was given a system");
  if (sid == NULL || nameSize == NULL || domainSize == NULL || use == NULL || sid[0] != 1 || sid[1] > 15) {
    flaw("LookupAccountSidW was given no SID, or NULL");
    return endWith(Call_LookupSid, 0, 0, 87);
  }
  if (planned(Call_LookupSid)) return end(Call_LookupSid, 0, 0);
  for (uint32_t at = 0; at < ACCOUNT_COUNT; at++) {
    const Account *account = &accounts[at];
    uint8_t bytes[68];
    uint32_t size = sidFromText(account->sid, bytes);
    if (size != 8u + 4u * sid[1] || memcmp(bytes, sid, size) != 0) continue;
    int first = writeCounted(name, nameSize, account->name), second = writeCounted(domain, domainSize, account->domain);
    if (!first || !second) return endWith(Call_LookupSid, 0, 0, ERROR_OF_BUFFER);
    *use = account->use;
    return end(Call_LookupSid, 0, 1);
  }
  return endWith(Call_LookupSid, 0, 0, ERROR_OF_NAME);
}

EXPORT Handle currentProcess(void) { return THIS_PROCESS; }

EXPORT int32_t openToken(Handle process, uint32_t access, Handle *token) {
  lockAll();
  if (process != THIS_PROCESS || token == NULL) flaw("OpenProcessToken was given another process, or NULL");
  if ((access & TOKEN_QUERY_ACCESS) == 0) flaw("OpenProcessToken was asked for a token that cannot be read");
  if (planned(Call_OpenToken) || token == NULL || tokenCount == MAX_TOKENS) return end(Call_OpenToken, 0, 0);
  *token = TOKEN_BASE + (Handle)tokenCount * 4u;
  tokenIsOpen[tokenCount++] = 1;
  openTokens++;
  return end(Call_OpenToken, *token, 1);
}

EXPORT int32_t tokenInformation(Handle token, uint32_t class, uint8_t *to, uint32_t size, uint32_t *needed) {
  uint8_t bytes[68];
  uint32_t length = sidFromText(SID_OF_USER, bytes);
  lockAll();
  if (!isToken(token)) flaw("GetTokenInformation was given no open token");
  if (class != TOKEN_USER_CLASS || needed == NULL) flaw("GetTokenInformation was asked for something else than TokenUser");
  if (planned(Call_TokenInformation) || !isToken(token) || needed == NULL) return end(Call_TokenInformation, token, 0);
  *needed = 16u + length;
  if (to == NULL || size < *needed) return endWith(Call_TokenInformation, token, 0, ERROR_OF_BUFFER);
  uint8_t *sid = to + 16;
  memset(to, 0, 16);
  memcpy(to, &sid, sizeof sid);
  memcpy(sid, bytes, length);
  return end(Call_TokenInformation, token, 1);
}

EXPORT int32_t computerName(Char16 *to, uint32_t *size) {
  lockAll();
  if (to == NULL || size == NULL) flaw("GetComputerNameW was given NULL");
  if (planned(Call_ComputerName) || to == NULL || size == NULL) return end(Call_ComputerName, 0, 0);
  return writeCounted(to, size, computer) ? end(Call_ComputerName, 0, 1)
                                          : endWith(Call_ComputerName, 0, 0, ERROR_OF_BUFFER);
}

#endif
