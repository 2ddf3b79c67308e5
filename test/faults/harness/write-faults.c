/*
 * LD_PRELOAD: lets writes to the files below FAULT_FOLDER fail as a bad or full disk does. What is to happen stands in
 * the file FAULT_CONTROL, which all processes share and which can be written at any time: 32-bit integers countdown
 * (the Nth write from now fails, 0: none), sticky (so do all after it), errno, and how many failed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct control { int countdown, sticky, error, failed; };
static struct control *control;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_CONTROL");
  folder = getenv("FAULT_FOLDER");
  int fd = path && folder ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *at = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) control = at;
}

static int fails(int fd) {
  if (!control || __atomic_load_n(&control->countdown, __ATOMIC_SEQ_CST) == 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (strncmp(path, folder, strlen(folder)) != 0) return 0;
  int left = __atomic_sub_fetch(&control->countdown, 1, __ATOMIC_SEQ_CST);
  if (left > 0) return 0;
  if (left < 0) __atomic_store_n(&control->countdown, 0, __ATOMIC_SEQ_CST);
  if (left < 0 && !control->sticky) return 0;
  if (control->sticky) __atomic_store_n(&control->countdown, 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = control->error;
  return 1;
}

#define FAULTY(type, name, parameters, arguments) \
  type name parameters { \
    static type (*real) parameters; \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name); \
    return fails(fd) ? -1 : real arguments; \
  }

FAULTY(ssize_t, write, (int fd, const void *data, size_t n), (fd, data, n))
FAULTY(ssize_t, pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at))
FAULTY(ssize_t, pwrite64, (int fd, const void *data, size_t n, off64_t at), (fd, data, n, at))
FAULTY(ssize_t, writev, (int fd, const struct iovec *data, int n), (fd, data, n))
FAULTY(ssize_t, pwritev, (int fd, const struct iovec *data, int n, off_t at), (fd, data, n, at))
FAULTY(ssize_t, pwritev64, (int fd, const struct iovec *data, int n, off64_t at), (fd, data, n, at))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, fdatasync, (int fd), (fd))
