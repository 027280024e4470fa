/* Faults at a moment that a test chooses, in a process that knows nothing of them: LD_PRELOAD puts this before libc.
 *
 *   FAULT_DIE=torn:3    killed in the middle of SQLite's third commit: half of what it writes has reached the file
 *   FAULT_DIE=done:3    killed when the third commit is in the file, and nobody has been told
 *   FAULT_DIE=sent:3    killed when the third commit has left for the server
 *   FAULT_DIE=power:3   the power fails at the third write or sync of a database: of what was written since a file was last
 *                       synced, any sectors are there and the others are not (which ones, follows from FAULT_SEED)
 *   FAULT_FULL=path     no file grows as long as `path` is there
 *   FAULT_FULL_IN=pg_wal   and that only in folders of this name
 *
 * Counting starts when the process writes a line that begins with `begin` to its standard output.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
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

static const char *kind = "", *full = NULL, *within = NULL;
static long chosen = 0, locks = 0, writes = 0, sends = 0;
static int armed = 0;

__attribute__((constructor)) static void begin(void) {
  char *die = getenv("FAULT_DIE");
  /* A copy: a server writes its title over its environment. */
  full = getenv("FAULT_FULL") ? strdup(getenv("FAULT_FULL")) : NULL;
  within = getenv("FAULT_FULL_IN") ? strdup(getenv("FAULT_FULL_IN")) : NULL;
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

/* Where a file lies. */
static const char *place_of(int fd, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  path[n < 0 ? 0 : n] = 0;
  return path;
}

/* Whether the disk is full for a write up to `end`. */
static int no_room(int fd, off_t end) {
  struct stat s;
  char path[PATH_MAX];
  if (full && within && !strstr(place_of(fd, path), within)) return 0;
  return full && access(full, F_OK) == 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && end > s.st_size;
}

/* ---- the power fails ------------------------------------------------------------------------------------------------- */

#define SECTOR 512

/* A write since its file was last synced: what stood there before, and what was to stand there. */
struct change {
  off_t at, size;
  size_t n, had;
  char *before, *after;
  struct change *next; /* the one before it */
};

static struct kept {
  dev_t dev;
  ino_t ino;
  char path[PATH_MAX];
  struct change *last;
} kept[8];
static pthread_mutex_t power = PTHREAD_MUTEX_INITIALIZER;
static long steps = 0;
static unsigned long chance = 0;

static int one_in(int n) {
  if (!chance) chance = (getenv("FAULT_SEED") ? strtoul(getenv("FAULT_SEED"), NULL, 10) : 1) * 0x9E3779B97F4A7C15ul | 1;
  chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
  return chance % n == 0;
}

/* The file that is written to, where it belongs to a database whose power is to fail; shared memory does not outlive it anyway. */
static struct kept *kept_of(int fd) {
  struct stat s;
  char path[PATH_MAX];
  if (!armed || strcmp(kind, "power") != 0 || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return NULL;
  place_of(fd, path);
  if (!strstr(path, ".db") || strstr(path, "-shm")) return NULL;
  for (struct kept *k = kept; k < kept + 8; k++) {
    if (!k->ino) k->dev = s.st_dev, k->ino = s.st_ino, strcpy(k->path, path);
    if (k->dev == s.st_dev && k->ino == s.st_ino) return k;
  }
  return NULL;
}

/* Puts back what was there when the file was last synced, and then some sectors of what was written since. */
static void lose(struct kept *k) {
  ssize_t (*put)(int, const void *, size_t, off_t) = next("pwrite");
  int (*cut)(int, off_t) = next("ftruncate");
  if (!k->last) return;
  int fd = open(k->path, O_RDWR), all = one_in(4), none = one_in(3);
  struct change *first = NULL, *c = k->last;
  while (c) {
    if (c->had) put(fd, c->before, c->had, c->at);
    cut(fd, c->size);
    struct change *before = c->next;
    c->next = first, first = c, c = before;
  }
  for (c = first; c; c = c->next) {
    for (size_t from = 0; c->after && from < c->n; from += SECTOR) {
      size_t n = c->n - from < SECTOR ? c->n - from : SECTOR;
      if (all || (!none && !one_in(3))) put(fd, c->after + from, n, c->at + from);
    }
    if (!c->after && (all || !one_in(3))) cut(fd, c->at);
  }
  close(fd);
}

/* Notes a write, or a cut where there is nothing to write; the power may fail before it is done. */
static void changes(int fd, const void *bytes, size_t n, off_t at) {
  ssize_t (*get)(int, void *, size_t, off_t) = next("pread");
  struct stat s;
  struct kept *k = kept_of(fd);
  if (!k || fstat(fd, &s) != 0) return;
  pthread_mutex_lock(&power);
  struct change *c = calloc(1, sizeof *c);
  c->at = at, c->n = bytes ? n : s.st_size > at ? (size_t)(s.st_size - at) : 0, c->size = s.st_size, c->before = malloc(c->n + 1);
  int fd2 = open(k->path, O_RDONLY);
  ssize_t had = get(fd2, c->before, c->n, at);
  close(fd2);
  c->had = had > 0 ? had : 0;
  if (bytes) c->after = memcpy(malloc(n + 1), bytes, n);
  c->next = k->last, k->last = c;
  if (++steps == chosen) {
    for (k = kept; k < kept + 8; k++) lose(k);
    kill(getpid(), SIGKILL);
  }
  pthread_mutex_unlock(&power);
}

static int synced(const char *name, int fd) {
  int (*real)(int) = next(name);
  struct kept *k = kept_of(fd);
  if (!k) return real(fd);
  pthread_mutex_lock(&power);
  if (++steps == chosen) {
    for (k = kept; k < kept + 8; k++) lose(k);
    kill(getpid(), SIGKILL);
  }
  int done = real(fd);
  for (struct change *c = k->last, *before; c; c = before) before = c->next, free(c->before), free(c->after), free(c);
  k->last = NULL;
  pthread_mutex_unlock(&power);
  return done;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }

static int cut(const char *name, int fd, off_t size) {
  int (*real)(int, off_t) = next(name);
  changes(fd, NULL, 0, size);
  return real(fd, size);
}

int ftruncate(int fd, off_t size) { return cut("ftruncate", fd, size); }
int ftruncate64(int fd, off_t size) { return cut("ftruncate64", fd, size); }

/* ---------------------------------------------------------------------------------------------------------------------- */

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
  changes(fd, bytes, n, at);
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
    changes(fd, bytes, n, lseek(fd, 0, SEEK_CUR));
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
