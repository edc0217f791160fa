/*
 * Events, which overlapped receives set when they end. On Windows they are those of the system; elsewhere the double brings
 * them, under the same names. An event lives as long as the process. Everything here is used under the one lock.
 */
#ifndef MQRT_DOUBLE_EVENTS_H
#define MQRT_DOUBLE_EVENTS_H

#include "ledger.h"

#if defined(_WIN32)

static void signalEvent(void *event) { if (event != NULL) SetEvent((HANDLE)event); }
static void clearEvent(void *event) { if (event != NULL) ResetEvent((HANDLE)event); }

#else

typedef struct Event Event;
struct Event {
  Event *next;
  int isManual, isSet;
};

static Event *events;

static Event *findEvent(const void *handle) {
  Event *event = events;
  while (event != NULL && event != handle) event = event->next;
  if (event == NULL) violation("%p is no event", handle);
  return event;
}

static void setEvent(void *handle, int isSet) {
  Event *event = handle == NULL ? NULL : findEvent(handle);
  if (event == NULL) return;
  event->isSet = isSet;
  if (isSet) broadcastChange();
}

static void signalEvent(void *handle) { setEvent(handle, 1); }
static void clearEvent(void *handle) { setEvent(handle, 0); }

EXPORT void *CreateEventW(const void *attributes, int32_t isManual, int32_t isSet, const void *name) {
  (void)attributes, (void)name;
  lockAll();
  Event *event = need(calloc(1, sizeof *event));
  event->isManual = isManual;
  event->isSet = isSet;
  event->next = events;
  events = event;
  unlockAll();
  return event;
}

EXPORT int32_t SetEvent(void *handle) {
  lockAll();
  signalEvent(handle);
  unlockAll();
  return 1;
}

EXPORT int32_t ResetEvent(void *handle) {
  lockAll();
  clearEvent(handle);
  unlockAll();
  return 1;
}

/* 0: the event is set; 0x102, WAIT_TIMEOUT: it was not in time. */
EXPORT uint32_t WaitForSingleObject(void *handle, uint32_t milliseconds) {
  lockAll();
  uint64_t deadline = milliseconds == 0xFFFFFFFFu ? UINT64_MAX : nowMs() + milliseconds;
  Event *event = findEvent(handle);
  while (event != NULL && !event->isSet && nowMs() < deadline) waitForChange(deadline);
  int isSet = event != NULL && event->isSet;
  if (isSet && !event->isManual) event->isSet = 0;
  unlockAll();
  return isSet ? 0 : 0x102;
}

#endif
#endif
