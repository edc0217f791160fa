/*
 * What the double remembers about its callers: calls, violations, handles and memory. Everything here is
 * used under the one lock.
 */
#ifndef MQRT_DOUBLE_LEDGER_H
#define MQRT_DOUBLE_LEDGER_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "platform.h"

#define FUNCTIONS(X)                                                                                                   \
  X(MQCreateQueue) X(MQDeleteQueue) X(MQLocateBegin) X(MQLocateNext) X(MQLocateEnd) X(MQOpenQueue) X(MQSendMessage)    \
  X(MQReceiveMessage) X(MQReceiveMessageByLookupId) X(MQCreateCursor) X(MQCloseCursor) X(MQCloseQueue)                 \
  X(MQSetQueueProperties) X(MQGetQueueProperties) X(MQGetQueueSecurity) X(MQSetQueueSecurity)                          \
  X(MQPathNameToFormatName) X(MQADsPathToFormatName)                                                                   \
  X(MQFreeMemory) X(MQGetMachineProperties) X(MQGetSecurityContext) X(MQGetSecurityContextEx)                          \
  X(MQFreeSecurityContext) X(MQRegisterCertificate) X(MQBeginTransaction) X(MQGetOverlappedResult)                     \
  X(MQGetPrivateComputerInformation) X(MQPurgeQueue) X(MQMgmtGetInfo) X(MQMgmtAction) X(MQMarkMessageRejected)         \
  X(MQMoveMessage) X(TransactionCommit) X(TransactionAbort) X(TransactionRelease)

#define AS_ENUM(name) F_##name,
#define AS_TEXT(name) #name,
enum Function { FUNCTIONS(AS_ENUM) F_End };
static const char *const functionNames[] = { FUNCTIONS(AS_TEXT) };

typedef struct {
  uint64_t calls;
  uint64_t thread;
  uint64_t delay;  /* microseconds */
  uint64_t holder; /* thread that holds the calls on all others; 0: none */
  uint32_t ends;   /* how often a test has ended the calls that take their time or are held */
  uint32_t failIn; /* 0: never; 1: the next call */
  Hr failWith;
} FunctionRecord;

static FunctionRecord functionRecords[F_End];

/* A thread, and the microseconds of the delays of calls on it, whatever else the machine did meanwhile. */
static uint64_t watchedThread, watchedDelay;
static enum Function currentFunction;

/* ---------------------------------------------------------------- text */

typedef struct {
  char *bytes;
  size_t length;
  size_t capacity;
} Text;

static void *need(void *memory) {
  if (memory == NULL) abort();
  return memory;
}

static void appendBytes(Text *text, const void *bytes, size_t length) {
  if (text->length + length + 1 > text->capacity) {
    text->capacity = (text->length + length + 1) * 2;
    text->bytes = need(realloc(text->bytes, text->capacity));
  }
  if (length > 0) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = '\0';
}

__attribute__((format(printf, 2, 3))) static void append(Text *text, const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0) appendBytes(text, line, length < (int)sizeof line ? (size_t)length : sizeof line - 1);
}

static void appendJsonString(Text *text, const char *value) {
  append(text, "\"");
  for (; *value != '\0'; value++) {
    if (*value == '"' || *value == '\\') append(text, "\\%c", *value);
    else if ((unsigned char)*value < 0x20) append(text, "\\u%04x", *value);
    else append(text, "%c", *value);
  }
  append(text, "\"");
}

static void appendHex(Text *text, const uint8_t *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  for (size_t at = 0; at < length; at++) {
    char pair[2] = { digits[bytes[at] >> 4], digits[bytes[at] & 15] };
    appendBytes(text, pair, 2);
  }
}

/* Gives what fits with its terminator and returns the length needed including the terminator. */
static uint32_t giveText(const Text *text, char *buffer, uint32_t size) {
  if (buffer != NULL && size > 0) {
    size_t length = text->length < size ? text->length : size - 1;
    if (length > 0) memcpy(buffer, text->bytes, length);
    buffer[length] = '\0';
  }
  return (uint32_t)text->length + 1;
}

/* ---------------------------------------------------------------- violations */

#define MAX_VIOLATIONS 200
static char *violations[MAX_VIOLATIONS];
static uint32_t violationCount;

/* A caller did what would be undefined on Windows: remembered, and fatal where the environment asks for it. */
__attribute__((format(printf, 1, 2))) static void violation(const char *format, ...) {
  char line[400];
  int used = snprintf(line, sizeof line, "%s: ", functionNames[currentFunction]);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
  va_end(arguments);
  const char *fatal = getenv("MQRT_DOUBLE_ABORT");
  if (fatal != NULL && strcmp(fatal, "1") == 0) {
    fprintf(stderr, "mqrt double: %s\n", line);
    fflush(stderr);
    abort();
  }
  if (violationCount < MAX_VIOLATIONS) {
    size_t size = strlen(line) + 1;
    violations[violationCount] = need(malloc(size));
    memcpy(violations[violationCount], line, size);
  }
  violationCount++;
}

/* ---------------------------------------------------------------- calls */

static void initialiseDouble(void);

/* Takes as long as a test wants a function to take, and holds up no other thread. Less than a millisecond is spent at
   work: no system waits so exactly. */
static void takeTime(const FunctionRecord *record) {
  uint64_t wait = record->delay / 1000u, work = record->delay % 1000u;
  if (threadId() == watchedThread) watchedDelay += record->delay;
  uint32_t ends = record->ends;
  for (uint64_t until = nowMs() + wait; wait > 0 && nowMs() < until && record->ends == ends;) waitForChange(until);
  if (work == 0 || record->ends != ends) return;
  unlockAll();
  for (uint64_t until = nowUs() + work; nowUs() < until;) continue;
  lockAll();
}

/* Waits until a test ends the calls that are held. */
static void waitUntilLetGo(const FunctionRecord *record) {
  if (record->holder == threadId()) {
    violation("called on the thread that holds its calls, and would never end");
    return;
  }
  for (uint32_t ends = record->ends; record->ends == ends;) waitForChange(UINT64_MAX);
}

/* Takes the lock, counts the call and says whether a test planned this one to fail. */
static int enter(enum Function function, Hr *planned) {
  lockAll();
  initialiseDouble();
  FunctionRecord *record = &functionRecords[function];
  record->calls++;
  record->thread = threadId();
  currentFunction = function;
  if (record->holder != 0) waitUntilLetGo(record);
  if (record->delay > 0) takeTime(record);
  /* Other calls have been made meanwhile. */
  currentFunction = function;
  if (record->failIn == 0) return 0;
  record->failIn--;
  *planned = record->failWith;
  return record->failIn == 0;
}

static Hr leave(Hr result) {
  unlockAll();
  return result;
}

#define ENTER(name)                                                                                                    \
  do {                                                                                                                 \
    Hr planned;                                                                                                        \
    if (enter(F_##name, &planned)) return leave(planned);                                                              \
  } while (0)

/* ---------------------------------------------------------------- handles */

enum Kind { Kind_Context, Kind_Queue, Kind_Cursor, Kind_Transaction, Kind_Locate, Kind_Memory, Kind_End };
static const char *const kindNames[] = { "securityContext", "queue", "cursor", "transaction", "locate", "memory" };

typedef struct {
  uint64_t acquired;
  uint64_t freed;
} Count;

static Count counts[Kind_End];

typedef struct {
  void *object; /* NULL once freed */
  Handle value;
  uint8_t kind;
} HandleEntry;

/* Handles are never reused, so a freed one is always recognised as such. */
#define HANDLE_BASE 0x10000u
static HandleEntry *handleEntries;
static uint32_t handleCount, handleCapacity;
static uint32_t handleHighBits;

static Handle newHandle(enum Kind kind, void *object) {
  if (handleCount == handleCapacity) {
    handleCapacity = handleCapacity == 0 ? 256 : handleCapacity * 2;
    handleEntries = need(realloc(handleEntries, handleCapacity * sizeof *handleEntries));
  }
  Handle value = HANDLE_BASE + (Handle)handleCount * 4u;
  if (kind == Kind_Context) value |= (Handle)handleHighBits << 32;
  handleEntries[handleCount++] = (HandleEntry){ object, value, (uint8_t)kind };
  counts[kind].acquired++;
  return value;
}

static HandleEntry *entryOfLowBits(uint32_t low) {
  if (low < HANDLE_BASE || (low & 3u) != 0) return NULL;
  uint32_t index = (low - HANDLE_BASE) / 4u;
  return index < handleCount ? &handleEntries[index] : NULL;
}

/* The object behind a live handle; anything else is a violation and NULL. */
static void *findHandle(enum Kind kind, Handle value) {
  HandleEntry *entry = entryOfLowBits((uint32_t)value);
  if (entry == NULL || entry->kind != kind || entry->value != value) {
    violation("0x%llx is no %s handle", (unsigned long long)value, kindNames[kind]);
    return NULL;
  }
  if (entry->object == NULL) violation("%s handle 0x%llx was freed before", kindNames[kind], (unsigned long long)value);
  return entry->object;
}

static void dropHandle(Handle value) {
  HandleEntry *entry = entryOfLowBits((uint32_t)value);
  if (entry == NULL || entry->object == NULL) return;
  entry->object = NULL;
  counts[entry->kind].freed++;
}

/* ---------------------------------------------------------------- memory for VT_NULL requests */

static void **givenMemory;
static uint32_t givenCount, givenCapacity;

static void *giveMemory(size_t size) {
  if (givenCount == givenCapacity) {
    givenCapacity = givenCapacity == 0 ? 64 : givenCapacity * 2;
    givenMemory = need(realloc(givenMemory, givenCapacity * sizeof *givenMemory));
  }
  void *memory = need(calloc(1, size > 0 ? size : 1));
  givenMemory[givenCount++] = memory;
  counts[Kind_Memory].acquired++;
  return memory;
}

static int takeMemoryBack(void *memory) {
  for (uint32_t at = givenCount; at > 0; at--) {
    if (givenMemory[at - 1] != memory) continue;
    givenMemory[at - 1] = givenMemory[--givenCount];
    free(memory);
    counts[Kind_Memory].freed++;
    return 1;
  }
  return 0;
}

/* ---------------------------------------------------------------- the ledger as JSON */

static void writeLedger(Text *text) {
  append(text, "{\"counts\":{");
  for (int kind = 0; kind < Kind_End; kind++) {
    Count count = counts[kind];
    append(text, "%s\"%s\":{\"acquired\":%llu,\"freed\":%llu,\"open\":%llu}", kind > 0 ? "," : "", kindNames[kind],
           (unsigned long long)count.acquired, (unsigned long long)count.freed,
           (unsigned long long)(count.acquired - count.freed));
  }
  append(text, "},\"open\":{");
  for (int kind = 0; kind < Kind_End; kind++) {
    append(text, "%s\"%s\":%llu", kind > 0 ? "," : "", kindNames[kind],
           (unsigned long long)(counts[kind].acquired - counts[kind].freed));
  }
  append(text, "},\"calls\":{");
  const char *separator = "";
  for (int function = 0; function < F_End; function++) {
    if (functionRecords[function].calls == 0) continue;
    append(text, "%s\"%s\":%llu", separator, functionNames[function],
           (unsigned long long)functionRecords[function].calls);
    separator = ",";
  }
  append(text, "},\"violationCount\":%u,\"violations\":[", violationCount);
  for (uint32_t at = 0; at < violationCount && at < MAX_VIOLATIONS; at++) {
    if (at > 0) append(text, ",");
    appendJsonString(text, violations[at]);
  }
  append(text, "]}");
}

static void resetLedger(void) {
  for (uint32_t at = 0; at < violationCount && at < MAX_VIOLATIONS; at++) free(violations[at]);
  violationCount = 0;
  for (int function = 0; function < F_End; function++) {
    functionRecords[function] = (FunctionRecord){ .ends = functionRecords[function].ends + 1 };
  }
  memset(counts, 0, sizeof counts);
  handleHighBits = 0;
  for (uint32_t at = 0; at < handleCount; at++) handleEntries[at].object = NULL;
  while (givenCount > 0) free(givenMemory[--givenCount]);
}

#endif
