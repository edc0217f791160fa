/*
 * A test double of mqrt.dll: a small Message Queuing inside the process, behind the real x64 interface.
 *
 * It checks everything it is handed. Where Message Queuing would answer with a code, so does the double;
 * where the outcome would be undefined on Windows, the ledger keeps a violation and a test can look at it.
 */
#include "abi.h"
#include "events.h"
#include "ledger.h"
#include "names.h"
#include "ports.h"
#include "properties.h"

#include <time.h>

#define MAX_PROPERTIES 128u
#define MAX_TARGETS 8
#define MAX_MESSAGE_BYTES 0x400000u
#define INFINITE_MS 0xFFFFFFFFu

enum { Access_Receive = 1, Access_Send = 2, Access_Move = 4, Access_Peek = 0x20, Access_Admin = 0x80 };
enum { Action_Receive = 0, Action_PeekCurrent = (int)0x80000000, Action_PeekNext = (int)0x80000001 };

/* ================================================================ the model */

typedef struct Queue Queue;
typedef struct Message Message;
typedef struct Transaction Transaction;
typedef struct OpenQueue OpenQueue;
typedef struct Cursor Cursor;
typedef struct Request Request;

/* A property as it was sent. Bytes follow the array of parts in the same allocation. */
typedef struct {
  uint32_t id;
  uint32_t length;
  uint64_t number;
  uint32_t offset;
} Stored;

/* A property on its way into a message. */
typedef struct {
  uint32_t id;
  uint32_t length;
  uint64_t number;
  const void *bytes;
} Part;

enum MessageState { State_Available, State_Sending, State_Receiving };

struct Message {
  Message *previous, *next;
  Queue *queue;
  Transaction *transaction; /* the one that holds it, unless available */
  uint64_t lookupId;
  uint64_t visible; /* counts up each time the message becomes available */
  uint64_t sentAt, expiresAt;
  uint32_t messageClass, sentTime, arrivedTime, abortCount, moveCount, lastMoveTime;
  uint8_t id[20], transactionId[20];
  uint8_t state, transactional, first, last, allowPeek, purged, rejected, isSigned;
  uint8_t isCopy; /* in a journal or a dead-letter queue: nothing becomes of it */
  uint32_t size, storedCount;
  Stored stored[];
};

/* One of the four parts of a security descriptor. */
typedef struct {
  uint8_t *bytes; /* a SID or an ACL; NULL for none, and for a list that grants everything */
  uint32_t length;
  uint16_t control;
} SecurityPart;

#define SECURITY_PARTS 4

enum QueueKind { Queue_Private, Queue_Public, Queue_System, Queue_Journal, Queue_Sub, Queue_Outgoing };

struct Queue {
  Queue *next, *parent, *journal;
  enum QueueKind kind;
  Char16 *name; /* "private$\name", "name", or the suffix of a journal or subqueue */
  Queue *nextOfHash;
  uint32_t number;
  Guid instance;
  Message *head, *tail, *lastFound; /* lastFound: where the next search by lookup id begins, if that is behind it */
  uint64_t sequence, visible, bytes;
  uint32_t count, openHandles, expected; /* expected: moves to it whose transaction is open */
  Request *waiting, **waitingEnd;
  int deleted;
  /* settable properties */
  Char16 *label, *multicast;
  Guid type;
  uint8_t journaling, authenticate, transactional;
  int16_t basePriority;
  uint32_t quota, journalQuota, privacy;
  int32_t created, modified;
  SecurityPart security[SECURITY_PARTS];
};

struct Cursor {
  Cursor *next;
  OpenQueue *open;
  Handle handle;
  uint64_t position; /* lookup id of the message it stands on or stood on last */
  uint64_t endStamp; /* what had become visible when it reached the end */
  int reading, atEnd, busy;
};

struct OpenQueue {
  OpenQueue *next;
  Handle handle;
  Queue *targets[MAX_TARGETS];
  int targetCount;
  uint32_t access, share;
  Char16 *formatName;
  Cursor *cursors;
  Port *port; /* that is told what ends of its overlapped receives */
  uint64_t portKey;
};

/* PMQRECEIVECALLBACK */
typedef void (*ReceiveCallback)(Hr, Handle, uint32_t, uint32_t, Props *, Overlapped *, Handle);

struct Request {
  Request *next;
  OpenQueue *open;
  ReceiveCallback callback;
  Handle handle, cursorHandle; /* as the caller gave them: the objects may be gone when the callback runs */
  uint32_t timeout;
  Queue *queue;
  Cursor *cursor;
  Props *props;
  Transaction *transaction;
  Overlapped *overlapped;
  uint64_t deadline;
  uint32_t action;
  Hr warning; /* I_PROPERTY where some property was ignored */
  Hr result;
  int done;
};

enum OperationKind { Operation_Send, Operation_Receive, Operation_Move };

typedef struct {
  enum OperationKind kind;
  Message *message;
  Queue *destination;
} Operation;

typedef struct {
  Hr (*queryInterface)(Transaction *, const Guid *, void **);
  uint32_t (*addRef)(Transaction *);
  uint32_t (*release)(Transaction *);
  Hr (*commit)(Transaction *, int32_t, uint32_t, uint32_t);
  Hr (*abort)(Transaction *, const void *, int32_t, int32_t);
  Hr (*getTransactionInfo)(Transaction *, void *);
} TransactionTable;

enum TransactionState { Transaction_Active, Transaction_Ended, Transaction_Freed };

struct Transaction {
  const TransactionTable *table; /* a COM object starts with its table */
  Transaction *next;
  enum TransactionState state;
  uint32_t references, number;
  Operation *operations;
  uint32_t operationCount, operationCapacity;
};

typedef struct {
  uint8_t *certificate; /* NULL for the internal certificate */
  uint32_t length;
} Context;

typedef struct {
  Queue *at;
  uint32_t columns[MAX_PROPERTIES];
  uint32_t columnCount;
  PropertyRestriction conditions[MAX_PROPERTIES];
  uint32_t conditionCount;
} Locate;

static Queue *queues, *lastQueue;
static Queue *queuesOfHash[1024]; /* by the hash of their names */
static Queue **numberedQueues; /* each at its number less one */
static OpenQueue *openQueues;
static Transaction *transactions;
static uint32_t messageCounter, transactionCounter, queueCounter;
static int directoryEnabled, timerRunning;
static Queue *deadLetters, *transactionalDeadLetters, *machineJournal;
static Context lastContext;
static int recording = 1, discarding = 0;

/* Freed transactions stay readable for a while, so that a late call is recorded and does not crash. */
#define GRAVEYARD 1024
static Transaction *graveyard[GRAVEYARD];
static uint32_t graveyardNext;

static const uint8_t internalCertificate[] = { 0x30, 0x0a, 0x0c, 0x08, 'i', 'n', 't', 'e', 'r', 'n', 'a', 'l' };
/* S-1-5-21-1-2-3-1001 */
static const uint8_t userSid[] = { 1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0,
                                   0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe9, 3, 0, 0 };

static const MessageProperty *messageRow(uint32_t id) {
  static const MessageProperty *rows[MESSAGE_ID_END];
  if (rows[M_BODY] == NULL) {
    for (size_t at = 0; at < sizeof messageProperties / sizeof *messageProperties; at++) {
      rows[messageProperties[at].id] = &messageProperties[at];
    }
  }
  return id < MESSAGE_ID_END ? rows[id] : NULL;
}

typedef struct {
  const PlainProperty *rows;
  size_t count;
} PlainTable;
#define TABLE(rows) ((PlainTable){ rows, sizeof rows / sizeof *rows })

static const PlainProperty *plainRow(PlainTable table, uint32_t id) {
  for (size_t at = 0; at < table.count; at++) {
    if (table.rows[at].id == id) return &table.rows[at];
  }
  return NULL;
}

/* ================================================================ property structures */

/* The structure and its arrays are there and of a sensible size. */
static Hr checkProps(const Props *props, Hr missing) {
  if (props == NULL || props->count == 0) {
    violation("cProp is 0");
    return missing;
  }
  if (props->count > MAX_PROPERTIES) {
    violation("cProp is %u", props->count);
    return E_TOO_MANY_PROPERTIES;
  }
  if (props->ids == NULL || props->values == NULL) {
    violation("aPropID or aPropVar is NULL with cProp %u", props->count);
    return E_INVALID_PARAMETER;
  }
  return MQ_OK;
}

static void setStatus(const Props *props, uint32_t at, Hr status) {
  if (props->status != NULL) props->status[at] = status;
}

static int isDuplicate(const Props *props, uint32_t at) {
  for (uint32_t before = 0; before < at; before++) {
    if (props->ids[before] == props->ids[at]) return 1;
  }
  return 0;
}

static Hr wrongType(const char *name, uint16_t found, uint16_t wanted) {
  violation("%s has VARTYPE %u, not %u", name, found, wanted);
  return E_ILLEGAL_PROPERTY_VT;
}

/* Errors outweigh warnings; the first of either is kept. */
static Hr worse(Hr known, Hr found) {
  if (found == MQ_OK || (known & 0x80000000u) != 0) return known;
  return (found & 0x80000000u) != 0 || known == MQ_OK ? found : known;
}

static uint32_t sizeOfType(uint16_t vt) {
  switch (vt) {
    case Vt_UI1: return 1;
    case Vt_UI2: case Vt_I2: case Vt_Bool: return 2;
    case Vt_UI4: case Vt_I4: return 4;
    case Vt_UI8: return 8;
    default: return 0;
  }
}

static uint64_t readNumber(const Variant *value, uint16_t vt) {
  uint64_t number = 0;
  memcpy(&number, &value->value, sizeOfType(vt));
  return number;
}

static void writeNumber(Variant *value, uint16_t vt, uint64_t number) {
  value->vt = vt;
  memcpy(&value->value, &number, sizeOfType(vt));
}

/* ================================================================ queues */

/* Where the queues with such a name begin, so that ten thousand queues are as quick to find as one. */
static Queue **queuesNamedLike(const Char16 *name) {
  uint32_t hash = 2166136261u;
  for (; *name != 0; name++) hash = (hash ^ lower(*name)) * 16777619u;
  return &queuesOfHash[(hash >> 16 ^ hash) % (sizeof queuesOfHash / sizeof *queuesOfHash)];
}

static Queue *newQueue(enum QueueKind kind, const Char16 *name, Queue *parent) {
  Queue *queue = need(calloc(1, sizeof *queue));
  queue->kind = kind;
  queue->name = copyText(name);
  Queue **alike = queuesNamedLike(name);
  queue->nextOfHash = *alike;
  *alike = queue;
  queue->parent = parent;
  queue->number = ++queueCounter;
  queue->instance = machineGuid;
  queue->instance.bytes[0] = (uint8_t)queue->number;
  queue->instance.bytes[1] = (uint8_t)(queue->number >> 8);
  queue->instance.bytes[7] = 0x40;
  queue->waitingEnd = &queue->waiting;
  queue->label = need(calloc(1, sizeof(Char16)));
  queue->quota = queue->journalQuota = 0xFFFFFFFFu;
  queue->privacy = 1;
  queue->created = queue->modified = (int32_t)time(NULL);
  *(queues == NULL ? &queues : &lastQueue->next) = queue;
  lastQueue = queue;
  if ((queueCounter & (queueCounter - 1)) == 0) {
    numberedQueues = need(realloc(numberedQueues, queueCounter * 2 * sizeof queue));
  }
  return numberedQueues[queueCounter - 1] = queue;
}

static Queue *systemQueue(const char *name, int transactional) {
  Char16 wide[32];
  widen(wide, name);
  Queue *queue = newQueue(Queue_System, wide, NULL);
  queue->transactional = (uint8_t)transactional;
  return queue;
}

static void writeLedgerFile(void) {
  const char *path = getenv("MQRT_DOUBLE_LEDGER");
  FILE *file = path == NULL || *path == '\0' ? NULL : fopen(path, "w");
  if (file == NULL) return;
  Text text = { 0 };
  writeLedger(&text);
  fwrite(text.bytes, 1, text.length, file);
  fclose(file);
  free(text.bytes);
}

static void initialiseDouble(void) {
  static int registered = 0;
  if (!registered) {
    registered = 1;
    atexit(writeLedgerFile);
  }
  if (deadLetters != NULL) return;
  deadLetters = systemQueue("deadletter", 0);
  transactionalDeadLetters = systemQueue("deadxact", 1);
  machineJournal = systemQueue("journal", 0);
}

static Queue *findNamed(const Char16 *name, Queue *parent) {
  for (Queue *queue = *queuesNamedLike(name); queue != NULL; queue = queue->nextOfHash) {
    if (queue->deleted || queue->parent != parent || !sameText(queue->name, name)) continue;
    if (parent != NULL || queue->kind == Queue_Private || queue->kind == Queue_Public) return queue;
  }
  return NULL;
}

static Queue *findNumbered(uint32_t number) {
  Queue *queue = number == 0 || number > queueCounter ? NULL : numberedQueues[number - 1];
  return queue != NULL && !queue->deleted && queue->kind == Queue_Private ? queue : NULL;
}

static Queue *findInstance(const Guid *instance) {
  for (Queue *queue = queues; queue != NULL; queue = queue->next) {
    if (queue->deleted || queue->kind != Queue_Public) continue;
    if (memcmp(&queue->instance, instance, sizeof *instance) == 0) return queue;
  }
  return NULL;
}

static Queue *findSystem(const Char16 *suffix) {
  if (isAscii(suffix, "DEADLETTER")) return deadLetters;
  if (isAscii(suffix, "DEADXACT")) return transactionalDeadLetters;
  return isAscii(suffix, "JOURNAL") ? machineJournal : NULL;
}

static Queue *baseQueue(const FormatName *name) {
  switch (name->kind) {
    case Name_Local: return findNamed(name->queue, NULL);
    case Name_Number: return findNumbered(name->number);
    case Name_Instance: return findInstance(&name->instance);
    case Name_System: return findSystem(name->suffix);
    default: return NULL;
  }
}

static Queue *journalOf(Queue *queue) {
  Char16 name[8];
  widen(name, "journal");
  if (queue->parent != NULL) queue = queue->parent;
  if (queue->journal == NULL) queue->journal = newQueue(Queue_Journal, name, queue);
  return queue->journal;
}

/* "PRIVATE=machine\number" or "PUBLIC=instance": the short names that the runtime hands out. */
static void formatNameOf(const Queue *queue, Char16 *to) {
  char guid[37], name[100];
  const Queue *base = queue->parent != NULL ? queue->parent : queue;
  guidText(guid, base->kind == Queue_Public ? &base->instance : &machineGuid);
  if (base->kind == Queue_Public) snprintf(name, sizeof name, "PUBLIC=%s", guid);
  else if (base->kind == Queue_System) snprintf(name, sizeof name, "MACHINE=%s;", guid);
  else snprintf(name, sizeof name, "PRIVATE=%s\\%08x", guid, base->number);
  widen(to, name);
  if (queue->parent == NULL && queue->kind != Queue_System) return;
  to += textLength(to);
  if (queue->parent != NULL) *to++ = ';';
  memcpy(to, queue->name, (textLength(queue->name) + 1) * sizeof(Char16));
}

static void pathNameOf(const Queue *queue, Char16 *to) {
  widen(to, machineName);
  to += textLength(to);
  *to++ = '\\';
  memcpy(to, queue->name, (textLength(queue->name) + 1) * sizeof(Char16));
}

/* Splits "machine\private$\name;sub" and says whether the machine is this one. */
static Hr parsePath(const Char16 *path, Char16 *name, Char16 *suffix, int *local) {
  const Char16 *slash = findCharacter(path, '\\');
  if (slash == NULL || slash == path || textLength(slash + 1) >= NAME_SIZE) return E_ILLEGAL_QUEUE_PATHNAME;
  *local = isLocalAddress(path, (size_t)(slash - path));
  memcpy(name, slash + 1, (textLength(slash + 1) + 1) * sizeof(Char16));
  if (!splitSuffix(name, suffix)) return E_ILLEGAL_QUEUE_PATHNAME;
  const Char16 *own = afterPrefix(name, "private$\\");
  return isQueueName(own == NULL ? name : own) ? MQ_OK : E_ILLEGAL_QUEUE_PATHNAME;
}

/* A queue that the property and deletion calls may work on. */
static Hr namedQueue(const Char16 *text, int allowDirect, Queue **queue) {
  if (!checkText(text, "the format name")) return E_INVALID_PARAMETER;
  FormatName *name = need(malloc(sizeof *name));
  Hr result = MQ_OK;
  if (!parseFormatName(text, name)) result = E_ILLEGAL_FORMATNAME;
  else if (name->kind == Name_SendOnly || name->kind == Name_Remote || name->kind == Name_System ||
           name->suffix[0] != 0 || (name->direct && !allowDirect)) {
    result = E_UNSUPPORTED_FORMATNAME_OPERATION;
  } else if ((*queue = baseQueue(name)) == NULL) {
    result = E_QUEUE_NOT_FOUND;
  }
  free(name);
  return result;
}

/* ================================================================ messages */

static Message *composeMessage(const Part *parts, uint32_t count) {
  size_t bytes = 0;
  for (uint32_t at = 0; at < count; at++) bytes += parts[at].length;
  size_t header = sizeof(Message) + count * sizeof(Stored);
  Message *message = need(malloc(header + bytes));
  memset(message, 0, sizeof *message);
  message->storedCount = count;
  message->size = (uint32_t)(header + bytes);
  message->expiresAt = UINT64_MAX;
  message->sentAt = nowMs();
  message->sentTime = (uint32_t)time(NULL);
  uint32_t offset = (uint32_t)header;
  for (uint32_t at = 0; at < count; at++) {
    message->stored[at] = (Stored){ parts[at].id, parts[at].length, parts[at].number, offset };
    if (parts[at].length > 0) memcpy((uint8_t *)message + offset, parts[at].bytes, parts[at].length);
    offset += parts[at].length;
  }
  return message;
}

static Message *copyMessage(const Message *message) {
  Message *copy = memcpy(need(malloc(message->size)), message, message->size);
  copy->previous = copy->next = NULL;
  copy->transaction = NULL;
  copy->state = State_Available;
  copy->expiresAt = UINT64_MAX;
  copy->purged = copy->rejected = 0;
  copy->isCopy = 1;
  return copy;
}

static const Stored *storedPart(const Message *message, uint32_t id) {
  for (uint32_t at = 0; at < message->storedCount; at++) {
    if (message->stored[at].id == id) return &message->stored[at];
  }
  return NULL;
}

static uint64_t storedNumber(const Message *message, uint32_t id, uint64_t otherwise) {
  const Stored *part = storedPart(message, id);
  return part == NULL ? otherwise : part->number;
}

/* What a receive gives for a property. Text has no terminator here; `present` tells "" from nothing. */
typedef struct {
  int present;
  uint64_t number;
  uint32_t length;
  const void *bytes;
} Value;

static Value numberValue(uint64_t number) { return (Value){ 1, number, 0, NULL }; }
static Value bytesValue(const void *bytes, uint32_t length) { return (Value){ 1, 0, length, bytes }; }

static uint64_t secondsLeft(const Message *message, uint64_t limit) {
  uint64_t passed = (nowMs() - message->sentAt) / 1000u;
  if (limit >= 0xFFFFFFFEu) return limit;
  return limit > passed ? limit - passed : 0;
}

static const Guid noGuid;

/* Values that are kept by the queue manager and not by the sender, and the defaults of the rest. */
static Value ownValue(const Message *message, uint32_t id) {
  switch (id) {
    case M_CLASS: return numberValue(message->messageClass);
    case M_MSGID: return bytesValue(message->id, 20);
    case M_LOOKUPID: return numberValue(message->lookupId);
    case M_SENTTIME: return numberValue(message->sentTime);
    case M_ARRIVEDTIME: return numberValue(message->arrivedTime);
    case M_ABORT_COUNT: return numberValue(message->abortCount);
    case M_MOVE_COUNT: return numberValue(message->moveCount);
    case M_LAST_MOVE_TIME: return numberValue(message->lastMoveTime);
    case M_FIRST_IN_XACT: return numberValue(message->first);
    case M_LAST_IN_XACT: return numberValue(message->last);
    case M_XACTID: return bytesValue(message->transactionId, 20);
    case M_AUTHENTICATED: case M_AUTHENTICATED_EX: return numberValue(message->isSigned);
    case M_SRC_MACHINE_ID: return bytesValue(&machineGuid, sizeof machineGuid);
    case M_CONNECTOR_TYPE: return bytesValue(&noGuid, sizeof noGuid);
    case M_VERSION: return numberValue(16);
    case M_PRIORITY: return numberValue(message->transactional ? 0 : 3);
    case M_DELIVERY: return numberValue(message->transactional);
    case M_CORRELATIONID: return bytesValue("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    case M_TIME_TO_REACH_QUEUE: return numberValue(0xFFFFFFFEu);
    case M_TIME_TO_BE_RECEIVED: return numberValue(0xFFFFFFFFu);
    case M_SENDERID_TYPE: case M_PROV_TYPE: return numberValue(1);
    case M_HASH_ALG: return numberValue(0x800E); /* SHA-512 (A-53) */
    case M_ENCRYPTION_ALG: return numberValue(0x6602);
    default: return (Value){ 0, 0, 0, NULL };
  }
}

/* The short and the long name of a response or destination queue stand in for each other. */
static uint32_t twinOf(uint32_t id) {
  switch (id) {
    case M_RESP_QUEUE: return M_RESP_FORMAT_NAME;
    case M_RESP_FORMAT_NAME: return M_RESP_QUEUE;
    case M_DEST_FORMAT_NAME: return M_DEST_QUEUE;
    default: return 0;
  }
}

static Value messageValue(const Message *message, uint32_t id) {
  const Stored *part = storedPart(message, id);
  if (id == M_CLASS || id == M_AUTHENTICATED) part = NULL;
  if (part == NULL && twinOf(id) != 0) part = storedPart(message, twinOf(id));
  if (part == NULL) return ownValue(message, id);
  Value value = { 1, part->number, part->length, (const uint8_t *)message + part->offset };
  if (id == M_TIME_TO_BE_RECEIVED || id == M_TIME_TO_REACH_QUEUE) value.number = secondsLeft(message, part->number);
  return value;
}

/* ---------------------------------------------------------------- placing messages */

static void unlinkMessage(Message *message) {
  Queue *queue = message->queue;
  if (queue->lastFound == message) queue->lastFound = message->previous;
  *(message->previous != NULL ? &message->previous->next : &queue->head) = message->next;
  *(message->next != NULL ? &message->next->previous : &queue->tail) = message->previous;
  queue->count--;
  queue->bytes -= message->size;
  message->previous = message->next = NULL;
}

/* Lookup ids grow in queue order, so the order of the list is the order of the ids. */
static void linkMessage(Queue *queue, Message *message) {
  Message *after = queue->tail;
  while (after != NULL && after->lookupId > message->lookupId) after = after->previous;
  message->previous = after;
  message->next = after != NULL ? after->next : queue->head;
  *(after != NULL ? &after->next : &queue->head) = message;
  *(message->next != NULL ? &message->next->previous : &queue->tail) = message;
  message->queue = queue;
  queue->count++;
  queue->bytes += message->size;
}

static void wakeWaiting(Queue *queue);

static void becomeAvailable(Message *message) {
  message->state = State_Available;
  message->transaction = NULL;
  message->allowPeek = 0;
  message->visible = ++message->queue->visible;
}

/* Priority in the top byte, then arrival (X-03, D-27). The sequence is the parent's, so a move keeps ids unique. */
#define SEQUENCE_MASK ((1ull << 56) - 1)

static uint64_t sequenceOf(const Queue *queue) { return queue->parent != NULL ? queue->parent->sequence : queue->sequence; }

static void giveLookupId(Queue *queue, Message *message) {
  Queue *base = queue->parent != NULL ? queue->parent : queue;
  uint64_t priority = message->transactional ? 0 : storedNumber(message, M_PRIORITY, 3);
  message->lookupId = (7u - priority) << 56 | ++base->sequence;
}

static void insertMessage(Queue *queue, Message *message) {
  giveLookupId(queue, message);
  message->arrivedTime = (uint32_t)time(NULL);
  linkMessage(queue, message);
}

static void insertCopy(Queue *queue, const Message *message, uint32_t messageClass) {
  Message *copy = copyMessage(message);
  copy->messageClass = messageClass;
  insertMessage(queue, copy);
  becomeAvailable(copy);
  wakeWaiting(queue);
}

/* ---------------------------------------------------------------- what becomes of a message */

#define CLASS_REACHED 0x0002u
#define CLASS_RECEIVED 0x4000u
#define CLASS_DELETED_ON_ITS_WAY 0x8001u
#define CLASS_REACH_TIMEOUT 0x8002u
#define CLASS_QUOTA 0x8003u
#define CLASS_BAD_SIGNATURE 0x8006u
#define CLASS_NOT_TRANSACTIONAL_QUEUE 0x8009u
#define CLASS_NOT_TRANSACTIONAL_MESSAGE 0x800Au
#define CLASS_DELETED 0xC000u
#define CLASS_PURGED 0xC001u
#define CLASS_RECEIVE_TIMEOUT 0xC002u
#define CLASS_REJECTED 0xC004u

/* The bit of PROPID_M_ACKNOWLEDGE that asks for a class (D-44, D-46). */
static uint32_t acknowledgeBit(uint32_t messageClass) {
  if (messageClass == CLASS_REACHED) return 1;
  if (messageClass == CLASS_RECEIVED) return 2;
  return messageClass < 0xC000u ? 4 : 8;
}

static Queue *localQueueNamed(const Message *message, uint32_t id) {
  const Stored *part = storedPart(message, id);
  if (part == NULL) return NULL;
  Char16 text[NAME_SIZE];
  uint32_t length = part->length / sizeof(Char16);
  if (length >= NAME_SIZE) return NULL;
  memcpy(text, (const uint8_t *)message + part->offset, part->length);
  text[length] = 0;
  FormatName *name = need(malloc(sizeof *name));
  Queue *queue = parseFormatName(text, name) ? baseQueue(name) : NULL;
  free(name);
  return queue;
}

/* An acknowledgment is an ordinary message: the id of the original, its queue, and its body when negative (D-47). */
static void acknowledge(const Message *message, uint32_t messageClass) {
  if ((storedNumber(message, M_ACKNOWLEDGE, 0) & acknowledgeBit(messageClass)) == 0) return;
  if (messageClass < 0x8000u && message->queue->kind == Queue_Outgoing) return; /* it has not got there */
  if (messageClass == CLASS_BAD_SIGNATURE) return; /* insecure, off by default (A-70) */
  Queue *queue = localQueueNamed(message, M_ADMIN_QUEUE);
  if (queue == NULL || queue->transactional) return;
  const Stored *body = storedPart(message, M_BODY);
  const Stored *destination = storedPart(message, M_DEST_QUEUE);
  Part parts[4] = { { M_CORRELATIONID, 20, 0, message->id } };
  uint32_t count = 1;
  if (destination != NULL) {
    parts[count++] = (Part){ M_RESP_QUEUE, destination->length, 0, (const uint8_t *)message + destination->offset };
  }
  if (body != NULL && messageClass >= 0x8000u) {
    parts[count++] = (Part){ M_BODY, body->length, 0, (const uint8_t *)message + body->offset };
    parts[count++] = (Part){ M_BODY_TYPE, 0, storedNumber(message, M_BODY_TYPE, 0), NULL };
  }
  Message *answer = composeMessage(parts, count);
  answer->messageClass = messageClass;
  memcpy(answer->id, &machineGuid, 16);
  messageCounter++;
  memcpy(answer->id + 16, &messageCounter, 4);
  insertMessage(queue, answer);
  becomeAvailable(answer);
  wakeWaiting(queue);
}

/* Copies a message that has reached its destination to the machine's journal, if its sender asked for that (D-57). */
static void copyToMachineJournal(const Message *message) {
  if (message->queue->kind == Queue_Outgoing || (storedNumber(message, M_JOURNAL, 0) & 2u) == 0) return;
  insertCopy(machineJournal, message, message->messageClass);
}

/* Outside a transaction, what is dropped, deleted or purged leaves no dead letter (A-72, D-64). */
static int leavesDeadLetter(const Message *message, uint32_t messageClass) {
  if (message->transactional) return 1;
  return messageClass == CLASS_REACH_TIMEOUT || messageClass == CLASS_QUOTA || messageClass == CLASS_RECEIVE_TIMEOUT ||
         messageClass == CLASS_NOT_TRANSACTIONAL_QUEUE || messageClass == CLASS_NOT_TRANSACTIONAL_MESSAGE;
}

/* Copies a message to a dead-letter queue, if its sender asked for that: its own one has to be transactional (D-63). */
static void deadLetter(const Message *message, uint32_t messageClass) {
  if ((storedNumber(message, M_JOURNAL, 0) & 1u) == 0 || !leavesDeadLetter(message, messageClass)) return;
  Queue *own = message->transactional ? localQueueNamed(message, M_DEADLETTER_QUEUE) : NULL;
  if (own == NULL || !own->transactional) own = message->transactional ? transactionalDeadLetters : deadLetters;
  insertCopy(own, message, messageClass);
}

/* A message that will not be received: its sender may learn of it, and it may become a dead letter. A copy does neither. */
static void discard(Message *message, uint32_t messageClass) {
  if (!message->isCopy) {
    acknowledge(message, messageClass);
    deadLetter(message, messageClass);
  }
  free(message);
}

static void discardFrom(Message *message, uint32_t messageClass) {
  unlinkMessage(message);
  discard(message, messageClass);
}

/* A message that was received for good (D-58, F-28). */
static void finishReceive(Message *message) {
  Queue *queue = message->queue;
  Queue *base = queue->parent != NULL ? queue->parent : queue;
  unlinkMessage(message);
  if (message->rejected) {
    discard(message, CLASS_REJECTED);
    return;
  }
  if (base->journaling && queue->kind != Queue_Journal) insertCopy(journalOf(queue), message, message->messageClass);
  if (!message->isCopy) {
    acknowledge(message, CLASS_RECEIVED);
    if (message->transactional) copyToMachineJournal(message);
  }
  free(message);
}

static void dropExpired(Queue *queue) {
  uint64_t now = nowMs();
  for (Message *message = queue->head, *next; message != NULL; message = next) {
    next = message->next;
    if (message->state == State_Available && message->expiresAt <= now) discardFrom(message, CLASS_RECEIVE_TIMEOUT);
  }
}

/* Most queues never hold a message that can expire, and then nothing needs to be walked. */
static int mayExpire;

static void sweep(Queue *queue) {
  if (mayExpire) dropExpired(queue);
}

/* ================================================================ transactions */

static void finishTransaction(Transaction *transaction, int commit);

static Transaction *knownTransaction(const void *pointer) {
  for (Transaction *at = transactions; at != NULL; at = at->next) {
    if (at == pointer) return at;
  }
  for (uint32_t at = 0; at < GRAVEYARD; at++) {
    if (graveyard[at] != NULL && graveyard[at] == pointer) return graveyard[at];
  }
  return NULL;
}

static Transaction *liveTransaction(void *pointer) {
  Transaction *transaction = knownTransaction(pointer);
  if (transaction == NULL) violation("%p is no transaction", pointer);
  else if (transaction->state == Transaction_Freed) violation("the transaction was released before");
  else return transaction;
  return NULL;
}

/* What the transaction argument of a call means: a pointer, one of four numbers, or nothing of the sort. */
typedef struct {
  Transaction *transaction;
  int single;
} Enlistment;

static Hr readTransaction(void *argument, Enlistment *enlistment) {
  *enlistment = (Enlistment){ NULL, (uintptr_t)argument == 3 };
  if ((uintptr_t)argument <= 3) return MQ_OK;
  enlistment->transaction = liveTransaction(argument);
  if (enlistment->transaction == NULL) return E_TRANSACTION_SEQUENCE;
  return enlistment->transaction->state == Transaction_Active ? MQ_OK : E_TRANSACTION_SEQUENCE;
}

static void enlist(Transaction *transaction, enum OperationKind kind, Message *message, Queue *destination) {
  if (transaction->operationCount == transaction->operationCapacity) {
    transaction->operationCapacity = transaction->operationCapacity == 0 ? 4 : transaction->operationCapacity * 2;
    transaction->operations =
        need(realloc(transaction->operations, transaction->operationCapacity * sizeof *transaction->operations));
  }
  transaction->operations[transaction->operationCount++] = (Operation){ kind, message, destination };
  message->transaction = transaction;
}

static void relocate(Message *message, Queue *destination) {
  unlinkMessage(message);
  message->moveCount++;
  message->abortCount = 0;
  message->lastMoveTime = (uint32_t)time(NULL);
  linkMessage(destination, message);
  becomeAvailable(message);
}

/* First and last are told per destination queue (X-19). */
static void markBoundaries(Transaction *transaction) {
  for (uint32_t at = 0; at < transaction->operationCount; at++) {
    Operation *operation = &transaction->operations[at];
    if (operation->kind != Operation_Send) continue;
    int first = 1, last = 1;
    for (uint32_t other = 0; other < transaction->operationCount; other++) {
      Operation *against = &transaction->operations[other];
      if (against->kind != Operation_Send || against->message->queue != operation->message->queue) continue;
      if (other < at) first = 0;
      if (other > at) last = 0;
    }
    operation->message->first = (uint8_t)first;
    operation->message->last = (uint8_t)last;
  }
}

/* An empty subqueue that nobody has open goes, unless something is on its way to it (B-30). */
static void forgetUnused(Queue *queue) {
  if (queue->kind == Queue_Sub && queue->openHandles == 0 && queue->count == 0 && queue->expected == 0) {
    queue->deleted = 1;
  }
}

static void commitOperation(Operation *operation) {
  Message *message = operation->message;
  if (operation->kind == Operation_Send) {
    becomeAvailable(message);
    acknowledge(message, CLASS_REACHED);
  } else if (operation->kind == Operation_Move) {
    operation->destination->expected--;
    relocate(message, operation->destination);
  } else {
    finishReceive(message);
  }
}

static void abortOperation(Operation *operation) {
  Message *message = operation->message;
  if (operation->kind == Operation_Send) {
    unlinkMessage(message);
    free(message);
    return;
  }
  if (operation->kind == Operation_Move) {
    operation->destination->expected--;
    forgetUnused(operation->destination);
  }
  message->abortCount++;
  message->rejected = 0;
  becomeAvailable(message);
  if (message->purged) discardFrom(message, CLASS_PURGED);
  else if (message->queue->deleted) discardFrom(message, CLASS_DELETED);
}

static void finishTransaction(Transaction *transaction, int commit) {
  transaction->state = Transaction_Ended;
  if (commit) markBoundaries(transaction);
  for (uint32_t at = 0; at < transaction->operationCount; at++) {
    Operation *operation = &transaction->operations[at];
    if (commit) commitOperation(operation);
    else abortOperation(operation);
  }
  if (transaction->operationCount > 0) {
    for (Queue *queue = queues; queue != NULL; queue = queue->next) wakeWaiting(queue);
  }
  free(transaction->operations);
  transaction->operations = NULL;
  transaction->operationCount = transaction->operationCapacity = 0;
}

static void buryTransaction(Transaction *transaction) {
  Transaction **at = &transactions;
  while (*at != transaction) at = &(*at)->next;
  *at = transaction->next;
  transaction->state = Transaction_Freed;
  counts[Kind_Transaction].freed++;
  free(graveyard[graveyardNext]);
  graveyard[graveyardNext] = transaction;
  graveyardNext = (graveyardNext + 1) % GRAVEYARD;
}

static uint32_t addReference(Transaction *self) {
  lockAll();
  Transaction *transaction = liveTransaction(self);
  uint32_t references = transaction == NULL ? 0 : ++transaction->references;
  unlockAll();
  return references;
}

/* Released without an end: aborted (F-37). */
static uint32_t releaseReference(Transaction *self) {
  Hr planned;
  enter(F_TransactionRelease, &planned);
  Transaction *transaction = liveTransaction(self);
  uint32_t references = transaction == NULL ? 0 : --transaction->references;
  if (transaction != NULL && references == 0) {
    if (transaction->state == Transaction_Active) finishTransaction(transaction, 0);
    buryTransaction(transaction);
  }
  unlockAll();
  return references;
}

static Hr queryInterface(Transaction *self, const Guid *wanted, void **result) {
  static const Guid known[] = {
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 } },
    { { 0x84, 0x50, 0xb1, 0x0f, 0x41, 0xaf, 0xce, 0x11, 0xbd, 0x2b, 0x20, 0x4c, 0x4f, 0x4f, 0x50, 0x20 } }
  };
  if (wanted == NULL || result == NULL) return COM_POINTER;
  *result = NULL;
  for (int at = 0; at < 2; at++) {
    if (memcmp(&known[at], wanted, sizeof *wanted) != 0) continue;
    addReference(self);
    *result = self;
    return MQ_OK;
  }
  return COM_NOINTERFACE;
}

static Hr endTransaction(Transaction *self, int unsupported, int commit) {
  Transaction *transaction = liveTransaction(self);
  if (transaction == NULL || transaction->state != Transaction_Active) return E_TRANSACTION_SEQUENCE;
  if (unsupported) return XACT_NOTSUPPORTED;
  finishTransaction(transaction, commit);
  return MQ_OK;
}

static Hr commitTransaction(Transaction *self, int32_t retaining, uint32_t kind, uint32_t managers) {
  ENTER(TransactionCommit);
  return leave(endTransaction(self, retaining != 0 || (kind != 0 && kind != 2) || managers != 0, 1));
}

static Hr abortTransaction(Transaction *self, const void *reason, int32_t retaining, int32_t async) {
  ENTER(TransactionAbort);
  (void)reason;
  return leave(endTransaction(self, retaining != 0 || async != 0, 0));
}

static Hr transactionInfo(Transaction *self, void *info) {
  if (info == NULL) return COM_POINTER;
  uint32_t *words = info;
  lockAll();
  Transaction *transaction = liveTransaction(self);
  memset(info, 0, 40);
  if (transaction != NULL) words[0] = transaction->number;
  unlockAll();
  return transaction == NULL ? E_TRANSACTION_SEQUENCE : MQ_OK;
}

static const TransactionTable transactionTable = { queryInterface,    addReference,     releaseReference,
                                                   commitTransaction, abortTransaction, transactionInfo };

EXPORT Hr MQBeginTransaction(Transaction **result) {
  ENTER(MQBeginTransaction);
  if (result == NULL) {
    violation("ppTransaction is NULL");
    return leave(E_INVALID_PARAMETER);
  }
  Transaction *transaction = need(calloc(1, sizeof *transaction));
  transaction->table = &transactionTable;
  transaction->references = 1;
  transaction->number = ++transactionCounter;
  transaction->next = transactions;
  transactions = transaction;
  counts[Kind_Transaction].acquired++;
  *result = transaction;
  return leave(MQ_OK);
}

/* ================================================================ opening and closing */

static int openedForReceive(const OpenQueue *open) { return (open->access & Access_Receive) != 0; }

/* C-24, C-25: one exclusive reader keeps others out, and any reader keeps an exclusive one out. */
static int sharingAllows(const Queue *queue, uint32_t access, uint32_t share) {
  for (OpenQueue *open = openQueues; open != NULL; open = open->next) {
    if (open->targets[0] != queue) continue;
    if (open->share == 1 && (share == 1 || (access & Access_Receive) != 0)) return 0;
    if (share == 1 && openedForReceive(open)) return 0;
  }
  return 1;
}

/* Messages for another machine stay in an outgoing queue of their own, one per format name. */
static Queue *outgoingQueue(const Char16 *text, int create) {
  for (Queue *queue = queues; queue != NULL; queue = queue->next) {
    if (queue->kind == Queue_Outgoing && sameText(queue->name, text)) return queue;
  }
  return create ? newQueue(Queue_Outgoing, text, NULL) : NULL;
}

static Hr sendTarget(const Char16 *text, const FormatName *name, Queue **queue) {
  if (name->suffix[0] != 0 || name->kind == Name_System) return E_UNSUPPORTED_FORMATNAME_OPERATION;
  int remote = name->kind == Name_SendOnly || name->kind == Name_Remote;
  *queue = remote ? outgoingQueue(text, 1) : baseQueue(name);
  return *queue == NULL ? E_QUEUE_NOT_FOUND : MQ_OK;
}

static Hr readTarget(const Char16 *text, const FormatName *name, uint32_t access, Queue **queue) {
  if (name->kind == Name_SendOnly) return E_UNSUPPORTED_FORMATNAME_OPERATION;
  if (name->kind == Name_Remote) {
    if ((access & Access_Admin) == 0) return E_REMOTE_MACHINE_NOT_AVAILABLE;
    *queue = outgoingQueue(text, 0);
    return *queue == NULL ? E_QUEUE_NOT_FOUND : MQ_OK;
  }
  Queue *base = baseQueue(name);
  if (base == NULL) return E_QUEUE_NOT_FOUND;
  *queue = base;
  if (name->suffix[0] == 0 || name->kind == Name_System) return MQ_OK;
  if (isAscii(name->suffix, "JOURNAL")) {
    *queue = journalOf(base);
    return access == Access_Move ? E_UNSUPPORTED_ACCESS_MODE : MQ_OK;
  }
  *queue = findNamed(name->suffix, base);
  if (*queue == NULL) {
    *queue = newQueue(Queue_Sub, name->suffix, base);
    (*queue)->transactional = base->transactional;
  }
  return MQ_OK;
}

static Hr resolveTarget(const Char16 *text, uint32_t access, Queue **queue) {
  FormatName *name = need(malloc(sizeof *name));
  Hr result = E_ILLEGAL_FORMATNAME;
  if (parseFormatName(text, name)) {
    result = access == Access_Send ? sendTarget(text, name, queue) : readTarget(text, name, access, queue);
  }
  free(name);
  return result;
}

/* A name of several elements is for sending only, and one bad element fails the whole (B-16, B-18). */
static Hr resolveTargets(OpenQueue *open) {
  int several = findCharacter(open->formatName, ',') != NULL;
  if (several && open->access != Access_Send) return E_UNSUPPORTED_FORMATNAME_OPERATION;
  for (const Char16 *at = open->formatName; at != NULL;) {
    const Char16 *comma = findCharacter(at, ',');
    Char16 *element = copyText(at);
    if (comma != NULL) element[comma - at] = 0;
    Hr result = E_INSUFFICIENT_RESOURCES;
    Queue **target = &open->targets[open->targetCount];
    if (open->targetCount < MAX_TARGETS) result = resolveTarget(element, open->access, target);
    free(element);
    if (result != MQ_OK) return result;
    open->targetCount++;
    at = comma == NULL ? NULL : comma + 1;
  }
  return MQ_OK;
}

static int isAccess(uint32_t access) {
  static const uint32_t known[] = { Access_Receive, Access_Send, Access_Move, Access_Peek, Access_Peek | Access_Admin,
                                    Access_Receive | Access_Admin };
  for (size_t at = 0; at < sizeof known / sizeof *known; at++) {
    if (known[at] == access) return 1;
  }
  return 0;
}

EXPORT Hr MQOpenQueue(const Char16 *formatName, uint32_t access, uint32_t share, Handle *result) {
  ENTER(MQOpenQueue);
  if (result == NULL) violation("phQueue is NULL");
  if (!checkText(formatName, "the format name") || result == NULL) return leave(E_INVALID_PARAMETER);
  if (!isAccess(access) || share > 1 || (access == Access_Send && share != 0)) return leave(E_UNSUPPORTED_ACCESS_MODE);
  OpenQueue *open = need(calloc(1, sizeof *open));
  open->access = access;
  open->share = share;
  open->formatName = copyText(formatName);
  Hr failure = resolveTargets(open);
  if (failure == MQ_OK && access != Access_Send && !sharingAllows(open->targets[0], access, share)) {
    failure = E_SHARING_VIOLATION;
  }
  if (failure != MQ_OK) {
    free(open->formatName);
    free(open);
    return leave(failure);
  }
  for (int at = 0; at < open->targetCount; at++) open->targets[at]->openHandles++;
  open->handle = newHandle(Kind_Queue, open);
  open->next = openQueues;
  openQueues = open;
  *result = open->handle;
  return leave(MQ_OK);
}

static void closeCursor(Cursor *cursor) {
  Cursor **at = &cursor->open->cursors;
  while (*at != cursor) at = &(*at)->next;
  *at = cursor->next;
  dropHandle(cursor->handle);
  free(cursor);
}

static void cancelRequests(Queue *queue, const OpenQueue *open, Hr result);

static void closeQueue(OpenQueue *open) {
  for (int at = 0; at < open->targetCount; at++) {
    Queue *queue = open->targets[at];
    cancelRequests(queue, open, E_OPERATION_CANCELLED);
    queue->openHandles--;
    forgetUnused(queue);
  }
  while (open->cursors != NULL) closeCursor(open->cursors);
  OpenQueue **at = &openQueues;
  while (*at != open) at = &(*at)->next;
  *at = open->next;
  dropHandle(open->handle);
  free(open->formatName);
  free(open);
}

EXPORT Hr MQCloseQueue(Handle handle) {
  ENTER(MQCloseQueue);
  OpenQueue *open = findHandle(Kind_Queue, handle);
  if (open == NULL) return leave(E_INVALID_HANDLE);
  closeQueue(open);
  return leave(MQ_OK);
}

EXPORT Hr MQCreateCursor(Handle handle, Handle *result) {
  ENTER(MQCreateCursor);
  OpenQueue *open = findHandle(Kind_Queue, handle);
  if (open == NULL) return leave(E_INVALID_HANDLE);
  if (result == NULL) {
    violation("phCursor is NULL");
    return leave(E_INVALID_PARAMETER);
  }
  if (open->access == Access_Send || open->access == Access_Move) return leave(E_ACCESS_DENIED);
  Cursor *cursor = need(calloc(1, sizeof *cursor));
  cursor->open = open;
  cursor->next = open->cursors;
  open->cursors = cursor;
  *result = cursor->handle = newHandle(Kind_Cursor, cursor);
  return leave(MQ_OK);
}

EXPORT Hr MQCloseCursor(Handle handle) {
  ENTER(MQCloseCursor);
  Cursor *cursor = findHandle(Kind_Cursor, handle);
  if (cursor == NULL) return leave(E_INVALID_HANDLE);
  if (cursor->busy) violation("the cursor is still used by a waiting receive");
  closeCursor(cursor);
  return leave(MQ_OK);
}

EXPORT Hr MQPurgeQueue(Handle handle) {
  ENTER(MQPurgeQueue);
  OpenQueue *open = findHandle(Kind_Queue, handle);
  if (open == NULL) return leave(E_INVALID_HANDLE);
  Queue *queue = open->targets[0];
  if (queue->deleted) return leave(E_QUEUE_DELETED);
  if (!openedForReceive(open)) return leave(E_ACCESS_DENIED);
  uint32_t messageClass = queue->kind == Queue_Outgoing ? CLASS_DELETED_ON_ITS_WAY : CLASS_PURGED;
  uint64_t last = sequenceOf(queue);
  for (Message *message = queue->head, *next; message != NULL; message = next) {
    next = message->next;
    if ((message->lookupId & SEQUENCE_MASK) > last) continue; /* what the purge itself puts in */
    if (message->state == State_Available) discardFrom(message, messageClass);
    else if (message->state == State_Receiving) message->purged = 1;
  }
  return leave(MQ_OK);
}

static void deleteQueue(Queue *queue) {
  queue->deleted = 1;
  for (Message *message = queue->head, *next; message != NULL; message = next) {
    next = message->next;
    if (message->state == State_Available) discardFrom(message, CLASS_DELETED);
  }
  cancelRequests(queue, NULL, E_QUEUE_DELETED);
  for (Queue *child = queues; child != NULL; child = child->next) {
    if (child->parent == queue && !child->deleted) deleteQueue(child);
  }
}

EXPORT Hr MQDeleteQueue(const Char16 *formatName) {
  ENTER(MQDeleteQueue);
  Queue *queue = NULL;
  Hr result = namedQueue(formatName, 0, &queue);
  if (result == MQ_OK) deleteQueue(queue);
  return leave(result);
}

/* ================================================================ sending */

typedef struct {
  Part parts[MAX_PROPERTIES + 8];
  uint32_t count;
  Hr result;
} Outgoing;

static const Part *outgoingPart(const Outgoing *outgoing, uint32_t id) {
  for (uint32_t at = 0; at < outgoing->count; at++) {
    if (outgoing->parts[at].id == id) return &outgoing->parts[at];
  }
  return NULL;
}

static uint64_t outgoingNumber(const Outgoing *outgoing, uint32_t id) {
  const Part *part = outgoingPart(outgoing, id);
  return part == NULL ? 0 : part->number;
}

/* The last send as it was handed in: id, VARTYPE, length and bytes, one after the other. */
static Text lastSent;
static uint32_t lastSentCount;

static void recordSent(uint32_t id, uint16_t vt, const void *bytes, uint32_t length) {
  if (!recording) return;
  uint32_t head[3] = { id, vt, length };
  appendBytes(&lastSent, head, sizeof head);
  appendBytes(&lastSent, bytes, length);
  lastSentCount++;
}

/* Reads one value that a caller sends; the type is known to be right. */
static Hr readPart(const MessageProperty *row, const Variant *value, Part *part) {
  *part = (Part){ .id = row->id };
  switch (row->vt) {
    case Vt_LPWSTR:
      if (value->value.pwszVal == NULL) {
        violation("%s is a NULL string", row->name);
        return E_ILLEGAL_PROPERTY_VALUE;
      }
      part->length = checkedLength(value->value.pwszVal, 1u << 20, row->name);
      if (part->length == UINT32_MAX) return E_ILLEGAL_PROPERTY_VALUE;
      part->length *= (uint32_t)sizeof(Char16);
      part->bytes = value->value.pwszVal;
      return MQ_OK;
    case Vt_Clsid:
      if (value->value.puuid == NULL) {
        violation("%s is a NULL GUID", row->name);
        return E_ILLEGAL_PROPERTY_VALUE;
      }
      part->length = sizeof(Guid);
      part->bytes = value->value.puuid;
      return MQ_OK;
    case Vt_Bytes:
      part->length = value->value.vector.count;
      part->bytes = value->value.vector.items;
      if (part->length > 0 && part->bytes == NULL) {
        violation("%s has %u elements at NULL", row->name, part->length);
        part->length = 0;
        return E_ILLEGAL_PROPERTY_VALUE;
      }
      return row->fixedSize != 0 && part->length != row->fixedSize ? E_ILLEGAL_PROPERTY_SIZE : MQ_OK;
    default:
      part->number = readNumber(value, row->vt);
      return MQ_OK;
  }
}

static int isFormatNameText(const Part *part) {
  Char16 *text = need(malloc(part->length + sizeof(Char16)));
  FormatName *name = need(malloc(sizeof *name));
  memcpy(text, part->bytes, part->length);
  text[part->length / sizeof(Char16)] = 0;
  Char16 *comma = (Char16 *)(uintptr_t)findCharacter(text, ',');
  if (comma != NULL) *comma = 0;
  int valid = parseFormatName(text, name);
  free(name);
  free(text);
  return valid;
}

/* The ranges of numbers and texts (D-10, D-17, B-25). */
static Hr checkSentValue(const Part *part) {
  switch (part->id) {
    case M_PRIORITY: return part->number > 7 ? E_ILLEGAL_PROPERTY_VALUE : MQ_OK;
    case M_DELIVERY: case M_TRACE: return part->number > 1 ? E_ILLEGAL_PROPERTY_VALUE : MQ_OK;
    case M_ACKNOWLEDGE: return part->number > 15 ? E_ILLEGAL_PROPERTY_VALUE : MQ_OK;
    case M_JOURNAL: return part->number > 3 ? E_ILLEGAL_PROPERTY_VALUE : MQ_OK;
    case M_LABEL: return part->length > 249 * sizeof(Char16) ? E_LABEL_TOO_LONG : MQ_OK;
    case M_RESP_QUEUE: case M_ADMIN_QUEUE: case M_RESP_FORMAT_NAME:
      return isFormatNameText(part) ? MQ_OK : E_ILLEGAL_FORMATNAME;
    default: return MQ_OK;
  }
}

/* One property of a send: what its status is, and the part it adds. */
static Hr acceptSent(const Props *props, uint32_t at, Outgoing *outgoing) {
  const MessageProperty *row = messageRow(props->ids[at]);
  const Variant *value = &props->values[at];
  if (row == NULL || value->vt != row->vt) {
    recordSent(props->ids[at], value->vt, &value->value, sizeof value->value);
    return row == NULL ? I_UNSUPPORTED_PROPERTY : wrongType(row->name, value->vt, row->vt);
  }
  Part part;
  Hr status = readPart(row, value, &part);
  recordSent(row->id, row->vt, part.bytes != NULL ? part.bytes : &part.number,
             part.bytes != NULL ? part.length : sizeOfType(row->vt));
  if (status != MQ_OK) return status;
  if (isDuplicate(props, at)) return I_DUPLICATE_PROPERTY;
  if (row->send == Send_Ignored) return I_PROPERTY_IGNORED;
  if (row->send == Send_Out) return MQ_OK;
  status = checkSentValue(&part);
  if (status == MQ_OK) outgoing->parts[outgoing->count++] = part;
  return status;
}

static Hr acceptAllSent(const Props *props, Outgoing *outgoing) {
  outgoing->count = 0;
  outgoing->result = MQ_OK;
  lastSent.length = 0;
  lastSentCount = 0;
  if (props == NULL || props->count == 0) {
    violation("a send without a property");
    return E_INVALID_PARAMETER;
  }
  Hr failure = checkProps(props, E_INVALID_PARAMETER);
  if (failure != MQ_OK) return failure;
  Hr worst = MQ_OK;
  for (uint32_t at = 0; at < props->count; at++) {
    Hr status = acceptSent(props, at, outgoing);
    setStatus(props, at, status);
    worst = worse(worst, status);
  }
  if (worst == E_ILLEGAL_FORMATNAME) return worst;
  if ((worst & 0x80000000u) != 0) return E_PROPERTY;
  if (worst != MQ_OK) outgoing->result = I_PROPERTY;
  return MQ_OK;
}

/* Some properties are for connector applications, which say who they are (MISSING_CONNECTOR_TYPE). */
static Hr checkTogether(const Props *props, const Outgoing *outgoing) {
  int connector = outgoingPart(outgoing, M_CONNECTOR_TYPE) != NULL;
  for (uint32_t at = 0; at < outgoing->count && !connector; at++) {
    if (messageRow(outgoing->parts[at].id)->send == Send_Connector) return E_MISSING_CONNECTOR_TYPE;
  }
  if (outgoingPart(outgoing, M_RESP_QUEUE) == NULL || outgoingPart(outgoing, M_RESP_FORMAT_NAME) == NULL) return MQ_OK;
  for (uint32_t at = 0; at < props->count; at++) {
    if (props->ids[at] == M_RESP_FORMAT_NAME) setStatus(props, at, E_PROPERTIES_CONFLICT);
  }
  return E_PROPERTY;
}

/* The live context whose handle has these low 32 bits: all that VT_UI4 can carry (A-36). */
static Context *contextOfLowBits(uint32_t low) {
  HandleEntry *entry = entryOfLowBits(low);
  if (entry == NULL || entry->kind != Kind_Context) violation("0x%x is no security context", low);
  else if (entry->object == NULL) violation("security context 0x%x was freed before", low);
  else return entry->object;
  return NULL;
}

static void addPart(Outgoing *outgoing, uint32_t id, const void *bytes, uint32_t length) {
  outgoing->parts[outgoing->count++] = (Part){ id, length, 0, bytes };
}

/* Adds the certificate and the sender id that the queue manager attaches (A-38, A-40, A-43). */
static Hr addSecurity(Outgoing *outgoing, int *isSigned) {
  const Part *level = outgoingPart(outgoing, M_AUTH_LEVEL);
  const Part *used = outgoingPart(outgoing, M_SECURITY_CONTEXT);
  const Part *idType = outgoingPart(outgoing, M_SENDERID_TYPE);
  Context *context = NULL;
  if (used != NULL && (context = contextOfLowBits((uint32_t)used->number)) == NULL) return E_BAD_SECURITY_CONTEXT;
  *isSigned = level != NULL && level->number != 0;
  int wantsSid = idType == NULL || idType->number != 0;
  if (*isSigned && outgoingPart(outgoing, M_SENDER_CERT) == NULL) {
    if (context != NULL && context->certificate != NULL) {
      addPart(outgoing, M_SENDER_CERT, context->certificate, context->length);
    } else {
      addPart(outgoing, M_SENDER_CERT, internalCertificate, sizeof internalCertificate);
    }
  }
  if (wantsSid) addPart(outgoing, M_SENDERID, userSid, sizeof userSid);
  return MQ_OK;
}

/* Judged on arrival, after the send has succeeded (F-08, F-09, A-67, X-17). */
static uint32_t rejectionOf(const Queue *queue, const Message *message) {
  if (queue->kind == Queue_Outgoing) return 0;
  if (queue->transactional && !message->transactional) return CLASS_NOT_TRANSACTIONAL_MESSAGE;
  if (!queue->transactional && message->transactional) return CLASS_NOT_TRANSACTIONAL_QUEUE;
  if (queue->authenticate && !message->isSigned) return CLASS_BAD_SIGNATURE;
  if (queue->quota != 0xFFFFFFFFu && queue->bytes + message->size > (uint64_t)queue->quota * 1024u) return CLASS_QUOTA;
  return 0;
}

static void arrive(Queue *queue, Message *message, const Enlistment *enlistment) {
  uint32_t rejection = rejectionOf(queue, message);
  if (rejection != 0) {
    discard(message, rejection);
    return;
  }
  insertMessage(queue, message);
  if (enlistment->transaction != NULL) {
    message->state = State_Sending;
    memcpy(message->transactionId, &machineGuid, 16);
    memcpy(message->transactionId + 16, &enlistment->transaction->number, 4);
    enlist(enlistment->transaction, Operation_Send, message, NULL);
    return;
  }
  if (enlistment->single) {
    message->first = message->last = 1;
    transactionCounter++;
    memcpy(message->transactionId, &machineGuid, 16);
    memcpy(message->transactionId + 16, &transactionCounter, 4);
  }
  becomeAvailable(message);
  acknowledge(message, CLASS_REACHED);
  if (!message->transactional) copyToMachineJournal(message);
  wakeWaiting(queue);
}

static void setExpiry(Message *message) {
  uint64_t left = storedNumber(message, M_TIME_TO_BE_RECEIVED, 0xFFFFFFFFu);
  if (left >= 0xFFFFFFFEu) return;
  message->expiresAt = message->sentAt + left * 1000u;
  mayExpire = 1;
}

static void giveMessageId(const Props *props, const uint8_t *id) {
  if (props == NULL) return;
  for (uint32_t at = 0; at < props->count; at++) {
    if (props->ids[at] == M_MSGID) memcpy(props->values[at].value.vector.items, id, 20);
  }
}

static uint64_t sizeOfParts(const Outgoing *outgoing) {
  uint64_t size = 120;
  for (uint32_t at = 0; at < outgoing->count; at++) size += outgoing->parts[at].length;
  return size;
}

static void sendToAll(const OpenQueue *open, Outgoing *outgoing, const Enlistment *enlistment, int isSigned,
                      uint8_t *id) {
  messageCounter++;
  memcpy(id, &machineGuid, 16);
  memcpy(id + 16, &messageCounter, 4);
  if (discarding) return;
  uint32_t nameAt = outgoing->count++;
  for (int at = 0; at < open->targetCount; at++) {
    const Char16 *element = open->formatName;
    for (int skip = 0; skip < at; skip++) element = findCharacter(element, ',') + 1;
    const Char16 *comma = findCharacter(element, ',');
    uint32_t length = comma == NULL ? textLength(element) : (uint32_t)(comma - element);
    outgoing->parts[nameAt] = (Part){ M_DEST_QUEUE, length * (uint32_t)sizeof(Char16), 0, element };
    Message *message = composeMessage(outgoing->parts, outgoing->count);
    memcpy(message->id, id, 20);
    message->transactional = enlistment->single || enlistment->transaction != NULL;
    message->isSigned = (uint8_t)isSigned;
    message->messageClass = (uint32_t)outgoingNumber(outgoing, M_CLASS);
    setExpiry(message);
    arrive(open->targets[at], message, enlistment);
  }
}

/* Inside a transaction priority and delivery are ignored, whatever was set (D-09). */
static void forceTransactional(Outgoing *outgoing) {
  for (uint32_t at = 0; at < outgoing->count; at++) {
    if (outgoing->parts[at].id == M_PRIORITY) outgoing->parts[at].number = 0;
    if (outgoing->parts[at].id == M_DELIVERY) outgoing->parts[at].number = 1;
  }
}

static Hr sendMessage(Handle handle, Props *props, void *transaction) {
  OpenQueue *open = findHandle(Kind_Queue, handle);
  if (open == NULL) return E_INVALID_HANDLE;
  if (open->access != Access_Send) return E_ACCESS_DENIED;
  Outgoing outgoing;
  Enlistment enlistment;
  int isSigned = 0;
  Hr failure = acceptAllSent(props, &outgoing);
  if (failure == MQ_OK) failure = checkTogether(props, &outgoing);
  if (failure == MQ_OK) failure = readTransaction(transaction, &enlistment);
  if (failure == MQ_OK) failure = addSecurity(&outgoing, &isSigned);
  if (failure == MQ_OK && sizeOfParts(&outgoing) > MAX_MESSAGE_BYTES) failure = E_INSUFFICIENT_RESOURCES;
  for (int at = 0; at < open->targetCount && failure == MQ_OK; at++) {
    if (open->targets[at]->deleted) failure = E_QUEUE_DELETED;
  }
  if (failure != MQ_OK) return failure;
  if (enlistment.single || enlistment.transaction != NULL) forceTransactional(&outgoing);
  uint8_t id[20];
  sendToAll(open, &outgoing, &enlistment, isSigned, id);
  giveMessageId(props, id);
  return outgoing.result;
}

EXPORT Hr MQSendMessage(Handle handle, Props *props, void *transaction) {
  ENTER(MQSendMessage);
  return leave(sendMessage(handle, props, transaction));
}

/* ================================================================ receiving: the caller's buffers */

#define NOWHERE 0xFFu

static void indexProps(const Props *props, uint8_t *places) {
  memset(places, NOWHERE, MESSAGE_ID_END);
  for (uint32_t at = props->count; at > 0; at--) {
    if (props->ids[at - 1] < MESSAGE_ID_END) places[props->ids[at - 1]] = (uint8_t)(at - 1);
  }
}

static int isBuffer(const MessageProperty *row) {
  return row->receive == Receive_Out && row->fixedSize == 0 && (row->vt == Vt_Bytes || row->vt == Vt_LPWSTR);
}

/* The place a receive asks a value to be put must be there before anything waits for it. */
static Hr checkAsked(const Props *props, uint32_t at, const uint8_t *places) {
  const MessageProperty *row = messageRow(props->ids[at]);
  const Variant *value = &props->values[at];
  if (row == NULL) return I_UNSUPPORTED_PROPERTY;
  int plain = sizeOfType(row->vt) != 0;
  int isInput = row->receive == Receive_Length && messageRow(row->companion)->vt == Vt_LPWSTR;
  int mayBeNull = plain && !(isInput && places[row->companion] != NOWHERE);
  if (value->vt != row->vt && !(mayBeNull && value->vt == Vt_Null)) return wrongType(row->name, value->vt, row->vt);
  if (isDuplicate(props, at)) return I_DUPLICATE_PROPERTY;
  if (row->receive == Receive_WriteOnly) return I_PROPERTY_IGNORED;
  if (plain) return MQ_OK;
  uint32_t capacity = 1;
  if (row->vt == Vt_Bytes) capacity = value->value.vector.count;
  if (row->fixedSize != 0 && capacity != row->fixedSize) return E_ILLEGAL_PROPERTY_SIZE;
  if (row->vt == Vt_LPWSTR) {
    if (places[row->companion] == NOWHERE) return E_INSUFFICIENT_PROPERTIES;
    capacity = props->values[places[row->companion]].value.ulVal;
  }
  const void *target = row->vt == Vt_Bytes ? value->value.vector.items : (const void *)value->value.puuid;
  if (capacity > 0 && target == NULL) {
    violation("%s has a NULL buffer of %u elements", row->name, capacity);
    return E_ILLEGAL_PROPERTY_VALUE;
  }
  return MQ_OK;
}

static Hr checkAllAsked(const Props *props, Hr *warning) {
  *warning = MQ_OK;
  if (props == NULL || props->count == 0) return MQ_OK;
  Hr worst = checkProps(props, E_INVALID_PARAMETER);
  if (worst != MQ_OK) return worst;
  uint8_t places[MESSAGE_ID_END];
  indexProps(props, places);
  for (uint32_t at = 0; at < props->count; at++) {
    Hr status = checkAsked(props, at, places);
    setStatus(props, at, status);
    worst = worse(worst, status);
  }
  if (worst == E_INSUFFICIENT_PROPERTIES) return worst;
  if ((worst & 0x80000000u) != 0) return E_PROPERTY;
  if (worst != MQ_OK) *warning = I_PROPERTY;
  return MQ_OK;
}

/* Elements that a value takes: characters with the terminator, or bytes. Nothing takes nothing. */
static uint32_t elementsOf(const MessageProperty *row, const Value *value) {
  if (!value->present) return 0;
  return row->vt == Vt_LPWSTR ? value->length / (uint32_t)sizeof(Char16) + 1 : value->length;
}

static uint32_t capacityOf(const Props *props, uint32_t at, const MessageProperty *row, const uint8_t *places) {
  return row->vt == Vt_Bytes ? props->values[at].value.vector.count
                             : props->values[places[row->companion]].value.ulVal;
}

/* Whether everything fits. Lengths are filled in either way, so one resize is enough (E-17). */
static Hr fitAll(const Props *props, const Message *message, const uint8_t *places) {
  Hr result = MQ_OK;
  for (uint32_t at = 0; at < props->count; at++) {
    const MessageProperty *row = messageRow(props->ids[at]);
    if (row == NULL || places[row->id] != at || !isBuffer(row)) continue;
    Value value = messageValue(message, row->id);
    uint32_t capacity = capacityOf(props, at, row, places);
    if (elementsOf(row, &value) <= capacity) {
      if (row->vt == Vt_LPWSTR && capacity > 0) {
        if (value.length > 0) memcpy(props->values[at].value.pwszVal, value.bytes, value.length);
        props->values[at].value.pwszVal[value.length / sizeof(Char16)] = 0;
      } else if (value.length > 0) {
        memcpy(props->values[at].value.vector.items, value.bytes, value.length);
      }
      continue;
    }
    result = worse(result, row->tooSmall);
    if (row->id != M_BODY || capacity == 0) continue;
    memcpy(props->values[at].value.vector.items, value.bytes, capacity); /* E-13 */
  }
  return result;
}

static void fillPlain(const Props *props, uint32_t at, const MessageProperty *row, const Message *message) {
  Variant *target = &props->values[at];
  if (row->receive == Receive_Length) {
    const MessageProperty *buffer = messageRow(row->companion);
    Value value = messageValue(message, buffer->id);
    writeNumber(target, Vt_UI4, elementsOf(buffer, &value));
    return;
  }
  Value value = messageValue(message, row->id);
  if (row->vt == Vt_Clsid) memcpy(target->value.puuid, value.present ? value.bytes : &noGuid, sizeof(Guid));
  else if (row->fixedSize != 0) memcpy(target->value.vector.items, value.bytes, row->fixedSize);
  else writeNumber(target, row->vt, value.number);
}

/* Writes the message into the caller's buffers; an error says that some were too small. */
static Hr fillProps(const Props *props, const Message *message) {
  if (props == NULL || props->count == 0) return MQ_OK;
  uint8_t places[MESSAGE_ID_END];
  indexProps(props, places);
  Hr result = fitAll(props, message, places);
  for (uint32_t at = 0; at < props->count; at++) {
    const MessageProperty *row = messageRow(props->ids[at]);
    if (row == NULL || places[row->id] != at || isBuffer(row) || row->receive == Receive_WriteOnly) continue;
    fillPlain(props, at, row, message);
  }
  return result;
}

/* ================================================================ receiving: choosing a message */

#define NOTHING_YET 1u

static int isOffered(const Message *message, int peek) {
  return message->state == State_Available || (peek && message->state == State_Receiving && message->allowPeek);
}

/* The first message whose lookup id is not below this one. A walk through the queue does not begin anew with each step. */
static Message *firstFrom(Queue *queue, uint64_t lookupId) {
  Message *message = queue->lastFound;
  if (message == NULL || message->lookupId > lookupId) message = queue->head;
  while (message != NULL && message->lookupId < lookupId) message = message->next;
  if (message != NULL) queue->lastFound = message;
  return message;
}

/* At the end of the queue a cursor also takes what has come in before it (E-30). */
static Message *nextForCursor(Queue *queue, const Cursor *cursor, int peek) {
  Message *message = cursor == NULL || cursor->atEnd ? queue->head : firstFrom(queue, cursor->position);
  for (; message != NULL; message = message->next) {
    if (!isOffered(message, peek)) continue;
    if (cursor == NULL || message->lookupId > cursor->position) return message;
    if (cursor->atEnd && message->visible > cursor->endStamp) return message;
  }
  return NULL;
}

static Message *messageWithId(Queue *queue, uint64_t lookupId) {
  Message *message = firstFrom(queue, lookupId);
  return message != NULL && message->lookupId == lookupId ? message : NULL;
}

/* Fills the buffers, and on success takes the message away or locks it. */
static Hr handOver(Message *message, Props *props, int take, Transaction *transaction, Hr warning) {
  Hr result = fillProps(props, message);
  if (result != MQ_OK) return result;
  if (take && transaction != NULL) {
    message->state = State_Receiving;
    enlist(transaction, Operation_Receive, message, NULL);
  } else if (take) {
    finishReceive(message);
  }
  return warning;
}

static void placeCursor(Cursor *cursor, uint64_t position, int reading) {
  cursor->position = position;
  cursor->reading = reading;
  cursor->atEnd = 0;
}

/* One try at a request: NOTHING_YET, or its result. The table of states is that of E.3. */
static Hr attempt(Request *request) {
  Cursor *cursor = request->cursor;
  int action = (int)request->action;
  int peek = action != Action_Receive;
  sweep(request->queue);
  Message *message;
  if (cursor != NULL && cursor->reading && action != Action_PeekNext) {
    message = messageWithId(request->queue, cursor->position);
    if (message == NULL || !isOffered(message, peek)) return E_MESSAGE_ALREADY_RECEIVED;
  } else {
    message = nextForCursor(request->queue, cursor, peek);
  }
  if (message == NULL) return NOTHING_YET;
  uint64_t position = message->lookupId;
  Hr result = handOver(message, request->props, !peek, request->transaction, request->warning);
  int failed = (result & 0x80000000u) != 0;
  if (cursor != NULL && (!failed || action == Action_PeekNext)) placeCursor(cursor, position, peek); /* E-21, E-22 */
  return result;
}

/* ---------------------------------------------------------------- waiting */

/* Requests that have ended and whose callbacks are to be called, the first to end first. */
static Request *toCall, **toCallEnd = &toCall;
static int callerRunning;

/* Callbacks run on one thread of the runtime, one after the other (G-15), and may call the runtime themselves. */
static void callBack(void) {
  lockAll();
  for (;;) {
    while (toCall == NULL) waitForChange(UINT64_MAX);
    Request *request = toCall;
    toCall = request->next;
    if (toCall == NULL) toCallEnd = &toCall;
    unlockAll();
    request->callback(request->result, request->handle, request->timeout, request->action, request->props,
                      request->overlapped, request->cursorHandle);
    free(request);
    lockAll();
  }
}

static int isAsynchronous(const Request *request) { return request->overlapped != NULL || request->callback != NULL; }

/* Tells the end of an asynchronous receive, as a success that came at once is told too (G-03), and frees the request. */
static void tellEnd(Request *request, Hr result) {
  Overlapped *overlapped = request->overlapped;
  const OpenQueue *open = request->open;
  if (overlapped != NULL) {
    overlapped->internal = result;
    signalEvent(overlapped->event);
  }
  if (request->callback == NULL) {
    if (open->port != NULL) postEntry(open->port, (PortEntry){ open->portKey, overlapped, result, 0 });
    free(request);
    return;
  }
  request->result = result;
  request->next = NULL;
  *toCallEnd = request;
  toCallEnd = &request->next;
  if (!callerRunning) {
    callerRunning = 1;
    startThread(callBack);
  }
  broadcastChange();
}

static void complete(Request *request, Hr result) {
  if (request->cursor != NULL) request->cursor->busy--;
  request->result = result;
  request->done = 1;
  if (isAsynchronous(request)) tellEnd(request, result);
  else broadcastChange();
}

static void unlinkRequest(Queue *queue, Request *request) {
  Request **at = &queue->waiting;
  while (*at != request) at = &(*at)->next;
  *at = request->next;
  if (*at == NULL) queue->waitingEnd = at;
}

/* A request that ran out of time leaves its cursor at the end of the queue (E-29). */
static void expire(Request *request) {
  unlinkRequest(request->queue, request);
  if (request->cursor != NULL) request->cursor->reading = 0;
  complete(request, E_IO_TIMEOUT);
}

/* Serves the waiting requests in order; a completion may add messages, so the search starts again. */
static void wakeWaiting(Queue *queue) {
  static Queue *busy = NULL;
  if (queue->waiting == NULL || busy == queue) return;
  Queue *outer = busy;
  busy = queue;
  for (Request *request = queue->waiting; request != NULL;) {
    Request *next = request->next;
    Hr result = attempt(request);
    if (result != NOTHING_YET) {
      unlinkRequest(queue, request);
      complete(request, result);
      next = queue->waiting;
    }
    request = next;
  }
  busy = outer;
}

static void cancelRequests(Queue *queue, const OpenQueue *open, Hr result) {
  for (Request *request = queue->waiting, *next; request != NULL; request = next) {
    next = request->next;
    if (open != NULL && request->open != open) continue;
    unlinkRequest(queue, request);
    complete(request, result);
  }
}

static uint64_t earliestDeadline(void) {
  uint64_t earliest = UINT64_MAX;
  for (Queue *queue = queues; queue != NULL; queue = queue->next) {
    for (Request *request = queue->waiting; request != NULL; request = request->next) {
      if (isAsynchronous(request) && request->deadline < earliest) earliest = request->deadline;
    }
  }
  return earliest;
}

static void expireAsynchronous(void) {
  uint64_t now = nowMs();
  for (Queue *queue = queues; queue != NULL; queue = queue->next) {
    for (Request *request = queue->waiting, *next; request != NULL; request = next) {
      next = request->next;
      if (isAsynchronous(request) && request->deadline <= now) expire(request);
    }
  }
}

/* Asynchronous requests have no thread of their own to time them. */
static void timer(void) {
  lockAll();
  for (;;) {
    expireAsynchronous();
    waitForChange(earliestDeadline());
  }
}

static void startWaiting(Request *request) {
  Cursor *cursor = request->cursor;
  if (cursor != NULL) {
    if (cursor->busy++ > 0) violation("a cursor is used by two waiting receives at once");
    cursor->atEnd = 1;
    cursor->endStamp = request->queue->visible;
  }
  request->next = NULL;
  *request->queue->waitingEnd = request;
  request->queue->waitingEnd = &request->next;
}

/* Waiting requests live on their own: other threads complete them. */
static Request *keepRequest(const Request *request) {
  return memcpy(need(malloc(sizeof *request)), request, sizeof *request);
}

static Hr waitHere(const Request *request) {
  Request *kept = keepRequest(request);
  startWaiting(kept);
  while (!kept->done) {
    if (kept->deadline <= nowMs()) expire(kept);
    else waitForChange(kept->deadline);
  }
  Hr result = kept->result;
  free(kept);
  return result;
}

/* The runtime waits for no more receives with callbacks at a time (G-14). */
#define MOST_CALLBACKS 63

static int hasRoomForCallback(void) {
  int count = 0;
  for (Queue *queue = queues; queue != NULL; queue = queue->next) {
    for (const Request *request = queue->waiting; request != NULL; request = request->next) {
      count += request->callback != NULL;
    }
  }
  return count < MOST_CALLBACKS;
}

static Hr waitElsewhere(const Request *request) {
  if (request->callback != NULL && !hasRoomForCallback()) return E_INSUFFICIENT_RESOURCES;
  Request *kept = keepRequest(request);
  if (kept->overlapped != NULL) {
    kept->overlapped->internal = 0x103; /* STATUS_PENDING */
    clearEvent(kept->overlapped->event);
  }
  startWaiting(kept);
  if (kept->deadline == UINT64_MAX) return I_OPERATION_PENDING;
  if (!timerRunning) {
    timerRunning = 1;
    startThread(timer);
  }
  broadcastChange();
  return I_OPERATION_PENDING;
}

/* ---------------------------------------------------------------- the calls */

/* Peeking takes no transaction, asynchronous receives neither, and the queue must be transactional (F-15 to F-17). */
static Hr checkEnlistment(const Queue *queue, const Enlistment *enlistment, int peek, int asynchronous) {
  if (enlistment->transaction == NULL && !enlistment->single) return MQ_OK;
  if (peek) return E_TRANSACTION_USAGE;
  if (asynchronous) return E_INVALID_PARAMETER;
  return queue->transactional ? MQ_OK : E_TRANSACTION_USAGE;
}

static Hr checkReading(const OpenQueue *open, int peek) {
  if (open->targets[0]->deleted) return E_QUEUE_DELETED;
  if ((open->access & (peek ? Access_Receive | Access_Peek : Access_Receive)) == 0) return E_ACCESS_DENIED;
  return MQ_OK;
}

static Hr findCursor(Handle handle, const OpenQueue *open, Cursor **cursor) {
  *cursor = NULL;
  if (handle == 0) return MQ_OK;
  *cursor = findHandle(Kind_Cursor, handle);
  return *cursor == NULL || (*cursor)->open != open ? E_INVALID_HANDLE : MQ_OK;
}

static Hr receiveMessage(Request request, void *transaction) {
  int peek = (int)request.action != Action_Receive;
  int isNext = (int)request.action == Action_PeekNext;
  if (peek && !isNext && (int)request.action != Action_PeekCurrent) return E_INVALID_PARAMETER;
  request.open = findHandle(Kind_Queue, request.handle);
  if (request.open == NULL) return E_INVALID_HANDLE;
  request.queue = request.open->targets[0];
  Enlistment enlistment = { NULL, 0 };
  Hr failure = checkReading(request.open, peek);
  if (failure == MQ_OK) failure = findCursor(request.cursorHandle, request.open, &request.cursor);
  if (failure == MQ_OK && isNext && request.cursor == NULL) failure = E_INVALID_PARAMETER;
  if (failure == MQ_OK) failure = readTransaction(transaction, &enlistment);
  if (failure == MQ_OK) failure = checkEnlistment(request.queue, &enlistment, peek, isAsynchronous(&request));
  if (failure == MQ_OK) failure = checkAllAsked(request.props, &request.warning);
  if (failure != MQ_OK) return failure;
  if (isNext && !request.cursor->reading) return E_ILLEGAL_CURSOR_ACTION;
  request.transaction = enlistment.transaction;
  Hr result = attempt(&request);
  if (result == NOTHING_YET) {
    request.deadline = request.timeout == INFINITE_MS ? UINT64_MAX : nowMs() + request.timeout;
    return isAsynchronous(&request) ? waitElsewhere(&request) : waitHere(&request);
  }
  if (isAsynchronous(&request) && (result & 0x80000000u) == 0) tellEnd(keepRequest(&request), result);
  return result;
}

EXPORT Hr MQReceiveMessage(Handle handle, uint32_t timeout, uint32_t action, Props *props, Overlapped *overlapped,
                           ReceiveCallback callback, Handle cursor, void *transaction) {
  ENTER(MQReceiveMessage);
  Request request = { .handle = handle,         .timeout = timeout,   .action = action,      .props = props,
                      .overlapped = overlapped, .callback = callback, .cursorHandle = cursor };
  return leave(receiveMessage(request, transaction));
}

enum LookupPlace { Place_Current, Place_Next, Place_Previous, Place_First, Place_Last };

typedef struct {
  uint32_t action;
  uint8_t place, peek, allowPeek;
} Lookup;

static const Lookup lookups[] = {
  { 0x40000010, Place_Current, 1, 0 },  { 0x40000011, Place_Next, 1, 0 },    { 0x40000012, Place_Previous, 1, 0 },
  { 0x40000014, Place_First, 1, 0 },    { 0x40000018, Place_Last, 1, 0 },    { 0x40000020, Place_Current, 0, 0 },
  { 0x40000021, Place_Next, 0, 0 },     { 0x40000022, Place_Previous, 0, 0 }, { 0x40000024, Place_First, 0, 0 },
  { 0x40000028, Place_Last, 0, 0 },     { 0x40000120, Place_Current, 0, 1 }
};

static const Lookup *lookupOf(uint32_t action) {
  for (size_t at = 0; at < sizeof lookups / sizeof *lookups; at++) {
    if (lookups[at].action == action) return &lookups[at];
  }
  return NULL;
}

/* The message a lookup means; steps skip what is locked, a current one tells so (E-38 to E-44). */
static Hr lookUp(Queue *queue, const Lookup *lookup, uint64_t lookupId, Message **found) {
  int fromAnchor = lookup->place <= Place_Previous;
  if (!fromAnchor && lookupId != 0) return E_INVALID_PARAMETER;
  Message *message = lookup->place == Place_First ? queue->head : queue->tail;
  if (fromAnchor) message = messageWithId(queue, lookupId);
  if (message == NULL) return E_MESSAGE_NOT_FOUND;
  if (lookup->place == Place_Current) {
    if (message->state == State_Sending) return E_MESSAGE_NOT_FOUND;
    *found = message;
    return isOffered(message, lookup->peek) ? MQ_OK : E_MESSAGE_LOCKED_UNDER_TRANSACTION;
  }
  int backwards = lookup->place == Place_Previous || lookup->place == Place_Last;
  if (fromAnchor) message = backwards ? message->previous : message->next;
  while (message != NULL && !isOffered(message, lookup->peek)) message = backwards ? message->previous : message->next;
  *found = message;
  return message == NULL ? E_MESSAGE_NOT_FOUND : MQ_OK;
}

static Hr receiveByLookupId(Request request, uint64_t lookupId, void *transaction) {
  const Lookup *lookup = lookupOf(request.action);
  if (lookup == NULL) return E_INVALID_PARAMETER;
  request.open = findHandle(Kind_Queue, request.handle);
  if (request.open == NULL) return E_INVALID_HANDLE;
  Queue *queue = request.open->targets[0];
  Enlistment enlistment = { NULL, 0 };
  Message *message = NULL;
  Hr failure = checkReading(request.open, lookup->peek);
  if (failure == MQ_OK) failure = readTransaction(transaction, &enlistment);
  if (failure == MQ_OK) failure = checkEnlistment(queue, &enlistment, lookup->peek, isAsynchronous(&request));
  if (failure == MQ_OK && lookup->allowPeek && enlistment.transaction == NULL) failure = E_TRANSACTION_USAGE;
  if (failure == MQ_OK) failure = checkAllAsked(request.props, &request.warning);
  if (failure != MQ_OK) return failure;
  sweep(queue);
  failure = lookUp(queue, lookup, lookupId, &message);
  if (failure != MQ_OK) return failure;
  if (!lookup->peek) message->allowPeek = lookup->allowPeek;
  Hr result = handOver(message, request.props, !lookup->peek, enlistment.transaction, request.warning);
  /* Nothing waits, so it ends at once (E-48). */
  if (isAsynchronous(&request) && (result & 0x80000000u) == 0) tellEnd(keepRequest(&request), result);
  return result;
}

EXPORT Hr MQReceiveMessageByLookupId(Handle handle, uint64_t lookupId, uint32_t action, Props *props,
                                     Overlapped *overlapped, ReceiveCallback callback, void *transaction) {
  ENTER(MQReceiveMessageByLookupId);
  Request request = { .handle = handle, .action = action, .props = props, .overlapped = overlapped, .callback = callback };
  return leave(receiveByLookupId(request, lookupId, transaction));
}

/* The SDK reads the structure itself; programs such as System.Messaging ask (G-05). */
EXPORT Hr MQGetOverlappedResult(Overlapped *overlapped) {
  ENTER(MQGetOverlappedResult);
  if (overlapped == NULL) {
    violation("lpOverlapped is NULL");
    return leave(E_INVALID_PARAMETER);
  }
  if (overlapped->internal == 0x103) violation("the operation has not completed yet"); /* G-06 */
  return leave((Hr)overlapped->internal);
}

/* A queue and its own subqueues are one family; moves stay inside it (E-59). */
static int sameFamily(const Queue *left, const Queue *right) {
  const Queue *leftBase = left->kind == Queue_Sub ? left->parent : left;
  const Queue *rightBase = right->kind == Queue_Sub ? right->parent : right;
  return left != right && leftBase == rightBase;
}

static Hr moveMessage(Handle from, Handle to, uint64_t lookupId, void *transaction) {
  OpenQueue *source = findHandle(Kind_Queue, from);
  OpenQueue *destination = findHandle(Kind_Queue, to);
  if (source == NULL || destination == NULL || destination->access != Access_Move) return E_INVALID_HANDLE;
  if (!openedForReceive(source)) return E_ACCESS_DENIED;
  Queue *queue = source->targets[0];
  if (queue->deleted || destination->targets[0]->deleted) return E_QUEUE_DELETED;
  if (!sameFamily(queue, destination->targets[0])) return NT_INVALID_PARAMETER;
  Enlistment enlistment;
  Hr failure = readTransaction(transaction, &enlistment);
  if (failure == MQ_OK) failure = checkEnlistment(destination->targets[0], &enlistment, 0, 0);
  if (failure != MQ_OK) return failure;
  sweep(queue);
  Message *message = messageWithId(queue, lookupId);
  if (message == NULL || message->state == State_Sending) return E_MESSAGE_NOT_FOUND;
  if (message->state != State_Available) return E_MESSAGE_LOCKED_UNDER_TRANSACTION;
  if (enlistment.transaction != NULL) {
    message->state = State_Receiving;
    enlist(enlistment.transaction, Operation_Move, message, destination->targets[0]);
    destination->targets[0]->expected++;
    return MQ_OK;
  }
  relocate(message, destination->targets[0]);
  wakeWaiting(destination->targets[0]);
  return MQ_OK;
}

EXPORT Hr MQMoveMessage(Handle from, Handle to, uint64_t lookupId, void *transaction) {
  ENTER(MQMoveMessage);
  return leave(moveMessage(from, to, lookupId, transaction));
}

/* Only while the message is received inside an open transaction (E-69). */
EXPORT Hr MQMarkMessageRejected(Handle handle, uint64_t lookupId) {
  ENTER(MQMarkMessageRejected);
  OpenQueue *open = findHandle(Kind_Queue, handle);
  if (open == NULL) return leave(E_INVALID_HANDLE);
  Message *message = messageWithId(open->targets[0], lookupId);
  if (message == NULL) return leave(E_MESSAGE_NOT_FOUND);
  if (message->state != State_Receiving || !open->targets[0]->transactional) return leave(E_TRANSACTION_USAGE);
  message->rejected = 1;
  return leave(MQ_OK);
}

/* ================================================================ security contexts and certificates */

static Hr getContext(const void *certificate, uint32_t length, Handle *result) {
  if (result == NULL) return E_INVALID_PARAMETER;
  if (certificate == NULL && length != 0) {
    violation("the length of the internal certificate must be 0, not %u", length);
    return E_INVALID_PARAMETER;
  }
  if (certificate != NULL && (length < 2 || *(const uint8_t *)certificate != 0x30)) return E_INVALID_CERTIFICATE;
  Context *context = need(calloc(1, sizeof *context));
  free(lastContext.certificate);
  lastContext = (Context){ NULL, length };
  if (certificate != NULL) {
    context->length = length;
    context->certificate = memcpy(need(malloc(length)), certificate, length);
    lastContext.certificate = memcpy(need(malloc(length)), certificate, length);
  }
  *result = newHandle(Kind_Context, context);
  return MQ_OK;
}

EXPORT Hr MQGetSecurityContext(const void *certificate, uint32_t length, Handle *result) {
  ENTER(MQGetSecurityContext);
  return leave(getContext(certificate, length, result));
}

EXPORT Hr MQGetSecurityContextEx(const void *certificate, uint32_t length, Handle *result) {
  ENTER(MQGetSecurityContextEx);
  return leave(getContext(certificate, length, result));
}

static void freeContext(Context *context) {
  free(context->certificate);
  free(context);
}

/* Returns nothing, so the ledger is the only place where a second free shows (A-29). */
EXPORT void MQFreeSecurityContext(Handle handle) {
  Hr planned;
  enter(F_MQFreeSecurityContext, &planned);
  Context *context = findHandle(Kind_Context, handle);
  if (context != NULL) {
    dropHandle(handle);
    freeContext(context);
  }
  unlockAll();
}

EXPORT void MQFreeMemory(void *memory) {
  Hr planned;
  enter(F_MQFreeMemory, &planned);
  if (!takeMemoryBack(memory)) violation("%p was not allocated here, or was freed before", memory);
  unlockAll();
}

EXPORT Hr MQRegisterCertificate(uint32_t flags, const void *certificate, uint32_t length) {
  ENTER(MQRegisterCertificate);
  if (flags != 1 && flags != 2) return leave(E_INVALID_PARAMETER);
  if (certificate == NULL) {
    if (length != 0) violation("the length of the internal certificate must be 0, not %u", length);
    return leave(flags == 2 ? I_INTERNAL_USER_CERT_EXIST : MQ_OK);
  }
  if (flags == 2) return leave(E_INVALID_PARAMETER);
  return leave(length >= 2 && *(const uint8_t *)certificate == 0x30 ? MQ_OK : E_INVALID_CERTIFICATE);
}

/* ================================================================ answers allocated for the caller */

static void answerText(Variant *target, const Char16 *text) {
  size_t size = (textLength(text) + 1) * sizeof(Char16);
  target->vt = Vt_LPWSTR;
  target->value.pwszVal = memcpy(giveMemory(size), text, size);
}

static void answerAscii(Variant *target, const char *text) {
  Char16 wide[128];
  widen(wide, text);
  answerText(target, wide);
}

/* With VT_CLSID the caller brings the buffer, with VT_NULL the runtime allocates it. */
static void answerGuid(Variant *target, const Guid *guid) {
  Guid *place = target->vt == Vt_Clsid ? target->value.puuid : giveMemory(sizeof *guid);
  target->vt = Vt_Clsid;
  target->value.puuid = memcpy(place, guid, sizeof *guid);
}

static void answerBytes(Variant *target, const void *bytes, uint32_t length) {
  target->vt = Vt_Bytes;
  target->value.vector.count = length;
  target->value.vector.items = memcpy(giveMemory(length), bytes, length);
}

/* A vector of strings: each string and the array are allocations of their own. */
typedef struct {
  Char16 *items[1024];
  uint32_t count;
} TextList;

static void listText(TextList *list, const Char16 *text) {
  size_t size = (textLength(text) + 1) * sizeof(Char16);
  if (list->count < 1024) list->items[list->count++] = memcpy(giveMemory(size), text, size);
}

static void answerList(Variant *target, const TextList *list) {
  target->vt = Vt_Strings;
  target->value.vector.count = list->count;
  target->value.vector.items = giveMemory(list->count * sizeof(Char16 *));
  memcpy(target->value.vector.items, list->items, list->count * sizeof(Char16 *));
}

/* Checks the types of a property read. Strings and vectors are asked for with VT_NULL only. */
static Hr checkGet(const Props *props, PlainTable table, Hr missing, Hr *warning) {
  Hr worst = checkProps(props, missing);
  *warning = MQ_OK;
  if (worst != MQ_OK) return worst;
  for (uint32_t at = 0; at < props->count; at++) {
    const PlainProperty *row = plainRow(table, props->ids[at]);
    uint16_t vt = props->values[at].vt;
    Hr status = MQ_OK;
    if (row == NULL) status = I_UNSUPPORTED_PROPERTY;
    else if (isDuplicate(props, at)) status = I_DUPLICATE_PROPERTY;
    else if (vt != Vt_Null && (vt != row->vt || (sizeOfType(vt) == 0 && vt != Vt_Clsid))) {
      status = wrongType(row->name, vt, Vt_Null);
    } else if (vt == Vt_Clsid && props->values[at].value.puuid == NULL) {
      violation("%s has a NULL GUID buffer", row->name);
      status = E_ILLEGAL_PROPERTY_VALUE;
    }
    setStatus(props, at, status);
    worst = worse(worst, status);
  }
  if ((worst & 0x80000000u) != 0) return worst;
  *warning = worst == MQ_OK ? MQ_OK : I_PROPERTY;
  return MQ_OK;
}

static int isAnswered(const Props *props, uint32_t at, PlainTable table) {
  return plainRow(table, props->ids[at]) != NULL && !isDuplicate(props, at);
}

/* ================================================================ queue properties */

/* "address:port" with an address of class D. */
static int isMulticastAddress(const Char16 *text) {
  uint32_t first = 0;
  const Char16 *at = text;
  for (; *at >= '0' && *at <= '9' && first < 1000; at++) first = first * 10u + (uint32_t)(*at - '0');
  const Char16 *colon = findCharacter(at, ':');
  return *at == '.' && first >= 224 && first <= 239 && colon != NULL && colon[1] != 0;
}

static Hr checkQueueValue(const PlainProperty *row, const Variant *value) {
  if (row->vt == Vt_LPWSTR) {
    if (value->value.pwszVal == NULL) {
      violation("%s is a NULL string", row->name);
      return E_ILLEGAL_PROPERTY_VALUE;
    }
    uint32_t length = checkedLength(value->value.pwszVal, TEXT_LIMIT, row->name);
    if (length == UINT32_MAX || (row->id == Q_LABEL && length > 124)) return E_ILLEGAL_PROPERTY_VALUE;
    if (row->id == Q_MULTICAST_ADDRESS && !isMulticastAddress(value->value.pwszVal)) return E_ILLEGAL_PROPERTY_VALUE;
    return MQ_OK;
  }
  if (row->vt == Vt_Clsid) {
    if (value->value.puuid != NULL) return MQ_OK;
    violation("%s is a NULL GUID", row->name);
    return E_ILLEGAL_PROPERTY_VALUE;
  }
  uint64_t number = readNumber(value, row->vt);
  int flag = row->id == Q_JOURNAL || row->id == Q_AUTHENTICATE || row->id == Q_TRANSACTION;
  if ((flag && number > 1) || (row->id == Q_PRIV_LEVEL && number > 2)) return E_ILLEGAL_PROPERTY_VALUE;
  return MQ_OK;
}

static Hr checkQueueProperty(const Props *props, uint32_t at, uint8_t mode) {
  const PlainProperty *row = plainRow(TABLE(queueProperties), props->ids[at]);
  const Variant *value = &props->values[at];
  if (row == NULL) return I_UNSUPPORTED_PROPERTY;
  if (isDuplicate(props, at)) return I_DUPLICATE_PROPERTY;
  if ((row->modes & mode) == 0) return E_PROPERTY_NOTALLOWED;
  if (row->id == Q_MULTICAST_ADDRESS && value->vt == Vt_Empty && mode == Q_Set) return MQ_OK;
  if (value->vt != row->vt) return wrongType(row->name, value->vt, row->vt);
  return checkQueueValue(row, value);
}

static Hr checkQueueProps(const Props *props, uint8_t mode, Hr *warning) {
  Hr worst = checkProps(props, E_ILLEGAL_MQQUEUEPROPS);
  *warning = MQ_OK;
  if (worst != MQ_OK) return worst;
  for (uint32_t at = 0; at < props->count; at++) {
    Hr status = checkQueueProperty(props, at, mode);
    setStatus(props, at, status);
    worst = worse(worst, status);
  }
  if ((worst & 0x80000000u) != 0) return E_PROPERTY;
  *warning = worst == MQ_OK ? MQ_OK : I_PROPERTY;
  return MQ_OK;
}

static void replaceText(Char16 **place, const Variant *value) {
  free(*place);
  *place = value->vt == Vt_LPWSTR ? copyText(value->value.pwszVal) : NULL;
}

static void assignQueueProperty(Queue *queue, uint32_t id, const Variant *value) {
  switch (id) {
    case Q_TYPE: queue->type = *value->value.puuid; break;
    case Q_JOURNAL: queue->journaling = value->value.bVal; break;
    case Q_QUOTA: queue->quota = value->value.ulVal; break;
    case Q_BASEPRIORITY: queue->basePriority = value->value.iVal; break;
    case Q_JOURNAL_QUOTA: queue->journalQuota = value->value.ulVal; break;
    case Q_LABEL: replaceText(&queue->label, value); break;
    case Q_AUTHENTICATE: queue->authenticate = value->value.bVal; break;
    case Q_PRIV_LEVEL: queue->privacy = value->value.ulVal; break;
    case Q_TRANSACTION: queue->transactional = value->value.bVal; break;
    case Q_MULTICAST_ADDRESS: replaceText(&queue->multicast, value); break;
    default: break;
  }
}

static void assignAll(Queue *queue, const Props *props) {
  for (uint32_t at = 0; at < props->count; at++) {
    if (isAnswered(props, at, TABLE(queueProperties))) assignQueueProperty(queue, props->ids[at], &props->values[at]);
  }
}

static const Variant *propNamed(const Props *props, uint32_t id) {
  for (uint32_t at = 0; at < props->count; at++) {
    if (props->ids[at] == id) return &props->values[at];
  }
  return NULL;
}

/* The parts in the order of a descriptor: owner, group, system list, list of access rights. */
static const struct {
  uint32_t information; /* bit of SECURITY_INFORMATION */
  uint16_t present;     /* bit of the control that says that a list is there, even one that grants everything */
  uint16_t control;     /* all bits of the control that speak of the part */
} securityParts[SECURITY_PARTS] = {
  { 1, 0, 0x0001 }, { 2, 0, 0x0002 }, { 8, 0x0010, 0x2A30 }, { 4, 0x0004, 0x150C }
};

#define SELF_RELATIVE 0x8000u
#define DESCRIPTOR_SIZE 20u

/* A part of a descriptor that is self-relative, with offsets, or absolute, with pointers as those that .NET makes. */
static const uint8_t *descriptorPart(const uint8_t *descriptor, uint16_t control, int part) {
  if (securityParts[part].present != 0 && (control & securityParts[part].present) == 0) return NULL;
  if ((control & SELF_RELATIVE) == 0) {
    const uint8_t *pointer;
    memcpy(&pointer, descriptor + 8 + 8 * part, sizeof pointer);
    return pointer;
  }
  uint32_t offset;
  memcpy(&offset, descriptor + 4 + 4 * part, sizeof offset);
  return offset == 0 ? NULL : descriptor + offset;
}

/* The length of a SID or a list, or 0 where it is neither. */
static uint32_t securityLength(const uint8_t *bytes, int part) {
  if (securityParts[part].present == 0) return bytes[0] == 1 && bytes[1] <= 15 ? 8u + 4u * bytes[1] : 0;
  uint32_t length = (uint32_t)bytes[2] + bytes[3] * 256u;
  return bytes[0] >= 2 && bytes[0] <= 4 && length >= 8 ? length : 0;
}

static void setSecurityPart(SecurityPart *part, const uint8_t *bytes, uint32_t length, uint32_t control) {
  free(part->bytes);
  *part = (SecurityPart){ bytes == NULL ? NULL : memcpy(need(malloc(length)), bytes, length), length, (uint16_t)control };
}

/* Sets the parts that are asked for and leaves the others. */
static Hr setSecurity(Queue *queue, uint32_t information, const uint8_t *descriptor) {
  uint16_t control;
  const uint8_t *found[SECURITY_PARTS];
  uint32_t lengths[SECURITY_PARTS] = { 0 };
  if (descriptor[0] != 1) {
    violation("the security descriptor has revision %u, not 1", descriptor[0]);
    return E_ILLEGAL_SECURITY_DESCRIPTOR;
  }
  memcpy(&control, descriptor + 2, sizeof control);
  for (int part = 0; part < SECURITY_PARTS; part++) {
    found[part] = descriptorPart(descriptor, control, part);
    if (found[part] == NULL || (lengths[part] = securityLength(found[part], part)) != 0) continue;
    violation("part %d of the security descriptor is no %s", part, securityParts[part].present == 0 ? "SID" : "list");
    return E_ILLEGAL_SECURITY_DESCRIPTOR;
  }
  for (int part = 0; part < SECURITY_PARTS; part++) {
    if ((information & securityParts[part].information) == 0) continue;
    setSecurityPart(&queue->security[part], found[part], lengths[part], control & securityParts[part].control);
  }
  return MQ_OK;
}

/* A queue belongs to its creator, unless a descriptor says otherwise. */
static Hr setFirstSecurity(Queue *queue, const uint8_t *descriptor) {
  Hr result = descriptor == NULL ? MQ_OK : setSecurity(queue, 0xFu, descriptor);
  if (queue->security[0].bytes == NULL) setSecurityPart(&queue->security[0], userSid, sizeof userSid, 0);
  return result;
}

/* Gives parts the values that they have in a new queue. */
static Hr resetSecurity(Queue *queue, uint32_t information) {
  for (int part = 0; part < SECURITY_PARTS; part++) {
    if ((information & securityParts[part].information) != 0) setSecurityPart(&queue->security[part], NULL, 0, 0);
  }
  return setFirstSecurity(queue, NULL);
}

/* The bytes of the parts that are asked for; `to`: NULL where only their length is wanted. */
static uint32_t writeSecurity(const Queue *queue, uint32_t information, uint8_t *to) {
  uint32_t length = DESCRIPTOR_SIZE;
  uint16_t control = SELF_RELATIVE;
  if (to != NULL) memset(to, 0, DESCRIPTOR_SIZE);
  for (int at = 0; at < SECURITY_PARTS; at++) {
    const SecurityPart *part = &queue->security[at];
    if ((information & securityParts[at].information) == 0) continue;
    control |= part->control;
    if (to != NULL && part->bytes != NULL) {
      memcpy(to + 4 + 4 * at, &length, sizeof length);
      memcpy(to + length, part->bytes, part->length);
    }
    length += part->bytes == NULL ? 0 : part->length;
  }
  if (to != NULL) {
    to[0] = 1;
    memcpy(to + 2, &control, sizeof control);
  }
  return length;
}

static Hr createQueue(const uint8_t *security, const Props *props, Queue **created) {
  Hr warning;
  Hr failure = checkQueueProps(props, Q_Create, &warning);
  if (failure != MQ_OK) return failure;
  const Variant *path = propNamed(props, Q_PATHNAME);
  if (path == NULL) return E_INSUFFICIENT_PROPERTIES;
  Char16 name[NAME_SIZE], suffix[64];
  int local = 0;
  failure = parsePath(path->value.pwszVal, name, suffix, &local);
  if (failure != MQ_OK || suffix[0] != 0) return E_ILLEGAL_QUEUE_PATHNAME;
  int isPrivate = afterPrefix(name, "private$\\") != NULL;
  if (!local) return E_UNSUPPORTED_OPERATION;
  if (!isPrivate && !directoryEnabled) return E_UNSUPPORTED_OPERATION;
  if (findNamed(name, NULL) != NULL) return E_QUEUE_EXISTS;
  const Variant *transactional = propNamed(props, Q_TRANSACTION);
  if (transactional != NULL && transactional->value.bVal != 0 && propNamed(props, Q_MULTICAST_ADDRESS) != NULL) {
    return E_PROPERTIES_CONFLICT;
  }
  Queue *queue = newQueue(isPrivate ? Queue_Private : Queue_Public, name, NULL);
  failure = setFirstSecurity(queue, security);
  if (failure != MQ_OK) {
    queue->deleted = 1;
    return failure;
  }
  assignAll(queue, props);
  *created = queue;
  return warning;
}

EXPORT Hr MQCreateQueue(const uint8_t *security, Props *props, Char16 *formatName, uint32_t *length) {
  ENTER(MQCreateQueue);
  if (length == NULL) {
    violation("lpdwFormatNameLength is NULL");
    return leave(E_INVALID_PARAMETER);
  }
  Queue *queue = NULL;
  Hr result = createQueue(security, props, &queue);
  if (queue == NULL) return leave(result);
  Char16 name[NAME_SIZE];
  formatNameOf(queue, name);
  return leave(worse(result, giveName(name, formatName, length, I_FORMATNAME_BUFFER_TOO_SMALL)));
}

EXPORT Hr MQSetQueueProperties(const Char16 *formatName, Props *props) {
  ENTER(MQSetQueueProperties);
  Queue *queue = NULL;
  Hr warning = MQ_OK;
  Hr result = namedQueue(formatName, 1, &queue);
  if (result == MQ_OK) result = checkQueueProps(props, Q_Set, &warning);
  if (result == MQ_OK && queue->transactional) {
    const Variant *address = propNamed(props, Q_MULTICAST_ADDRESS);
    if (address != NULL && address->vt == Vt_LPWSTR) result = E_PROPERTIES_CONFLICT;
  }
  if (result != MQ_OK) return leave(result);
  assignAll(queue, props);
  queue->modified = (int32_t)time(NULL);
  return leave(warning);
}

/* The status of what a queue does not have: public queues only, or no address. */
static Hr answerQueue(const Queue *queue, uint32_t id, Variant *target) {
  Char16 text[NAME_SIZE];
  switch (id) {
    case Q_INSTANCE:
      if (queue->kind != Queue_Public) return I_PROPERTY_IGNORED;
      answerGuid(target, &queue->instance);
      break;
    case Q_TYPE: answerGuid(target, &queue->type); break;
    case Q_PATHNAME: case Q_PATHNAME_DNS:
      pathNameOf(queue, text);
      answerText(target, text);
      break;
    case Q_JOURNAL: writeNumber(target, Vt_UI1, queue->journaling); break;
    case Q_QUOTA: writeNumber(target, Vt_UI4, queue->quota); break;
    case Q_BASEPRIORITY: writeNumber(target, Vt_I2, (uint16_t)queue->basePriority); break;
    case Q_JOURNAL_QUOTA: writeNumber(target, Vt_UI4, queue->journalQuota); break;
    case Q_LABEL: answerText(target, queue->label); break;
    case Q_CREATE_TIME: writeNumber(target, Vt_I4, (uint32_t)queue->created); break;
    case Q_MODIFY_TIME: writeNumber(target, Vt_I4, (uint32_t)queue->modified); break;
    case Q_AUTHENTICATE: writeNumber(target, Vt_UI1, queue->authenticate); break;
    case Q_PRIV_LEVEL: writeNumber(target, Vt_UI4, queue->privacy); break;
    case Q_TRANSACTION: writeNumber(target, Vt_UI1, queue->transactional); break;
    case Q_MULTICAST_ADDRESS:
      if (queue->multicast != NULL) answerText(target, queue->multicast);
      else target->vt = Vt_Empty;
      break;
    default:
      if (queue->kind != Queue_Public) return I_PROPERTY_IGNORED;
      answerAscii(target, "LDAP://CN=queue");
      break;
  }
  return MQ_OK;
}

EXPORT Hr MQGetQueueProperties(const Char16 *formatName, Props *props) {
  ENTER(MQGetQueueProperties);
  Queue *queue = NULL;
  Hr warning = MQ_OK;
  Hr result = namedQueue(formatName, 1, &queue);
  if (result == MQ_OK) result = checkGet(props, TABLE(queueProperties), E_ILLEGAL_MQQUEUEPROPS, &warning);
  if (result != MQ_OK) return leave(result);
  for (uint32_t at = 0; at < props->count; at++) {
    if (!isAnswered(props, at, TABLE(queueProperties))) continue;
    Hr status = answerQueue(queue, props->ids[at], &props->values[at]);
    setStatus(props, at, status);
    if (status != MQ_OK) warning = I_PROPERTY;
  }
  return leave(warning);
}

EXPORT Hr MQGetQueueSecurity(const Char16 *formatName, uint32_t requested, uint8_t *buffer, uint32_t size,
                             uint32_t *needed) {
  ENTER(MQGetQueueSecurity);
  Queue *queue = NULL;
  Hr result = namedQueue(formatName, 1, &queue);
  if (needed == NULL) violation("lpnLengthNeeded is NULL");
  if (result != MQ_OK || needed == NULL) return leave(result != MQ_OK ? result : E_INVALID_PARAMETER);
  if (requested == 0) return leave(E_INVALID_PARAMETER);
  *needed = writeSecurity(queue, requested, NULL);
  if (size < *needed) return leave(E_SECURITY_DESCRIPTOR_TOO_SMALL);
  if (buffer == NULL) {
    violation("pSecurityDescriptor is NULL with a length of %u", size);
    return leave(E_INVALID_PARAMETER);
  }
  writeSecurity(queue, requested, buffer);
  return leave(MQ_OK);
}

EXPORT Hr MQSetQueueSecurity(const Char16 *formatName, uint32_t parts, const uint8_t *descriptor) {
  ENTER(MQSetQueueSecurity);
  Queue *queue = NULL;
  Hr result = namedQueue(formatName, 1, &queue);
  if (result == MQ_OK && parts == 0) result = E_INVALID_PARAMETER;
  if (result != MQ_OK) return leave(result);
  return leave(descriptor == NULL ? resetSecurity(queue, parts) : setSecurity(queue, parts, descriptor));
}

/* ================================================================ names */

static int checkNameBuffer(const Char16 *buffer, const uint32_t *length) {
  if (length == NULL) violation("lpdwFormatNameLength is NULL");
  else if (buffer == NULL && *length > 0) violation("lpwcsFormatName is NULL with a length of %u", *length);
  return length != NULL && (buffer != NULL || *length == 0);
}

static Hr formatNameOfPath(const Char16 *path, Char16 *result) {
  Char16 name[NAME_SIZE], suffix[64];
  int local = 0;
  Hr failure = parsePath(path, name, suffix, &local);
  if (failure != MQ_OK) return failure;
  if (!local && afterPrefix(name, "private$\\") != NULL) return E_QUEUE_NOT_FOUND;
  if (afterPrefix(name, "private$\\") == NULL && !directoryEnabled) return E_UNSUPPORTED_OPERATION;
  Queue *queue = findNamed(name, NULL);
  if (queue == NULL) return E_QUEUE_NOT_FOUND;
  formatNameOf(queue, result);
  if (suffix[0] == 0) return MQ_OK;
  result += textLength(result);
  *result++ = ';';
  memcpy(result, suffix, (textLength(suffix) + 1) * sizeof(Char16));
  return MQ_OK;
}

EXPORT Hr MQPathNameToFormatName(const Char16 *path, Char16 *buffer, uint32_t *length) {
  ENTER(MQPathNameToFormatName);
  if (!checkText(path, "the path name") || !checkNameBuffer(buffer, length)) return leave(E_INVALID_PARAMETER);
  Char16 name[NAME_SIZE];
  Hr result = formatNameOfPath(path, name);
  return leave(result != MQ_OK ? result : giveName(name, buffer, length, E_FORMATNAME_BUFFER_TOO_SMALL));
}

/* "LDAP://CN=label" of a public queue; anything else is not in the directory. */
EXPORT Hr MQADsPathToFormatName(const Char16 *path, Char16 *buffer, uint32_t *length) {
  ENTER(MQADsPathToFormatName);
  if (!checkText(path, "the directory path") || !checkNameBuffer(buffer, length)) return leave(E_INVALID_PARAMETER);
  if (!directoryEnabled) return leave(E_NO_DS);
  const Char16 *common = afterPrefix(path, "LDAP://CN=");
  for (Queue *queue = queues; common != NULL && queue != NULL; queue = queue->next) {
    if (queue->deleted || queue->kind != Queue_Public || !sameText(queue->name, common)) continue;
    Char16 name[NAME_SIZE];
    formatNameOf(queue, name);
    return leave(giveName(name, buffer, length, E_FORMATNAME_BUFFER_TOO_SMALL));
  }
  return leave(common == NULL ? E_ILLEGAL_QUEUE_PATHNAME : E_QUEUE_NOT_FOUND);
}

/* ================================================================ locating public queues */

static Hr checkLocateIds(const Restriction *restriction, const ColumnSet *columns, const SortSet *sort) {
  if (columns == NULL || columns->count == 0 || columns->count > MAX_PROPERTIES || columns->ids == NULL) {
    return E_ILLEGAL_MQCOLUMNS;
  }
  for (uint32_t at = 0; at < columns->count; at++) {
    if (columns->ids[at] == Q_PATHNAME_DNS) return E_Q_DNS_PROPERTY_NOT_SUPPORTED;
    if (columns->ids[at] == Q_ADS_PATH) return E_Q_ADS_PROPERTY_NOT_SUPPORTED;
    if (plainRow(TABLE(queueProperties), columns->ids[at]) == NULL) return E_ILLEGAL_PROPID;
  }
  if (sort != NULL && sort->count > 1) return E_MULTI_SORT_KEYS;
  if (sort != NULL && sort->count == 1 && plainRow(TABLE(queueProperties), sort->keys[0].id) == NULL) {
    return E_ILLEGAL_SORT_PROPID;
  }
  for (uint32_t at = 0; restriction != NULL && at < restriction->count; at++) {
    const PropertyRestriction *condition = &restriction->items[at];
    const PlainProperty *row = plainRow(TABLE(queueProperties), condition->id);
    if (row == NULL || row->id == Q_PATHNAME) return E_ILLEGAL_RESTRICTION_PROPID;
    if (condition->relation > 5) return E_ILLEGAL_RELATION;
    if (condition->value.vt != row->vt) {
      wrongType(row->name, condition->value.vt, row->vt);
      return E_ILLEGAL_PROPERTY_VALUE;
    }
  }
  return restriction != NULL && restriction->count > MAX_PROPERTIES ? E_INVALID_PARAMETER : MQ_OK;
}

/* Conditions are copied, because the caller's structures need not outlive the call. */
static PropertyRestriction copyCondition(const PropertyRestriction *condition) {
  PropertyRestriction copy = *condition;
  if (copy.value.vt == Vt_LPWSTR) copy.value.value.pwszVal = copyText(copy.value.value.pwszVal);
  if (copy.value.vt == Vt_Clsid) {
    copy.value.value.puuid = memcpy(need(malloc(sizeof(Guid))), condition->value.value.puuid, sizeof(Guid));
  }
  return copy;
}

EXPORT Hr MQLocateBegin(const Char16 *context, Restriction *restriction, ColumnSet *columns, SortSet *sort,
                        Handle *result) {
  ENTER(MQLocateBegin);
  if (context != NULL) return leave(E_ILLEGAL_CONTEXT);
  if (result == NULL) {
    violation("phEnum is NULL");
    return leave(E_INVALID_PARAMETER);
  }
  Hr failure = checkLocateIds(restriction, columns, sort);
  if (failure == MQ_OK && !directoryEnabled) failure = E_NO_DS;
  if (failure != MQ_OK) return leave(failure);
  Locate *locate = need(calloc(1, sizeof *locate));
  locate->at = queues;
  locate->columnCount = columns->count;
  memcpy(locate->columns, columns->ids, columns->count * sizeof(uint32_t));
  for (uint32_t at = 0; restriction != NULL && at < restriction->count; at++) {
    locate->conditions[locate->conditionCount++] = copyCondition(&restriction->items[at]);
  }
  *result = newHandle(Kind_Locate, locate);
  return leave(MQ_OK);
}

/* How a queue's value stands to a wanted one: below 0, 0 or above 0. */
static int compareWith(const Queue *queue, const PropertyRestriction *condition) {
  const Variant *wanted = &condition->value;
  if (condition->id == Q_LABEL) return sameText(queue->label, wanted->value.pwszVal) ? 0 : 1;
  if (condition->id == Q_TYPE) return memcmp(&queue->type, wanted->value.puuid, sizeof(Guid));
  if (condition->id == Q_MULTICAST_ADDRESS) {
    return queue->multicast != NULL && sameText(queue->multicast, wanted->value.pwszVal) ? 0 : 1;
  }
  if (condition->id == Q_INSTANCE) return memcmp(&queue->instance, wanted->value.puuid, sizeof(Guid));
  Variant own = { 0 };
  if (sizeOfType(wanted->vt) == 0 || answerQueue(queue, condition->id, &own) != MQ_OK) return 1;
  int64_t left = (int64_t)readNumber(&own, own.vt), right = (int64_t)readNumber(wanted, wanted->vt);
  return left < right ? -1 : left > right;
}

static int holds(uint32_t relation, int order) {
  switch (relation) {
    case 0: return order < 0;
    case 1: return order <= 0;
    case 2: return order > 0;
    case 3: return order >= 0;
    case 4: return order == 0;
    default: return order != 0;
  }
}

static int isLocated(const Locate *locate, const Queue *queue) {
  if (queue->deleted || queue->kind != Queue_Public) return 0;
  for (uint32_t at = 0; at < locate->conditionCount; at++) {
    if (!holds(locate->conditions[at].relation, compareWith(queue, &locate->conditions[at]))) return 0;
  }
  return 1;
}

EXPORT Hr MQLocateNext(Handle handle, uint32_t *count, Variant *values) {
  ENTER(MQLocateNext);
  Locate *locate = findHandle(Kind_Locate, handle);
  if (locate == NULL) return leave(E_INVALID_HANDLE);
  if (count == NULL || values == NULL) {
    violation("pcProps or aPropVar is NULL");
    return leave(E_INVALID_PARAMETER);
  }
  if (*count < locate->columnCount) return leave(E_RESULT_BUFFER_TOO_SMALL);
  uint32_t used = 0;
  for (; locate->at != NULL && used + locate->columnCount <= *count; locate->at = locate->at->next) {
    if (!isLocated(locate, locate->at)) continue;
    for (uint32_t column = 0; column < locate->columnCount; column++) {
      values[used].vt = Vt_Null;
      answerQueue(locate->at, locate->columns[column], &values[used++]);
    }
  }
  *count = used;
  return leave(MQ_OK);
}

static void freeLocate(Locate *locate) {
  for (uint32_t at = 0; at < locate->conditionCount; at++) {
    Variant *value = &locate->conditions[at].value;
    if (value->vt == Vt_LPWSTR || value->vt == Vt_Clsid) free(value->value.puuid);
  }
  free(locate);
}

EXPORT Hr MQLocateEnd(Handle handle) {
  ENTER(MQLocateEnd);
  Locate *locate = findHandle(Kind_Locate, handle);
  if (locate == NULL) return leave(E_INVALID_HANDLE);
  dropHandle(handle);
  freeLocate(locate);
  return leave(MQ_OK);
}

/* ================================================================ machine and management */

static void answerMachine(uint32_t id, Variant *target) {
  TextList none = { .count = 0 };
  switch (id) {
    case QM_SITE_ID: answerGuid(target, &noGuid); break;
    case QM_MACHINE_ID: answerGuid(target, &machineGuid); break;
    case QM_PATHNAME: case QM_PATHNAME_DNS: answerAscii(target, machineName); break;
    case QM_CONNECTION: answerList(target, &none); break;
    default: answerBytes(target, internalCertificate, sizeof internalCertificate); break;
  }
}

static Hr machineInfo(const Char16 *machine, const Guid *id, Props *props) {
  Hr warning = MQ_OK;
  if (machine != NULL && id != NULL) return E_INVALID_PARAMETER;
  if (machine != NULL && !checkText(machine, "the machine name")) return E_INVALID_PARAMETER;
  Hr failure = checkGet(props, TABLE(machineProperties), E_ILLEGAL_MQQMPROPS, &warning);
  if (failure != MQ_OK) return failure;
  int here = machine != NULL ? isLocalAddress(machine, textLength(machine))
                             : id == NULL || memcmp(id, &machineGuid, sizeof machineGuid) == 0;
  if (!here) return directoryEnabled ? E_MACHINE_NOT_FOUND : E_NO_DS;
  for (uint32_t at = 0; at < props->count; at++) {
    if (isAnswered(props, at, TABLE(machineProperties))) answerMachine(props->ids[at], &props->values[at]);
  }
  return warning;
}

EXPORT Hr MQGetMachineProperties(const Char16 *machine, const Guid *id, Props *props) {
  ENTER(MQGetMachineProperties);
  return leave(machineInfo(machine, id, props));
}

EXPORT Hr MQGetPrivateComputerInformation(const Char16 *machine, Props *props) {
  ENTER(MQGetPrivateComputerInformation);
  Hr warning = MQ_OK;
  if (machine != NULL) return leave(E_INVALID_PARAMETER);
  Hr failure = checkGet(props, TABLE(computerProperties), E_ILLEGAL_MQPRIVATEPROPS, &warning);
  if (failure != MQ_OK) return leave(failure);
  for (uint32_t at = 0; at < props->count; at++) {
    if (props->ids[at] == PC_VERSION) writeNumber(&props->values[at], Vt_UI4, 0x06034563u);
    if (props->ids[at] == PC_DS_ENABLED) writeNumber(&props->values[at], Vt_Bool, directoryEnabled ? 0xFFFFu : 0);
  }
  return leave(warning);
}

static int isActive(const Queue *queue) { return !queue->deleted && (queue->count > 0 || queue->openHandles > 0); }

/* The format name of a queue; of an outgoing one that of its destination. */
static void managedNameOf(const Queue *queue, Char16 *text) {
  if (queue->kind == Queue_Outgoing) memcpy(text, queue->name, (textLength(queue->name) + 1) * sizeof(Char16));
  else formatNameOf(queue, text);
}

static void answerMachineManagement(uint32_t id, Variant *target) {
  TextList list = { .count = 0 };
  Char16 text[NAME_SIZE];
  uint64_t bytes = 0;
  for (Queue *queue = queues; queue != NULL; queue = queue->next) {
    bytes += queue->bytes;
    if (id == MGMT_MSMQ_PRIVATEQ && queue->kind == Queue_Private && !queue->deleted) pathNameOf(queue, text);
    else if (id == MGMT_MSMQ_ACTIVEQUEUES && isActive(queue) && queue->parent == NULL) managedNameOf(queue, text);
    else continue;
    listText(&list, text);
  }
  switch (id) {
    case MGMT_MSMQ_ACTIVEQUEUES: case MGMT_MSMQ_PRIVATEQ: answerList(target, &list); break;
    case MGMT_MSMQ_CONNECTED: answerAscii(target, "CONNECTED"); break;
    case MGMT_MSMQ_TYPE: answerAscii(target, ""); break;
    case MGMT_MSMQ_BYTES_IN_ALL_QUEUES: writeNumber(target, Vt_UI8, bytes); break;
    default: target->vt = Vt_Null; break;
  }
}

static void listSubqueues(const Queue *queue, TextList *list) {
  for (Queue *child = queues; child != NULL; child = child->next) {
    if (child->kind == Queue_Sub && child->parent == queue && !child->deleted) listText(list, child->name);
  }
}

static uint32_t countSubqueues(const Queue *queue) {
  uint32_t count = 0;
  for (Queue *child = queues; child != NULL; child = child->next) {
    count += child->kind == Queue_Sub && child->parent == queue && !child->deleted;
  }
  return count;
}

/* What a source of an exactly-once stream has sent to a queue. */
typedef struct {
  const Queue *queue;
  Char16 *formatName;
  Guid sender;
  uint64_t sequenceId;
  uint32_t sequenceNumber;
  int32_t lastAccess;
  uint32_t rejects;
} Source;

static Source sources[16];
static uint32_t sourceCount = 0;

static void forgetSources(void) {
  while (sourceCount > 0) free(sources[--sourceCount].formatName);
}

/* A vector of six vectors with one entry for each source. Each vector and each string is an allocation of its own. */
static void answerSources(const Queue *queue, Variant *target) {
  enum { Columns = 6 };
  static const uint16_t types[Columns] = { Vt_LPWSTR, Vt_Clsid, Vt_UI8, Vt_UI4, Vt_I4, Vt_UI4 };
  static const size_t sizes[Columns] = { sizeof(Char16 *), sizeof(Guid), 8, 4, 4, 4 };
  Variant *columns = giveMemory(Columns * sizeof *columns);
  memset(columns, 0, Columns * sizeof *columns);
  uint32_t count = 0;
  for (uint32_t at = 0; at < sourceCount; at++) count += sources[at].queue == queue;
  for (uint32_t column = 0; column < Columns; column++) {
    columns[column].vt = Vt_Vector | types[column];
    columns[column].value.vector.count = count;
    uint8_t *items = columns[column].value.vector.items = giveMemory(count * sizes[column]);
    for (uint32_t at = 0; at < sourceCount; at++) {
      const Source *source = &sources[at];
      if (source->queue != queue) continue;
      size_t length = (textLength(source->formatName) + 1) * sizeof(Char16);
      Char16 *name = column == 0 ? memcpy(giveMemory(length), source->formatName, length) : NULL;
      const void *const values[Columns] = {
        &name, &source->sender, &source->sequenceId, &source->sequenceNumber, &source->lastAccess, &source->rejects
      };
      memcpy(items, values[column], sizes[column]);
      items += sizes[column];
    }
  }
  target->vt = Vt_Variants;
  target->value.vector.count = Columns;
  target->value.vector.items = columns;
}

static void answerQueueManagement(const Queue *queue, uint32_t id, Variant *target) {
  TextList list = { .count = 0 };
  Char16 text[NAME_SIZE];
  int remote = queue->kind == Queue_Outgoing;
  switch (id) {
    case MGMT_QUEUE_PATHNAME:
      pathNameOf(queue, text);
      answerText(target, text);
      break;
    case MGMT_QUEUE_FORMATNAME:
      managedNameOf(queue, text);
      answerText(target, text);
      break;
    case MGMT_QUEUE_TYPE: answerAscii(target, queue->kind == Queue_Public ? "PUBLIC" : "PRIVATE"); break;
    case MGMT_QUEUE_LOCATION: answerAscii(target, remote ? "REMOTE" : "LOCAL"); break;
    case MGMT_QUEUE_XACT: answerAscii(target, queue->transactional ? "YES" : "NO"); break;
    case MGMT_QUEUE_FOREIGN: answerAscii(target, "NO"); break;
    case MGMT_QUEUE_MESSAGE_COUNT: writeNumber(target, Vt_UI4, queue->count); break;
    case MGMT_QUEUE_BYTES_IN_QUEUE: writeNumber(target, Vt_UI4, queue->bytes); break;
    case MGMT_QUEUE_JOURNAL_MESSAGE_COUNT:
      writeNumber(target, Vt_UI4, queue->journal == NULL ? 0 : queue->journal->count);
      break;
    case MGMT_QUEUE_BYTES_IN_JOURNAL:
      writeNumber(target, Vt_UI4, queue->journal == NULL ? 0 : queue->journal->bytes);
      break;
    case MGMT_QUEUE_STATE: answerAscii(target, remote ? "WAITING" : "LOCAL CONNECTION"); break;
    case MGMT_QUEUE_NEXTHOPS: answerList(target, &list); break;
    case MGMT_QUEUE_SUBQUEUE_COUNT: writeNumber(target, Vt_UI4, countSubqueues(queue)); break;
    case MGMT_QUEUE_SUBQUEUE_NAMES:
      listSubqueues(queue, &list);
      answerList(target, &list);
      break;
    case MGMT_QUEUE_EOD_SOURCE_INFO:
      if (remote) target->vt = Vt_Null;
      else answerSources(queue, target);
      break;
    default: target->vt = Vt_Null; break; /* does not apply to a local queue */
  }
}

static Hr managedQueue(const Char16 *formatName, Queue **queue) {
  *queue = outgoingQueue(formatName, 0);
  if (*queue != NULL) return MQ_OK;
  Hr result = namedQueue(formatName, 1, queue);
  return result == E_QUEUE_NOT_FOUND || (result == MQ_OK && !isActive(*queue)) ? E_MQ : result;
}

static Hr checkManagement(const Props *props, PlainTable table) {
  Hr failure = checkProps(props, E_INVALID_PARAMETER);
  for (uint32_t at = 0; failure == MQ_OK && at < props->count; at++) {
    const PlainProperty *row = plainRow(table, props->ids[at]);
    if (row == NULL) failure = E_ILLEGAL_PROPID;
    else if (props->values[at].vt != Vt_Null) failure = wrongType(row->name, props->values[at].vt, Vt_Null);
  }
  return failure;
}

static Hr managementInfo(const Char16 *machine, const Char16 *object, Props *props) {
  if (machine != NULL && !checkText(machine, "the machine name")) return E_INVALID_PARAMETER;
  if (!checkText(object, "the object name")) return E_INVALID_PARAMETER;
  if (machine != NULL && !isLocalAddress(machine, textLength(machine))) return E_REMOTE_MACHINE_NOT_AVAILABLE;
  const Char16 *formatName = afterPrefix(object, "QUEUE=");
  Queue *queue = NULL;
  if (formatName == NULL && !isAscii(object, "MACHINE")) return E_INVALID_PARAMETER;
  Hr failure = checkManagement(props, formatName == NULL ? TABLE(machineManagement) : TABLE(queueManagement));
  if (failure == MQ_OK && formatName != NULL) failure = managedQueue(formatName, &queue);
  for (uint32_t at = 0; failure == MQ_OK && at < props->count; at++) {
    if (queue == NULL) answerMachineManagement(props->ids[at], &props->values[at]);
    else answerQueueManagement(queue, props->ids[at], &props->values[at]);
  }
  return failure;
}

EXPORT Hr MQMgmtGetInfo(const Char16 *machine, const Char16 *object, Props *props) {
  ENTER(MQMgmtGetInfo);
  return leave(managementInfo(machine, object, props));
}

EXPORT Hr MQMgmtAction(const Char16 *machine, const Char16 *object, const Char16 *action) {
  static const char *const machineActions[] = { "CONNECT", "DISCONNECT", "TIDY" };
  static const char *const queueActions[] = { "PAUSE", "RESUME", "EOD_RESEND" };
  ENTER(MQMgmtAction);
  if (!checkText(object, "the object name") || !checkText(action, "the action")) return leave(E_INVALID_PARAMETER);
  if (machine != NULL && !isLocalAddress(machine, textLength(machine))) return leave(E_REMOTE_MACHINE_NOT_AVAILABLE);
  const Char16 *formatName = afterPrefix(object, "QUEUE=");
  if (formatName == NULL && !isAscii(object, "MACHINE")) return leave(E_INVALID_PARAMETER);
  if (formatName != NULL && outgoingQueue(formatName, 0) == NULL) return leave(E_QUEUE_NOT_ACTIVE);
  const char *const *actions = formatName == NULL ? machineActions : queueActions;
  for (int at = 0; at < 3; at++) {
    if (isAscii(action, actions[at])) return leave(MQ_OK);
  }
  return leave(E_INVALID_PARAMETER);
}

/* ================================================================ what tests control */

static void freeQueue(Queue *queue) {
  while (queue->head != NULL) {
    Message *message = queue->head;
    unlinkMessage(message);
    free(message);
  }
  free(queue->name);
  free(queue->label);
  free(queue->multicast);
  for (int part = 0; part < SECURITY_PARTS; part++) free(queue->security[part].bytes);
  free(queue);
}

/* Forgets everything. Waiting receives end as if their handles were closed. */
EXPORT void Double_Reset(void) {
  lockAll();
  forgetSources();
  for (Queue *queue = queues; queue != NULL; queue = queue->next) cancelRequests(queue, NULL, E_OPERATION_CANCELLED);
  while (openQueues != NULL) closeQueue(openQueues);
  for (uint32_t at = 0; at < handleCount; at++) {
    if (handleEntries[at].object == NULL) continue;
    if (handleEntries[at].kind == Kind_Context) freeContext(handleEntries[at].object);
    else if (handleEntries[at].kind == Kind_Locate) freeLocate(handleEntries[at].object);
  }
  while (transactions != NULL) {
    Transaction *transaction = transactions;
    free(transaction->operations);
    transaction->operations = NULL;
    transaction->operationCount = 0;
    buryTransaction(transaction);
  }
  while (queues != NULL) {
    Queue *queue = queues;
    queues = queue->next;
    freeQueue(queue);
  }
  memset(queuesOfHash, 0, sizeof queuesOfHash);
  deadLetters = transactionalDeadLetters = machineJournal = NULL;
  free(lastContext.certificate);
  lastContext = (Context){ NULL, 0 };
  lastSent.length = 0;
  lastSentCount = 0;
  directoryEnabled = mayExpire = discarding = 0;
  recording = 1;
  refusesPorts = 0;
  messageCounter = transactionCounter = queueCounter = 0;
  resetLedger();
  initialiseDouble();
  broadcastChange();
  unlockAll();
}

EXPORT uint32_t Double_LedgerJson(char *buffer, uint32_t size) {
  Text text = { 0 };
  lockAll();
  writeLedger(&text);
  unlockAll();
  uint32_t needed = giveText(&text, buffer, size);
  free(text.bytes);
  return needed;
}

static FunctionRecord *recordNamed(const char *name) {
  for (int function = 0; name != NULL && function < F_End; function++) {
    if (strcmp(functionNames[function], name) == 0) return &functionRecords[function];
  }
  return NULL;
}

/* The nth call from now (1 is the next) answers with `result` and does nothing else. 0 takes a plan back. */
EXPORT int32_t Double_FailNext(const char *function, uint32_t nth, uint32_t result) {
  lockAll();
  FunctionRecord *record = recordNamed(function);
  if (record != NULL) {
    record->failIn = nth;
    record->failWith = result;
  }
  unlockAll();
  return record != NULL;
}

/* Every call from now on takes so long before it does anything, and holds up no other thread. 0 ends those that wait. */
EXPORT int32_t Double_SetDelay(const char *function, double milliseconds) {
  lockAll();
  FunctionRecord *record = recordNamed(function);
  if (record != NULL) {
    record->delay = (uint64_t)(milliseconds * 1000);
    record->holder = 0;
    if (record->delay == 0) record->ends++;
  }
  broadcastChange();
  unlockAll();
  return record != NULL;
}

/* The calls that take their time now go on at once; those that follow take it again. */
EXPORT int32_t Double_EndDelays(const char *function) {
  lockAll();
  FunctionRecord *record = recordNamed(function);
  if (record != NULL) record->ends++;
  broadcastChange();
  unlockAll();
  return record != NULL;
}

/* Every call from now on waits until a delay of 0 ends it. One on the thread that asks does not, and is a violation. */
EXPORT int32_t Double_Hold(const char *function) {
  lockAll();
  FunctionRecord *record = recordNamed(function);
  if (record != NULL) {
    record->delay = 0;
    record->holder = threadId();
  }
  unlockAll();
  return record != NULL;
}

EXPORT uint64_t Double_ThreadOfLastCall(const char *function) {
  lockAll();
  FunctionRecord *record = recordNamed(function);
  uint64_t thread = record == NULL ? 0 : record->thread;
  unlockAll();
  return thread;
}

/* Watches the thread that asks. */
EXPORT void Double_WatchThread(void) {
  lockAll();
  watchedThread = threadId();
  watchedDelay = 0;
  unlockAll();
}

/* Milliseconds that the delays of calls on the watched thread add up to. */
EXPORT double Double_WatchedDelay(void) {
  lockAll();
  double delay = (double)watchedDelay / 1000;
  unlockAll();
  return delay;
}

EXPORT uint32_t Double_CallCount(const char *function) {
  lockAll();
  FunctionRecord *record = recordNamed(function);
  uint32_t calls = record == NULL ? 0 : (uint32_t)record->calls;
  unlockAll();
  return calls;
}

/* The certificate of the last context; 0 means that the internal one was asked for. */
EXPORT uint32_t Double_LastCertificate(uint8_t *buffer, uint32_t size) {
  lockAll();
  uint32_t length = lastContext.length;
  if (buffer != NULL && length > 0 && size >= length) memcpy(buffer, lastContext.certificate, length);
  unlockAll();
  return length;
}

EXPORT uint32_t Double_LastSentProperties(char *buffer, uint32_t size) {
  Text text = { 0 };
  lockAll();
  append(&text, "[");
  for (size_t at = 0; at < lastSent.length;) {
    uint32_t head[3];
    memcpy(head, lastSent.bytes + at, sizeof head);
    append(&text, "%s{\"id\":%u,\"vt\":%u,\"length\":%u,\"hex\":\"", at > 0 ? "," : "", head[0], head[1], head[2]);
    appendHex(&text, (const uint8_t *)lastSent.bytes + at + sizeof head, head[2]);
    append(&text, "\"}");
    at += sizeof head + head[2];
  }
  append(&text, "]");
  unlockAll();
  uint32_t needed = giveText(&text, buffer, size);
  free(text.bytes);
  return needed;
}

/* Keeping a copy of every send costs time that a benchmark does not want to pay. */
EXPORT void Double_SetRecording(uint32_t on) {
  lockAll();
  recording = on != 0;
  unlockAll();
}

/* Sends are checked and numbered but not kept, so that a benchmark does not fill the memory. */
EXPORT void Double_SetDiscard(uint32_t on) {
  lockAll();
  discarding = on != 0;
  unlockAll();
}

/* A public queue, such as "DOUBLE\name", and with it a directory to find it in. */
EXPORT int32_t Double_AddPublicQueue(const Char16 *path, const Char16 *label) {
  Char16 name[NAME_SIZE], suffix[64];
  int local = 0;
  lockAll();
  initialiseDouble();
  int usable = parsePath(path, name, suffix, &local) == MQ_OK && local && suffix[0] == 0;
  if (usable && findNamed(name, NULL) != NULL) usable = 0;
  if (usable) {
    directoryEnabled = 1;
    Queue *queue = newQueue(Queue_Public, name, NULL);
    setFirstSecurity(queue, NULL);
    if (label != NULL) {
      free(queue->label);
      queue->label = copyText(label);
    }
  }
  unlockAll();
  return usable;
}

/* A source that has sent a number of messages to a queue, of which it refused some; 0 where there is no such queue. */
EXPORT int32_t Double_AddSource(const Char16 *formatName, uint64_t sequenceId, uint32_t sent, uint32_t refused) {
  Queue *queue = NULL;
  lockAll();
  initialiseDouble();
  FormatName *name = need(malloc(sizeof *name));
  if (parseFormatName(formatName, name) && name->kind != Name_Remote) queue = baseQueue(name);
  free(name);
  int usable = queue != NULL && sourceCount < sizeof sources / sizeof *sources;
  if (usable) {
    Source source = { queue, copyText(formatName), machineGuid, sequenceId, sent, 1700000000, refused };
    sources[sourceCount++] = source;
  }
  unlockAll();
  return usable;
}

/* Messages in a queue, locked ones included; 0xFFFFFFFF where there is no such queue. */
EXPORT uint32_t Double_QueueCount(const Char16 *formatName) {
  Queue *queue = NULL;
  lockAll();
  initialiseDouble();
  FormatName *name = need(malloc(sizeof *name));
  if (parseFormatName(formatName, name)) {
    queue = name->kind == Name_Remote ? outgoingQueue(formatName, 0) : baseQueue(name);
    if (queue != NULL && name->kind != Name_System && name->suffix[0] != 0) queue = findNamed(name->suffix, queue);
  }
  free(name);
  if (queue != NULL) sweep(queue);
  uint32_t count = queue == NULL ? 0xFFFFFFFFu : queue->count;
  unlockAll();
  return count;
}

/*
 * A new port, or the association of a queue with one. As for the queues of another machine on Windows, whose handles are
 * none of the kernel, a test can have associations refused.
 */
EXPORT Handle openPort(Handle file, Handle existing, uint64_t key, uint32_t threads) __asm__("CreateIoCompletionPort");

EXPORT Handle openPort(Handle file, Handle existing, uint64_t key, uint32_t threads) {
  (void)threads;
  Handle result = 0;
  lockAll();
  if (file == UINT64_MAX) {
    result = (Handle)(uintptr_t)newPort();
  } else if (!refusesPorts) {
    OpenQueue *open = findHandle(Kind_Queue, file);
    Port *port = findPort(existing);
    if (open != NULL && open->port != NULL) violation("the queue is associated with a completion port already");
    else if (open != NULL && port != NULL) {
      open->port = port;
      open->portKey = key;
      result = existing;
    }
  }
  unlockAll();
  return result;
}

/* Queues opened or not: from now on none can be associated with a port, or each can again. */
EXPORT void Double_RefusePorts(uint32_t on) {
  lockAll();
  refusesPorts = on != 0;
  unlockAll();
}

/* The high half of security contexts made from now on. */
EXPORT void Double_SetHandleHighBits(uint32_t bits) {
  lockAll();
  handleHighBits = bits;
  unlockAll();
}
