/* D/lock: flock(2), which dies with its holder. */
#include "server/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"

/* The pid in the file; 0 when its holder has not written it yet. */
static long
holder(int fd)
{
	char text[24] = { 0 };

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return strtol(text, NULL, 10);
}

enum { LOCK_TEXT_MAX = 1024 };

static enum err
failed(const char *path, struct fault *f)
{
	return fault(f, ERR_INTERNAL, "%s: %s", path, strerrordesc_np(errno));
}

static enum err
taken(const char *dir, int fd, struct fault *f)
{
	long pid = holder(fd);

	if (pid > 0)
		return fault(f, ERR_BUSY, "%s is in use by pid %ld", dir, pid);
	return fault(f, ERR_BUSY, "%s is in use by another mayfly", dir);
}

/* The pid and, once it is known, the URL: a line each. */
static bool
write_down(int lock, const char *url)
{
	char text[LOCK_TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%ld\n%s%s", (long)getpid(), url,
	    url[0] == '\0' ? "" : "\n");

	return n < (int)sizeof(text) && ftruncate(lock, 0) == 0 &&
	       pwrite(lock, text, (size_t)n, 0) == n;
}

/* Held: say so in it, and keep it. */
static enum err
sign_in(int lock, const char *path, struct fault *f)
{
	return write_down(lock, "") ? OK : failed(path, f);
}

enum err
lock_take(const char *dir, int *fd, struct fault *f)
{
	char path[PATH_MAX];
	enum err e;
	int lock;

	if (snprintf(path, sizeof(path), "%s/lock", dir) >= (int)sizeof(path))
		return fault(f, ERR_INTERNAL, "%s: path too long", dir);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return failed(path, f);
	if (flock(lock, LOCK_EX | LOCK_NB) == 0)
		e = sign_in(lock, path, f);
	else if (errno == EWOULDBLOCK)
		e = taken(dir, lock, f);
	else
		e = failed(path, f);
	if (e == OK)
		*fd = lock;
	else
		(void)close(lock);
	return e;
}

/* Who cannot read it there guesses from the configuration instead. */
void
lock_tell(int fd, const char *url)
{
	if (!write_down(fd, url))
		log_warn("lock.unwritten", "reason=%s", strerrordesc_np(errno));
}
