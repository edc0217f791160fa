/*
 * The floor of the benchmarks: the same native calls in a plain C loop, with nothing between them.
 * It loads nothing itself; the functions come in as pointers.
 */
#include "abi.h"

typedef Hr (*SendFunction)(Handle queue, void *props, void *transaction);
typedef Hr (*ReceiveFunction)(Handle queue, uint32_t timeout, uint32_t action, void *props, void *overlapped,
                              void *callback, Handle cursor, void *transaction);
typedef Hr (*GetContextFunction)(const void *certificate, uint32_t length, Handle *context);
typedef void (*FreeContextFunction)(Handle context);

/* Sends `count` times and returns how many of the sends failed. */
EXPORT uint32_t Floor_SendLoop(SendFunction send, uint64_t queue, void *props, uint32_t count) {
  uint32_t failures = 0;
  for (uint32_t at = 0; at < count; at++) failures += (send(queue, props, NULL) & 0x80000000u) != 0;
  return failures;
}

/* Receives `count` times without waiting and returns how many of the receives failed. */
EXPORT uint32_t Floor_ReceiveLoop(ReceiveFunction receive, uint64_t queue, void *props, uint32_t count) {
  uint32_t failures = 0;
  for (uint32_t at = 0; at < count; at++) {
    failures += (receive(queue, 0, 0, props, NULL, NULL, 0, NULL) & 0x80000000u) != 0;
  }
  return failures;
}

/* Gets and frees a context `count` times and returns how many could not be had. */
EXPORT uint32_t Floor_ContextLoop(GetContextFunction get, FreeContextFunction release, const void *certificate,
                                  uint32_t length, uint32_t count) {
  uint32_t failures = 0;
  for (uint32_t at = 0; at < count; at++) {
    Handle context = 0;
    if ((get(certificate, length, &context) & 0x80000000u) != 0) failures++;
    else release(context);
  }
  return failures;
}
