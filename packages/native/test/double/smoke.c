/*
 * What is easier to try in C than through a foreign-function interface: overlapped receives, moves, journals,
 * acknowledgments, locating. Compiled together with the double, with sanitizers on Linux and for Wine.
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
  EXPECT(countOf("DIRECT=OS:.\\SYSTEM$;DEADLETTER"), 1);
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
  tryMoves();
  tryRejections();
  tryLocating();
  EXPECT(violationCount, 0);
  if (violationCount > 0) printf("%s\n", violations[0]);
  Double_Reset();
  printf(failures == 0 ? "smoke: ok\n" : "smoke: failed\n");
  return failures != 0;
}
