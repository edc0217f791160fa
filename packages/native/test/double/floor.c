/*
 * The floor of the benchmarks: the same native calls in a plain C loop, with nothing between them.
 * It loads nothing itself; the functions come in as pointers.
 */
#include "abi.h"

#include <string.h>

typedef Hr (*SendFunction)(Handle queue, void *props, void *transaction);
typedef Hr (*ReceiveFunction)(Handle queue, uint32_t timeout, uint32_t action, void *props, void *overlapped,
                              void *callback, Handle cursor, void *transaction);

/* Sends `count` times and returns how many of the sends failed. */
EXPORT uint32_t Floor_SendLoop(SendFunction send, uint64_t queue, void *props, uint32_t count) {
  uint32_t failures = 0;
  for (uint32_t at = 0; at < count; at++) failures += (send(queue, props, NULL) & 0x80000000u) != 0;
  return failures;
}

/*
 * Receives `count` times without waiting and returns how many of the receives failed. Each call finds the values as `blank`
 * has them, since a receive overwrites the capacities of the buffers with lengths.
 */
EXPORT uint32_t Floor_ReceiveLoop(ReceiveFunction receive, uint64_t queue, void *props, void *values, const void *blank,
                                  uint32_t size, uint32_t count) {
  uint32_t failures = 0;
  for (uint32_t at = 0; at < count; at++) {
    memcpy(values, blank, size);
    failures += (receive(queue, 0, 0, props, NULL, NULL, 0, NULL) & 0x80000000u) != 0;
  }
  return failures;
}
