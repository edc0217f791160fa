/* One lock, one condition, clocks, a thread id, the computer's name and a detached thread: all that differs between the systems. */
#ifndef MQRT_DOUBLE_PLATFORM_H
#define MQRT_DOUBLE_PLATFORM_H

#include <stdint.h>

/* Not every library uses every call. */
#define SHARED static __attribute__((unused))

#if defined(_WIN32)

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static CRITICAL_SECTION platformLock;
static CONDITION_VARIABLE platformChanged = CONDITION_VARIABLE_INIT;
static INIT_ONCE platformOnce = INIT_ONCE_STATIC_INIT;

SHARED BOOL CALLBACK platformInitialise(PINIT_ONCE once, PVOID parameter, PVOID *context) {
  (void)once, (void)parameter, (void)context;
  InitializeCriticalSection(&platformLock);
  return TRUE;
}
SHARED void lockAll(void) {
  InitOnceExecuteOnce(&platformOnce, platformInitialise, NULL, NULL);
  EnterCriticalSection(&platformLock);
}
SHARED void unlockAll(void) { LeaveCriticalSection(&platformLock); }
SHARED void broadcastChange(void) { WakeAllConditionVariable(&platformChanged); }
SHARED uint64_t nowMs(void) { return GetTickCount64(); }
SHARED uint64_t nowUs(void) {
  LARGE_INTEGER now, perSecond;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&perSecond);
  uint64_t ticks = (uint64_t)now.QuadPart, second = (uint64_t)perSecond.QuadPart;
  return ticks / second * 1000000u + ticks % second * 1000000u / second;
}
SHARED uint64_t threadId(void) { return GetCurrentThreadId(); }
SHARED const char *hostName(void) {
  static char name[256];
  DWORD size = sizeof name;
  if (name[0] == '\0') GetComputerNameA(name, &size);
  return name;
}

/* Waits for a change or until the given time; UINT64_MAX waits for ever. */
SHARED void waitForChange(uint64_t deadline) {
  uint64_t now = nowMs();
  DWORD left = deadline == UINT64_MAX ? INFINITE : deadline > now ? (DWORD)(deadline - now) : 0;
  SleepConditionVariableCS(&platformChanged, &platformLock, left);
}

SHARED DWORD WINAPI threadEntry(LPVOID parameter) { ((void (*)(void))parameter)(); return 0; }
SHARED void startThread(void (*body)(void)) {
  HANDLE thread = CreateThread(NULL, 0, threadEntry, (LPVOID)body, 0, NULL);
  if (thread != NULL) CloseHandle(thread);
}

#else

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t platformLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t platformChanged;
static pthread_once_t platformOnce = PTHREAD_ONCE_INIT;

SHARED void platformInitialise(void) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&platformChanged, &attributes);
  pthread_condattr_destroy(&attributes);
}
SHARED void lockAll(void) {
  pthread_once(&platformOnce, platformInitialise);
  pthread_mutex_lock(&platformLock);
}
SHARED void unlockAll(void) { pthread_mutex_unlock(&platformLock); }
SHARED void broadcastChange(void) { pthread_cond_broadcast(&platformChanged); }
SHARED uint64_t nowMs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}
SHARED uint64_t nowUs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}
SHARED const char *hostName(void) {
  static char name[256];
  if (name[0] == '\0') gethostname(name, sizeof name - 1);
  return name;
}
/* gettid is a system call, so each thread asks once. */
SHARED uint64_t threadId(void) {
  static _Thread_local uint64_t known = 0;
  if (known == 0) known = (uint64_t)syscall(SYS_gettid);
  return known;
}

/* Waits for a change or until the given time; UINT64_MAX waits for ever. */
SHARED void waitForChange(uint64_t deadline) {
  if (deadline == UINT64_MAX) {
    pthread_cond_wait(&platformChanged, &platformLock);
    return;
  }
  struct timespec until = { .tv_sec = (time_t)(deadline / 1000u), .tv_nsec = (long)(deadline % 1000u) * 1000000L };
  pthread_cond_timedwait(&platformChanged, &platformLock, &until);
}

SHARED void *threadEntry(void *body) { ((void (*)(void))(uintptr_t)body)(); return NULL; }
SHARED void startThread(void (*body)(void)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, threadEntry, (void *)(uintptr_t)body) == 0) pthread_detach(thread);
}

#endif
#endif
