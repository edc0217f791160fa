/*
 * I/O completion ports, on every system alike: the queue handles of the double are no handles of a kernel. A port lives
 * as long as the process, whatever is reset. Everything here is used under the one lock.
 */
#ifndef MQRT_DOUBLE_PORTS_H
#define MQRT_DOUBLE_PORTS_H

#include "ledger.h"

/* OVERLAPPED_ENTRY */
typedef struct {
  uint64_t key;
  Overlapped *overlapped;
  uint64_t internal;
  uint32_t transferred;
} PortEntry;

_Static_assert(sizeof(PortEntry) == 32 && offsetof(PortEntry, internal) == 16, "OVERLAPPED_ENTRY");

typedef struct Port Port;
struct Port {
  Port *next;
  PortEntry *entries; /* from `first` on, `count` of them */
  uint32_t first, count, capacity;
};

static Port *ports;
static int refusesPorts;

static Port *findPort(Handle handle) {
  Port *port = ports;
  while (port != NULL && (Handle)(uintptr_t)port != handle) port = port->next;
  if (port == NULL) violation("0x%llx is no completion port", (unsigned long long)handle);
  return port;
}

static Port *newPort(void) {
  Port *port = need(calloc(1, sizeof *port));
  port->next = ports;
  return ports = port;
}

static void postEntry(Port *port, PortEntry entry) {
  if (port->first + port->count == port->capacity) {
    if (port->first > 0) {
      memmove(port->entries, port->entries + port->first, port->count * sizeof entry);
      port->first = 0;
    }
    if (port->count * 2 >= port->capacity) {
      port->capacity = port->capacity == 0 ? 64 : port->capacity * 2;
      port->entries = need(realloc(port->entries, port->capacity * sizeof entry));
    }
  }
  port->entries[port->first + port->count++] = entry;
  broadcastChange();
}

static uint32_t takeEntries(Port *port, PortEntry *entries, uint32_t room) {
  uint32_t taken = port->count < room ? port->count : room;
  if (taken > 0) memcpy(entries, port->entries + port->first, taken * sizeof *entries);
  port->count -= taken;
  port->first = port->count == 0 ? 0 : port->first + taken;
  return taken;
}

/* The exported names are those of Windows, whose headers may declare them already. */
EXPORT int32_t readPort(Handle handle, PortEntry *entries, uint32_t room, uint32_t *removed, uint32_t milliseconds,
                        int32_t alertable) __asm__("GetQueuedCompletionStatusEx");
EXPORT int32_t postToPort(Handle handle, uint32_t transferred, uint64_t key,
                          Overlapped *overlapped) __asm__("PostQueuedCompletionStatus");

EXPORT int32_t readPort(Handle handle, PortEntry *entries, uint32_t room, uint32_t *removed, uint32_t milliseconds,
                        int32_t alertable) {
  (void)alertable;
  lockAll();
  uint64_t deadline = milliseconds == 0xFFFFFFFFu ? UINT64_MAX : nowMs() + milliseconds;
  Port *port = findPort(handle);
  while (port != NULL && port->count == 0 && nowMs() < deadline) waitForChange(deadline);
  *removed = port == NULL ? 0 : takeEntries(port, entries, room);
  unlockAll();
  return *removed > 0;
}

EXPORT int32_t postToPort(Handle handle, uint32_t transferred, uint64_t key, Overlapped *overlapped) {
  lockAll();
  Port *port = findPort(handle);
  if (port != NULL) {
    postEntry(port, (PortEntry){ key, overlapped, overlapped == NULL ? 0 : overlapped->internal, transferred });
  }
  unlockAll();
  return port != NULL;
}

#endif
