/*
 * What is easier to try in C than through a foreign-function interface: asynchronous receives, moves, journals, dead
 * letters, acknowledgments, security descriptors, locating. Compiled together with the double, with sanitizers on Linux and for Wine.
 */
#include "mqrt.c"

static int failures;

#define EXPECT(actual, wanted)                                                                                         \
  do {                                                                                                                 \
    unsigned long long got = (unsigned long long)(actual), want = (unsigned long long)(wanted);                        \
    if (got != want) {                                                                                                 \
      failures++;                                                                                                      \
      printf("line %d: %s is 0x%llx, not 0x%llx\n", __LINE__, #actual, got, want);                                     \
    }                                                                                                                  \
  } while (0)

/* A property structure with room for a few values and the buffers behind them. */
typedef struct {
  Props props;
  uint32_t ids[16];
  Variant values[16];
  Hr status[16];
  Char16 texts[16][128];
} Bag;

static void bagClear(Bag *bag) {
  memset(bag, 0, sizeof *bag);
  bag->props = (Props){ 0, bag->ids, bag->values, bag->status };
}

static Variant *bagNumber(Bag *bag, uint32_t id, uint16_t vt, uint64_t number) {
  uint32_t at = bag->props.count++;
  bag->ids[at] = id;
  writeNumber(&bag->values[at], vt, number);
  bag->values[at].vt = vt;
  return &bag->values[at];
}

static Variant *bagText(Bag *bag, uint32_t id, const char *text) {
  uint32_t at = bag->props.count++;
  bag->ids[at] = id;
  widen(bag->texts[at], text);
  bag->values[at].vt = Vt_LPWSTR;
  bag->values[at].value.pwszVal = bag->texts[at];
  return &bag->values[at];
}

static void bagBytes(Bag *bag, uint32_t id, void *bytes, uint32_t length) {
  uint32_t at = bag->props.count++;
  bag->ids[at] = id;
  bag->values[at].vt = Vt_Bytes;
  bag->values[at].value.vector.count = length;
  bag->values[at].value.vector.items = bytes;
}

static Handle openNamed(const char *name, uint32_t access) {
  Char16 wide[128];
  Handle handle = 0;
  widen(wide, name);
  EXPECT(MQOpenQueue(wide, access, 0, &handle), MQ_OK);
  return handle;
}

static void createNamed(const char *path, int transactional, int authenticate) {
  Bag bag;
  Char16 name[128];
  uint32_t length = 128;
  bagClear(&bag);
  bagText(&bag, Q_PATHNAME, path);
  bagNumber(&bag, Q_TRANSACTION, Vt_UI1, (uint64_t)transactional);
  bagNumber(&bag, Q_AUTHENTICATE, Vt_UI1, (uint64_t)authenticate);
  bagNumber(&bag, Q_JOURNAL, Vt_UI1, 1);
  EXPECT(MQCreateQueue(NULL, &bag.props, name, &length), MQ_OK);
}

static uint32_t countOf(const char *name) {
  Char16 wide[128];
  widen(wide, name);
  return Double_QueueCount(wide);
}

static Hr sendLabel(Handle queue, const char *label, void *transaction) {
  Bag bag;
  bagClear(&bag);
  bagText(&bag, M_LABEL, label);
  return MQSendMessage(queue, &bag.props, transaction);
}

static void askLabel(Bag *bag) {
  bagClear(bag);
  bagText(bag, M_LABEL, "");
  bagNumber(bag, M_LABEL_LEN, Vt_UI4, 128);
  bagNumber(bag, M_LOOKUPID, Vt_UI8, 0);
  bagNumber(bag, M_CLASS, Vt_UI2, 0);
  bagNumber(bag, M_MOVE_COUNT, Vt_UI4, 0);
}

static void waitUntilDone(const volatile Overlapped *overlapped) {
  for (uint64_t until = nowMs() + 3000; overlapped->internal == 0x103 && nowMs() < until;) {
#if defined(_WIN32)
    WaitForSingleObject(overlapped->event, 1000);
#endif
  }
}

static void tryOverlapped(void) {
  createNamed(".\\private$\\async", 0, 0);
  Handle sending = openNamed("DIRECT=OS:.\\private$\\async", Access_Send);
  Handle receiving = openNamed("DIRECT=OS:double\\private$\\ASYNC", Access_Receive);
  Overlapped overlapped = { 0 };
  Bag bag;
#if defined(_WIN32)
  overlapped.event = CreateEventW(NULL, TRUE, FALSE, NULL);
#endif
  askLabel(&bag);
  EXPECT(MQReceiveMessage(receiving, INFINITE_MS, 0, &bag.props, &overlapped, NULL, 0, NULL), I_OPERATION_PENDING);
  EXPECT(overlapped.internal, 0x103);
  EXPECT(sendLabel(sending, "soon", NULL), MQ_OK);
  waitUntilDone(&overlapped);
  EXPECT((Hr)overlapped.internal, MQ_OK);
  EXPECT(bag.values[1].value.ulVal, 5);
  /* out of time */
  EXPECT(MQReceiveMessage(receiving, 30, 0, &bag.props, &overlapped, NULL, 0, NULL), I_OPERATION_PENDING);
  waitUntilDone(&overlapped);
  EXPECT((Hr)overlapped.internal, E_IO_TIMEOUT);
  /* a buffer too small: the message stays */
  askLabel(&bag);
  bag.values[1].value.ulVal = 2;
  EXPECT(MQReceiveMessage(receiving, INFINITE_MS, 0, &bag.props, &overlapped, NULL, 0, NULL), I_OPERATION_PENDING);
  EXPECT(sendLabel(sending, "longer", NULL), MQ_OK);
  EXPECT((Hr)overlapped.internal, E_LABEL_BUFFER_TOO_SMALL);
  EXPECT(bag.values[1].value.ulVal, 7);
  EXPECT(countOf("DIRECT=OS:.\\private$\\async"), 1);
  /* at once */
  askLabel(&bag);
  EXPECT(MQReceiveMessage(receiving, 0, 0, &bag.props, &overlapped, NULL, 0, NULL), MQ_OK);
#if defined(_WIN32)
  EXPECT(WaitForSingleObject(overlapped.event, 0), 0);
#endif
  /* closed */
  Overlapped many[40];
  memset(many, 0, sizeof many);
  for (int at = 0; at < 40; at++) {
    EXPECT(MQReceiveMessage(receiving, INFINITE_MS, 0, NULL, &many[at], NULL, 0, NULL), I_OPERATION_PENDING);
  }
  EXPECT(MQCloseQueue(receiving), MQ_OK);
  for (int at = 0; at < 40; at++) EXPECT(many[at].internal, E_OPERATION_CANCELLED);
  EXPECT(MQCloseQueue(sending), MQ_OK);
  EXPECT(countOf("DIRECT=OS:.\\private$\\async;journal"), 2);
}

static struct {
  volatile uint32_t count;
  Hr status;
  Handle queue, cursor;
  uint32_t timeout, action;
  Props *props;
  Overlapped *overlapped;
  uint64_t thread;
  Hr resultInside;
} called;

/* Calls the runtime from inside, too, as a program does that receives the next message. */
static void onEnd(Hr status, Handle queue, uint32_t timeout, uint32_t action, Props *props, Overlapped *overlapped,
                  Handle cursor) {
  called.status = status;
  called.queue = queue;
  called.timeout = timeout;
  called.action = action;
  called.props = props;
  called.overlapped = overlapped;
  called.cursor = cursor;
  called.thread = threadId();
  if (status == MQ_OK) called.resultInside = MQReceiveMessage(queue, 0, (uint32_t)Action_PeekCurrent, NULL, NULL, NULL, 0, NULL);
  lockAll();
  called.count++;
  broadcastChange();
  unlockAll();
}

static void waitUntilCalled(uint32_t count) {
  lockAll();
  for (uint64_t until = nowMs() + 60000; called.count < count && nowMs() < until;) waitForChange(until);
  unlockAll();
}

static void tryCallbacks(void) {
  createNamed(".\\private$\\callbacks", 0, 0);
  Handle sending = openNamed("DIRECT=OS:.\\private$\\callbacks", Access_Send);
  Handle receiving = openNamed("DIRECT=OS:.\\private$\\callbacks", Access_Receive);
  Handle cursor = 0;
  Bag bag;
  Overlapped overlapped = { 0 };
  /* a message that comes later; the callback may call the runtime (G-01, G-15) */
  askLabel(&bag);
  EXPECT(MQReceiveMessage(receiving, INFINITE_MS, 0, &bag.props, NULL, onEnd, 0, NULL), I_OPERATION_PENDING);
  EXPECT(sendLabel(sending, "soon", NULL), MQ_OK);
  waitUntilCalled(1);
  EXPECT(called.count, 1);
  EXPECT(called.status, MQ_OK);
  EXPECT(called.queue, receiving);
  EXPECT(called.timeout, INFINITE_MS);
  EXPECT(called.action, 0);
  EXPECT(called.props == &bag.props, 1);
  EXPECT(called.overlapped == NULL, 1);
  EXPECT(called.thread != threadId(), 1);
  EXPECT(called.resultInside, E_IO_TIMEOUT);
  EXPECT(bag.values[1].value.ulVal, 5);
  /* one that is there: MQ_OK, and the callback is called all the same (G-03) */
  EXPECT(sendLabel(sending, "here", NULL), MQ_OK);
  EXPECT(MQCreateCursor(receiving, &cursor), MQ_OK);
  askLabel(&bag);
  EXPECT(MQReceiveMessage(receiving, 5, (uint32_t)Action_PeekCurrent, &bag.props, &overlapped, onEnd, cursor, NULL), MQ_OK);
  waitUntilCalled(2);
  EXPECT(called.status, MQ_OK);
  EXPECT(called.action, (uint32_t)Action_PeekCurrent);
  EXPECT(called.timeout, 5);
  EXPECT(called.cursor, cursor);
  EXPECT(called.overlapped == &overlapped, 1);
  EXPECT(overlapped.internal, MQ_OK);
  /* by lookup id (E-48) */
  uint64_t id = bag.values[2].value.uhVal;
  askLabel(&bag);
  EXPECT(MQReceiveMessageByLookupId(receiving, id, 0x40000020, &bag.props, NULL, onEnd, NULL), MQ_OK);
  waitUntilCalled(3);
  EXPECT(called.action, 0x40000020);
  /* what is refused at once calls nothing (G-04) */
  EXPECT(MQReceiveMessageByLookupId(receiving, id, 0x40000020, &bag.props, NULL, onEnd, NULL), E_MESSAGE_NOT_FOUND);
  EXPECT(MQReceiveMessage(receiving, 0, 0, NULL, NULL, onEnd, 0, (void *)3), E_INVALID_PARAMETER);
  /* out of time (G-08) */
  EXPECT(MQReceiveMessage(receiving, 1, 0, NULL, NULL, onEnd, 0, NULL), I_OPERATION_PENDING);
  waitUntilCalled(4);
  EXPECT(called.count, 4);
  EXPECT(called.status, E_IO_TIMEOUT);
  /* no more than 63 (G-14), which end when their queue is closed (G-11) */
  for (int at = 0; at < 63; at++) {
    EXPECT(MQReceiveMessage(receiving, INFINITE_MS, 0, NULL, NULL, onEnd, 0, NULL), I_OPERATION_PENDING);
  }
  EXPECT(MQReceiveMessage(receiving, INFINITE_MS, 0, NULL, NULL, onEnd, 0, NULL), E_INSUFFICIENT_RESOURCES);
  EXPECT(MQCloseQueue(receiving), MQ_OK);
  waitUntilCalled(67);
  EXPECT(called.count, 67);
  EXPECT(called.status, E_OPERATION_CANCELLED);
  EXPECT(MQCloseQueue(sending), MQ_OK);
}

static Hr sendJournaled(Handle queue, uint32_t journal, void *transaction) {
  Bag bag;
  bagClear(&bag);
  bagNumber(&bag, M_JOURNAL, Vt_UI1, journal);
  bagText(&bag, M_ADMIN_QUEUE, "DIRECT=OS:.\\private$\\ends");
  bagNumber(&bag, M_ACKNOWLEDGE, Vt_UI1, 15);
  bagText(&bag, M_DEADLETTER_QUEUE, "DIRECT=OS:.\\private$\\graves");
  return MQSendMessage(queue, &bag.props, transaction);
}

static void purgeNamed(const char *name) {
  Handle queue = openNamed(name, Access_Receive);
  EXPECT(MQPurgeQueue(queue), MQ_OK);
  EXPECT(MQCloseQueue(queue), MQ_OK);
}

/* A copy in a journal or a dead-letter queue is acknowledged to nobody and leaves no copy, however it ends. */
static void tryCopies(void) {
  static const char *const copies[] = { "DIRECT=OS:.\\SYSTEM$;JOURNAL", "DIRECT=OS:.\\SYSTEM$;DEADLETTER",
                                        "DIRECT=OS:.\\SYSTEM$;DEADXACT", "DIRECT=OS:.\\private$\\graves" };
  createNamed(".\\private$\\ends", 0, 0);
  createNamed(".\\private$\\graves", 1, 0);
  createNamed(".\\private$\\plain", 0, 0);
  createNamed(".\\private$\\inOrder", 1, 0);
  for (int at = 0; at < 4; at++) purgeNamed(copies[at]);
  purgeNamed("DIRECT=OS:.\\private$\\ends");
  Handle plain = openNamed("DIRECT=OS:.\\private$\\plain", Access_Send);
  Handle inOrder = openNamed("DIRECT=OS:.\\private$\\inOrder", Access_Send);
  /* it does not match its queue; it arrives, and is received */
  EXPECT(sendJournaled(plain, 3, (void *)3), MQ_OK);
  EXPECT(sendJournaled(inOrder, 3, NULL), MQ_OK);
  EXPECT(sendJournaled(plain, 3, NULL), MQ_OK);
  EXPECT(sendJournaled(inOrder, 3, (void *)3), MQ_OK);
  EXPECT(countOf(copies[0]), 1); /* the transactional one is copied when it is received (D-57) */
  Handle reading = openNamed("DIRECT=OS:.\\private$\\inOrder", Access_Receive);
  EXPECT(MQReceiveMessage(reading, 0, 0, NULL, NULL, NULL, 0, (void *)3), MQ_OK);
  EXPECT(countOf(copies[0]), 2);
  EXPECT(countOf(copies[1]), 1);
  EXPECT(countOf(copies[2]), 0);
  EXPECT(countOf(copies[3]), 1); /* its sender's own (D-63) */
  EXPECT(countOf("DIRECT=OS:.\\private$\\ends"), 5);
  /* received from the journal, purged from all */
  Handle journal = openNamed(copies[0], Access_Receive);
  EXPECT(MQReceiveMessage(journal, 0, 0, NULL, NULL, NULL, 0, NULL), MQ_OK);
  for (int at = 0; at < 4; at++) {
    purgeNamed(copies[at]);
    for (int other = 0; other <= at; other++) EXPECT(countOf(copies[other]), 0);
  }
  EXPECT(countOf("DIRECT=OS:.\\private$\\ends"), 5);
  /* purged outside a transaction it is gone (D-64), in one it is a dead letter (D-61), and stays one when that is given back */
  purgeNamed("DIRECT=OS:.\\private$\\plain");
  EXPECT(countOf(copies[1]), 0);
  EXPECT(sendJournaled(inOrder, 1, (void *)3), MQ_OK);
  Transaction *transaction = NULL;
  EXPECT(MQBeginTransaction(&transaction), MQ_OK);
  EXPECT(MQReceiveMessage(reading, 0, 0, NULL, NULL, NULL, 0, transaction), MQ_OK);
  purgeNamed("DIRECT=OS:.\\private$\\inOrder");
  EXPECT(transaction->table->release(transaction), 0);
  EXPECT(countOf(copies[3]), 1);
  Handle graves = openNamed(copies[3], Access_Receive);
  EXPECT(MQBeginTransaction(&transaction), MQ_OK);
  EXPECT(MQReceiveMessage(graves, 0, 0, NULL, NULL, NULL, 0, transaction), MQ_OK);
  EXPECT(transaction->table->release(transaction), 0);
  EXPECT(countOf(copies[3]), 1);
  /* the dead letter of a message in its own dead-letter queue is not purged with it */
  purgeNamed(copies[3]);
  Handle toGraves = openNamed(copies[3], Access_Send);
  EXPECT(sendJournaled(toGraves, 1, (void *)3), MQ_OK);
  purgeNamed(copies[3]);
  EXPECT(countOf(copies[3]), 1);
  Handle handles[] = { plain, inOrder, reading, journal, graves, toGraves };
  for (int at = 0; at < 6; at++) EXPECT(MQCloseQueue(handles[at]), MQ_OK);
}

/* SECURITY_DESCRIPTOR as programs make it: with pointers. */
typedef struct {
  uint8_t revision, reserved;
  uint16_t control;
  const void *owner, *group, *systemList, *list;
} AbsoluteDescriptor;

static void trySecurity(void) {
  static const uint8_t world[12] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
  static const uint8_t list[8 + 20] = { 2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 0xff, 0, 0x0f, 0, 1, 1, 0, 0, 0, 0, 0, 1 };
  Char16 name[64];
  uint8_t bytes[128];
  uint32_t length = 0;
  createNamed(".\\private$\\secured", 0, 0);
  widen(name, "DIRECT=OS:.\\private$\\secured");
  /* a part at a time: the owner stays */
  AbsoluteDescriptor absolute = { 1, 0, 0x0004, NULL, NULL, NULL, list };
  EXPECT(MQSetQueueSecurity(name, 4, (const uint8_t *)&absolute), MQ_OK);
  EXPECT(MQGetQueueSecurity(name, 4, bytes, 4, &length), E_SECURITY_DESCRIPTOR_TOO_SMALL);
  EXPECT(length, 20 + sizeof list);
  EXPECT(MQGetQueueSecurity(name, 4, bytes, length, &length), MQ_OK);
  EXPECT(bytes[2] | bytes[3] << 8, 0x8004);
  EXPECT(memcmp(bytes + 20, list, sizeof list), 0);
  EXPECT(MQGetQueueSecurity(name, 5, bytes, sizeof bytes, &length), MQ_OK);
  EXPECT(length, 20 + sizeof userSid + sizeof list);
  EXPECT(memcmp(bytes + 20, userSid, sizeof userSid), 0);
  /* what was read is set back */
  EXPECT(MQSetQueueSecurity(name, 5, bytes), MQ_OK);
  absolute = (AbsoluteDescriptor){ 1, 0, 0, world, NULL, NULL, NULL };
  EXPECT(MQSetQueueSecurity(name, 1, (const uint8_t *)&absolute), MQ_OK);
  EXPECT(MQGetQueueSecurity(name, 5, bytes, sizeof bytes, &length), MQ_OK);
  EXPECT(length, 20 + sizeof world + sizeof list);
  /* a list that is there and NULL grants everything */
  absolute.control = 0x0004;
  EXPECT(MQSetQueueSecurity(name, 4, (const uint8_t *)&absolute), MQ_OK);
  EXPECT(MQGetQueueSecurity(name, 4, bytes, sizeof bytes, &length), MQ_OK);
  EXPECT(length, 20);
  EXPECT(bytes[2] | bytes[3] << 8, 0x8004);
  /* a queue is created with one */
  Bag bag;
  Char16 format[128];
  uint32_t room = 128;
  bagClear(&bag);
  bagText(&bag, Q_PATHNAME, ".\\private$\\securedAtOnce");
  absolute.list = list;
  EXPECT(MQCreateQueue((const uint8_t *)&absolute, &bag.props, format, &room), MQ_OK);
  EXPECT(MQGetQueueSecurity(format, 5, bytes, sizeof bytes, &length), MQ_OK);
  EXPECT(length, 20 + sizeof world + sizeof list);
}

/* The machine answers to the name of the computer, in any case of its letters. */
static void tryOwnName(void) {
  char path[300];
  Char16 wide[300], format[128];
  uint32_t length = 128;
  createNamed(".\\private$\\called", 0, 0);
  snprintf(path, sizeof path, "%s\\private$\\CALLED", hostName());
  widen(wide, path);
  EXPECT(MQPathNameToFormatName(wide, format, &length), MQ_OK);
  snprintf(path, sizeof path, "DIRECT=OS:%s\\private$\\called", hostName());
  EXPECT(MQCloseQueue(openNamed(path, Access_Receive)), MQ_OK);
  EXPECT(countOf(path), 0);
}

static void tryHash(void) {
  createNamed(".\\private$\\hashed", 0, 0);
  Handle sending = openNamed("DIRECT=OS:.\\private$\\hashed", Access_Send);
  Handle receiving = openNamed("DIRECT=OS:.\\private$\\hashed", Access_Receive);
  Bag bag;
  bagClear(&bag);
  bagNumber(&bag, M_AUTH_LEVEL, Vt_UI4, 1);
  EXPECT(MQSendMessage(sending, &bag.props, NULL), MQ_OK);
  bagClear(&bag);
  bagNumber(&bag, M_HASH_ALG, Vt_UI4, 0);
  EXPECT(MQReceiveMessage(receiving, 0, 0, &bag.props, NULL, NULL, 0, NULL), MQ_OK);
  EXPECT(bag.values[0].value.ulVal, 0x800E); /* SHA-512, since Windows 7 */
  EXPECT(MQCloseQueue(sending), MQ_OK);
  EXPECT(MQCloseQueue(receiving), MQ_OK);
}

static void tryMoves(void) {
  createNamed(".\\private$\\moves", 1, 0);
  Handle sending = openNamed("DIRECT=OS:.\\private$\\moves", Access_Send);
  Handle receiving = openNamed("DIRECT=OS:.\\private$\\moves", Access_Receive);
  Handle aside = openNamed("DIRECT=OS:.\\private$\\moves;retry", Access_Move);
  EXPECT(sendLabel(sending, "first", (void *)3), MQ_OK);
  EXPECT(sendLabel(sending, "lost", NULL), MQ_OK);
  EXPECT(countOf("DIRECT=OS:.\\private$\\moves"), 1);
  Bag bag;
  askLabel(&bag);
  EXPECT(MQReceiveMessage(receiving, 0, (uint32_t)Action_PeekCurrent, &bag.props, NULL, NULL, 0, NULL), MQ_OK);
  uint64_t id = bag.values[2].value.uhVal;
  Transaction *transaction = NULL;
  EXPECT(MQBeginTransaction(&transaction), MQ_OK);
  EXPECT(MQMoveMessage(receiving, aside, id, transaction), MQ_OK);
  EXPECT(MQMoveMessage(receiving, aside, id, NULL), E_MESSAGE_LOCKED_UNDER_TRANSACTION);
  EXPECT(countOf("DIRECT=OS:.\\private$\\moves"), 1);
  EXPECT(transaction->table->commit(transaction, 0, 0, 0), MQ_OK);
  EXPECT(transaction->table->release(transaction), 0);
  EXPECT(countOf("DIRECT=OS:.\\private$\\moves;retry"), 1);
  Handle retry = openNamed("DIRECT=OS:.\\private$\\moves;retry", Access_Receive);
  askLabel(&bag);
  EXPECT(MQBeginTransaction(&transaction), MQ_OK);
  EXPECT(MQReceiveMessageByLookupId(retry, id, 0x40000120, &bag.props, NULL, NULL, transaction), MQ_OK);
  EXPECT(bag.values[4].value.ulVal, 1);
  EXPECT(MQReceiveMessageByLookupId(retry, id, 0x40000010, &bag.props, NULL, NULL, NULL), MQ_OK);
  EXPECT(MQReceiveMessageByLookupId(retry, id, 0x40000020, &bag.props, NULL, NULL, NULL),
         E_MESSAGE_LOCKED_UNDER_TRANSACTION);
  EXPECT(MQMarkMessageRejected(retry, id), MQ_OK);
  EXPECT(transaction->table->release(transaction), 0); /* released without an end: aborted */
  EXPECT(countOf("DIRECT=OS:.\\private$\\moves;retry"), 1);
  EXPECT(MQReceiveMessage(retry, 0, 0, NULL, NULL, NULL, 0, (void *)3), MQ_OK);
  EXPECT(MQCloseQueue(retry), MQ_OK);
  EXPECT(MQCloseQueue(aside), MQ_OK);
  EXPECT(countOf("DIRECT=OS:.\\private$\\moves;retry"), 0xFFFFFFFFu);
}

static void tryRejections(void) {
  createNamed(".\\private$\\strict", 0, 1);
  createNamed(".\\private$\\admin", 0, 0);
  Handle sending = openNamed("DIRECT=OS:.\\private$\\strict,DIRECT=OS:elsewhere\\private$\\q", Access_Send);
  Handle admin = openNamed("DIRECT=OS:.\\private$\\admin", Access_Receive);
  Bag bag;
  bagClear(&bag);
  bagText(&bag, M_ADMIN_QUEUE, "DIRECT=OS:.\\private$\\admin");
  bagNumber(&bag, M_ACKNOWLEDGE, Vt_UI1, 15);
  bagNumber(&bag, M_JOURNAL, Vt_UI1, 1);
  EXPECT(MQSendMessage(sending, &bag.props, NULL), MQ_OK);
  EXPECT(countOf("DIRECT=OS:.\\private$\\strict"), 0);
  EXPECT(countOf("DIRECT=OS:elsewhere\\private$\\q"), 1);
  /* what is dropped for its signature leaves no trace outside a transaction */
  EXPECT(countOf("DIRECT=OS:.\\SYSTEM$;DEADLETTER"), 0);
  bagNumber(&bag, M_AUTH_LEVEL, Vt_UI4, 1);
  EXPECT(MQSendMessage(sending, &bag.props, NULL), MQ_OK);
  EXPECT(countOf("DIRECT=OS:.\\private$\\strict"), 1);
  askLabel(&bag);
  EXPECT(MQReceiveMessage(admin, 0, 0, &bag.props, NULL, NULL, 0, NULL), MQ_OK);
  EXPECT(bag.values[3].value.uiVal, CLASS_REACHED);
  Handle strict = openNamed("DIRECT=OS:.\\private$\\strict", Access_Receive);
  EXPECT(MQPurgeQueue(strict), MQ_OK);
  askLabel(&bag);
  /* the copy for the other machine is acknowledged only by that machine */
  EXPECT(MQReceiveMessage(admin, 0, 0, &bag.props, NULL, NULL, 0, NULL), MQ_OK);
  EXPECT(bag.values[3].value.uiVal, CLASS_PURGED);
  bagClear(&bag);
  uint8_t body[3] = { 1, 2, 3 };
  bagBytes(&bag, M_BODY, body, 3);
  bagNumber(&bag, M_TIME_TO_BE_RECEIVED, Vt_UI4, 0);
  bagNumber(&bag, M_AUTH_LEVEL, Vt_UI4, 1);
  EXPECT(MQSendMessage(sending, &bag.props, NULL), MQ_OK);
  EXPECT(MQReceiveMessage(strict, 0, 0, NULL, NULL, NULL, 0, NULL), E_IO_TIMEOUT);
}

static void tryLocating(void) {
  Char16 path[64], label[64];
  uint32_t columnIds[2] = { Q_PATHNAME, Q_LABEL };
  ColumnSet columns = { 2, columnIds };
  Handle locate = 0;
  EXPECT(MQLocateBegin(NULL, NULL, &columns, NULL, &locate), E_NO_DS);
  widen(path, "DOUBLE\\one");
  widen(label, "wanted");
  EXPECT(Double_AddPublicQueue(path, label), 1);
  widen(path, ".\\two");
  EXPECT(Double_AddPublicQueue(path, NULL), 1);
  PropertyRestriction condition = { 4, Q_LABEL, { Vt_LPWSTR, { 0 }, { .pwszVal = label } } };
  Restriction restriction = { 1, &condition };
  EXPECT(MQLocateBegin(NULL, &restriction, &columns, NULL, &locate), MQ_OK);
  Variant values[8];
  uint32_t count = 8;
  EXPECT(MQLocateNext(locate, &count, values), MQ_OK);
  EXPECT(count, 2);
  EXPECT(values[0].vt, Vt_LPWSTR);
  MQFreeMemory(values[0].value.pwszVal);
  MQFreeMemory(values[1].value.pwszVal);
  count = 8;
  EXPECT(MQLocateNext(locate, &count, values), MQ_OK);
  EXPECT(count, 0);
  EXPECT(MQLocateEnd(locate), MQ_OK);
}

int main(void) {
  tryOverlapped();
  tryCallbacks();
  tryMoves();
  tryRejections();
  tryCopies();
  trySecurity();
  tryOwnName();
  tryHash();
  tryLocating();
  EXPECT(violationCount, 0);
  if (violationCount > 0) printf("%s\n", violations[0]);
  Double_Reset();
  printf(failures == 0 ? "smoke: ok\n" : "smoke: failed\n");
  return failures != 0;
}
