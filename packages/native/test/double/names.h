/* UTF-16 text and the names of queues: paths, format names, GUIDs. */
#ifndef MQRT_DOUBLE_NAMES_H
#define MQRT_DOUBLE_NAMES_H

#include "ledger.h"

#define TEXT_LIMIT 8192u
#define NAME_SIZE 1200

static const char machineName[] = "DOUBLE";
static const Guid machineGuid = { { 0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
                                    0xff, 0x01 } };

static uint32_t textLength(const Char16 *text) {
  uint32_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

/* The length of text a caller handed in, or UINT32_MAX where no terminator comes within the limit. */
static uint32_t checkedLength(const Char16 *text, uint32_t limit, const char *what) {
  for (uint32_t length = 0; length < limit; length++) {
    if (text[length] == 0) return length;
  }
  violation("%s is not terminated within %u characters", what, limit);
  return UINT32_MAX;
}

static int checkText(const Char16 *text, const char *what) {
  if (text == NULL) {
    violation("%s is NULL", what);
    return 0;
  }
  return checkedLength(text, TEXT_LIMIT, what) != UINT32_MAX;
}

static Char16 *copyText(const Char16 *text) {
  size_t size = (textLength(text) + 1) * sizeof(Char16);
  return memcpy(need(malloc(size)), text, size);
}

static void widen(Char16 *to, const char *from) {
  while ((*to++ = (unsigned char)*from++) != 0) continue;
}

/* Lower case of ASCII, and of the Latin-1, Greek and Cyrillic letters that stand in pairs. */
static Char16 lower(Char16 letter) {
  if (letter < 0x80) return letter >= 'A' && letter <= 'Z' ? (Char16)(letter + 32) : letter;
  if (letter >= 0xc0 && letter <= 0xde && letter != 0xd7) return (Char16)(letter + 32);
  if (letter >= 0x391 && letter <= 0x3a9 && letter != 0x3a2) return (Char16)(letter + 32);
  if (letter >= 0x410 && letter <= 0x42f) return (Char16)(letter + 32);
  return letter >= 0x400 && letter <= 0x40f ? (Char16)(letter + 80) : letter;
}

static int sameText(const Char16 *left, const Char16 *right) {
  while (*left != 0 && lower(*left) == lower(*right)) left++, right++;
  return lower(*left) == lower(*right);
}

/* Where `text` starts with the ASCII prefix, whatever the case, the rest of it; otherwise NULL. */
static const Char16 *afterPrefix(const Char16 *text, const char *prefix) {
  for (; *prefix != '\0'; text++, prefix++) {
    if (lower(*text) != lower((unsigned char)*prefix)) return NULL;
  }
  return text;
}

static int isAscii(const Char16 *text, const char *ascii) {
  const Char16 *rest = afterPrefix(text, ascii);
  return rest != NULL && *rest == 0;
}

static const Char16 *findCharacter(const Char16 *text, Char16 wanted) {
  for (; *text != 0; text++) {
    if (*text == wanted) return text;
  }
  return NULL;
}

/* The alphabet of queue names: any unit but these; a backslash and a semicolon end the name (B-02, B-03). */
static int isQueueName(const Char16 *name) {
  static const char without[] = "\r\n\"+,";
  uint32_t length = textLength(name);
  for (uint32_t at = 0; at < length; at++) {
    if (name[at] == '\\' || (name[at] < 0x80 && strchr(without, name[at]) != NULL)) return 0;
  }
  return length > 0 && length <= 124;
}

static void guidText(char *to, const Guid *guid) {
  const uint8_t *b = guid->bytes;
  snprintf(to, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[3], b[2], b[1], b[0], b[5],
           b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static int hexValue(Char16 digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  digit = lower(digit);
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Reads a GUID and returns what follows it, or NULL. */
static const Char16 *readGuid(const Char16 *text, Guid *guid) {
  static const uint8_t order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
  for (int at = 0; at < 16; at++) {
    if (at == 4 || at == 6 || at == 8 || at == 10) {
      if (*text++ != '-') return NULL;
    }
    int high = hexValue(text[0]);
    int low = high < 0 ? -1 : hexValue(text[1]);
    if (low < 0) return NULL;
    guid->bytes[order[at]] = (uint8_t)(high * 16 + low);
    text += 2;
  }
  return text;
}

/* The machine answers to its own name, which is the same everywhere, and to that of the computer that it runs on. */
static int isLocalAddress(const Char16 *address, size_t length) {
  const char *const names[] = { ".", machineName, "localhost", "127.0.0.1", hostName() };
  for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
    if (strlen(names[at]) == length && afterPrefix(address, names[at]) != NULL) return 1;
  }
  return 0;
}

/* What a format name says, before any queue is looked for. */
enum NameKind { Name_Local, Name_Remote, Name_Number, Name_Instance, Name_System, Name_SendOnly };

typedef struct {
  enum NameKind kind;
  int direct;
  uint32_t number;
  Guid instance;
  Char16 queue[NAME_SIZE];  /* Name_Local: "private$\name", or "name" for a public queue */
  Char16 suffix[64];        /* what follows a semicolon: a system suffix or a subqueue */
} FormatName;

static int splitSuffix(Char16 *name, Char16 *suffix) {
  suffix[0] = 0;
  Char16 *semicolon = (Char16 *)(uintptr_t)findCharacter(name, ';');
  if (semicolon == NULL) return 1;
  *semicolon++ = 0;
  uint32_t length = textLength(semicolon);
  if (length == 0 || length > 32) return 0;
  memcpy(suffix, semicolon, (length + 1) * sizeof(Char16));
  return 1;
}

static int parseDirect(const Char16 *rest, FormatName *name) {
  name->direct = 1;
  if (afterPrefix(rest, "HTTP://") != NULL || afterPrefix(rest, "HTTPS://") != NULL) {
    name->kind = Name_SendOnly;
    return 1;
  }
  const Char16 *address = afterPrefix(rest, "OS:");
  if (address == NULL) address = afterPrefix(rest, "TCP:");
  const Char16 *slash = address == NULL ? NULL : findCharacter(address, '\\');
  if (slash == NULL || slash == address || slash[1] == 0 || textLength(slash + 1) >= NAME_SIZE) return 0;
  memcpy(name->queue, slash + 1, (textLength(slash + 1) + 1) * sizeof(Char16));
  if (!splitSuffix(name->queue, name->suffix)) return 0;
  name->kind = !isLocalAddress(address, (size_t)(slash - address)) ? Name_Remote
               : isAscii(name->queue, "SYSTEM$")                   ? Name_System
                                                                   : Name_Local;
  const Char16 *own = afterPrefix(name->queue, "private$\\");
  return isQueueName(own == NULL ? name->queue : own);
}

static int parseSuffixOnly(const Char16 *rest, FormatName *name) {
  if (*rest == 0) return 1;
  if (*rest != ';' || textLength(rest) >= NAME_SIZE) return 0;
  memcpy(name->queue, rest, (textLength(rest) + 1) * sizeof(Char16));
  return splitSuffix(name->queue, name->suffix);
}

/* One element of a format name; 0 where it breaks the grammar. */
static int parseFormatName(const Char16 *text, FormatName *name) {
  memset(name, 0, sizeof *name);
  const Char16 *rest;
  if ((rest = afterPrefix(text, "DIRECT=")) != NULL) return parseDirect(rest, name);
  if (afterPrefix(text, "MULTICAST=") != NULL || afterPrefix(text, "DL=") != NULL) {
    name->kind = Name_SendOnly;
    return 1;
  }
  if ((rest = afterPrefix(text, "PUBLIC=")) != NULL) {
    name->kind = Name_Instance;
    rest = readGuid(rest, &name->instance);
    return rest != NULL && parseSuffixOnly(rest, name);
  }
  if ((rest = afterPrefix(text, "MACHINE=")) != NULL) {
    name->kind = Name_System;
    rest = readGuid(rest, &name->instance);
    return rest != NULL && *rest == ';' && parseSuffixOnly(rest, name);
  }
  if ((rest = afterPrefix(text, "PRIVATE=")) == NULL) return 0;
  rest = readGuid(rest, &name->instance);
  if (rest == NULL || *rest++ != '\\' || hexValue(*rest) < 0) return 0;
  for (; hexValue(*rest) >= 0; rest++) name->number = name->number * 16u + (uint32_t)hexValue(*rest);
  name->kind = memcmp(&name->instance, &machineGuid, sizeof machineGuid) == 0 ? Name_Number : Name_Remote;
  return parseSuffixOnly(rest, name);
}

/* Copies a name into a caller's buffer of *length characters, or says how many it needs. */
static Hr giveName(const Char16 *name, Char16 *buffer, uint32_t *length, Hr tooSmall) {
  uint32_t needed = textLength(name) + 1;
  Hr result = MQ_OK;
  if (buffer == NULL || *length < needed) result = tooSmall;
  else memcpy(buffer, name, needed * sizeof(Char16));
  *length = needed;
  return result;
}

#endif
