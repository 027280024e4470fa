/* Faults at a moment that a test chooses, in a process that knows nothing of them: LD_PRELOAD puts this before libc.
 *
 *   FAULT_DIE=torn:3    killed in the middle of SQLite's third commit: half of what it writes has reached the file
 *   FAULT_DIE=done:3    killed when the third commit is in the file, and nobody has been told
 *   FAULT_DIE=sent:3    killed when the third commit has left for the server
 *   FAULT_FULL=path     no file grows as long as `path` is there
 *
 * Counting starts when the process writes a line that begins with `begin` to its standard output.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The byte of the `-shm` file that whoever writes to a SQLite file in WAL mode locks. */
#define WAL_WRITE_LOCK 120

static const char *kind = "", *full = NULL;
static long chosen = 0, locks = 0, writes = 0, sends = 0;
static int armed = 0;

__attribute__((constructor)) static void begin(void) {
  char *die = getenv("FAULT_DIE");
  /* A copy: a server writes its title over its environment. */
  full = getenv("FAULT_FULL") ? strdup(getenv("FAULT_FULL")) : NULL;
  if (die && strchr(die, ':')) {
    chosen = atol(strchr(die, ':') + 1);
    kind = strndup(die, strchr(die, ':') - die);
  }
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static void die_if(const char *what, long count) {
  if (armed && count == chosen && strcmp(kind, what) == 0) kill(getpid(), SIGKILL);
}

/* A message has left. One that commits has a body that names a document. */
static void left(const void *bytes, size_t n) {
  if (armed && memmem(bytes, n, "\"doc\":", 6)) die_if("sent", ++sends);
}

static int is(int fd, mode_t type) {
  struct stat s;
  return fstat(fd, &s) == 0 && (s.st_mode & S_IFMT) == type;
}

/* Whether the disk is full for a write up to `end`. */
static int no_room(int fd, off_t end) {
  struct stat s;
  return full && access(full, F_OK) == 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && end > s.st_size;
}

static int lock(const char *name, int fd, int command, void *argument) {
  int (*real)(int, int, ...) = next(name);
  struct flock *range = argument;
  if ((command != F_SETLK && command != F_SETLKW) || range->l_start != WAL_WRITE_LOCK || range->l_len != 1) return real(fd, command, argument);
  if (range->l_type == F_UNLCK) {
    if (writes > 0) die_if("done", locks);
    return real(fd, command, argument);
  }
  int got = real(fd, command, argument);
  if (got == 0 && armed) locks++, writes = 0;
  return got;
}

int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return lock("fcntl", fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return lock("fcntl64", fd, command, argument);
}

/* Counts a write of SQLite's; the one to be torn is written in half, and nothing after it. */
static int torn(void) { return armed && ++writes == 4 && locks == chosen && strcmp(kind, "torn") == 0; }

static ssize_t place(const char *name, int fd, const void *bytes, size_t n, off_t at) {
  ssize_t (*real)(int, const void *, size_t, off_t) = next(name);
  if (no_room(fd, at + (off_t)n)) return errno = ENOSPC, -1;
  if (torn()) real(fd, bytes, n / 2, at), kill(getpid(), SIGKILL);
  return real(fd, bytes, n, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return place("pwrite", fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { return place("pwrite64", fd, bytes, n, at); }

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at) {
  ssize_t (*real)(int, const struct iovec *, int, off_t) = next("pwritev");
  off_t end = at;
  for (int i = 0; i < n; i++) end += parts[i].iov_len;
  if (no_room(fd, end)) return errno = ENOSPC, -1;
  return real(fd, parts, n, at);
}

int posix_fallocate(int fd, off_t at, off_t n) {
  int (*real)(int, off_t, off_t) = next("posix_fallocate");
  return no_room(fd, at + n) ? ENOSPC : real(fd, at, n);
}

ssize_t write(int fd, const void *bytes, size_t n) {
  ssize_t (*real)(int, const void *, size_t) = next("write");
  if (fd == STDOUT_FILENO && n >= 5 && memcmp(bytes, "begin", 5) == 0) armed = 1;
  if (is(fd, S_IFREG)) {
    if (no_room(fd, lseek(fd, 0, SEEK_CUR) + (off_t)n)) return errno = ENOSPC, -1;
    if (torn()) real(fd, bytes, n / 2), kill(getpid(), SIGKILL);
  }
  ssize_t done = real(fd, bytes, n);
  if (is(fd, S_IFSOCK)) left(bytes, n);
  return done;
}

ssize_t send(int fd, const void *bytes, size_t n, int flags) {
  ssize_t (*real)(int, const void *, size_t, int) = next("send");
  ssize_t done = real(fd, bytes, n, flags);
  left(bytes, n);
  return done;
}
